#pragma once

#include "node/configuration.hpp"
#include "node/exit_code.hpp"

namespace usher::node {

/// Runs a node until a signal, or a reason of its own, ends it. SIGTERM and SIGINT stop it in an orderly way, a second
/// one at once.
[[nodiscard]] exit_code serve(configuration configured);

} // namespace usher::node
