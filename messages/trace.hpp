#pragma once

#include "domain/ids.hpp"

#include <string>

namespace usher::messages {

/// Names one client request through every log line it causes. 0 when no request is known, e.g. after a restart.
using trace_id = domain::identifier<struct trace_tag, std::uint64_t>;

/// How a log line caused by a request begins: `[0123456789abcdef] `, as in the answer's `Usher-Request-Id`; empty when
/// no request is known.
[[nodiscard]] std::string line_start(trace_id request);

} // namespace usher::messages
