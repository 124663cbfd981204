#pragma once

#include "domain/ids.hpp"

namespace usher::messages {

/// Names one client request through every log line it causes.
using trace_id = domain::identifier<struct trace_tag, std::uint64_t>;

} // namespace usher::messages
