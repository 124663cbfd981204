#pragma once

#include "node/exit_code.hpp"

namespace usher::node {

/// The `usher` program: reads the command line and carries it out.
[[nodiscard]] exit_code run_program(int argc, const char* const* argv);

} // namespace usher::node
