#pragma once

#include "node/exit_code.hpp"

#include <functional>

namespace CLI { // NOLINT(readability-identifier-naming): the name of a library
class App;
}

/// The subcommands. Each declares itself on the command line and, when chosen, says what is to be done.
namespace usher::node {

using action = std::function<exit_code()>;

void declare_node(CLI::App& program, action& chosen);
void declare_demo(CLI::App& program, action& chosen);
void declare_event(CLI::App& program, action& chosen);
void declare_audit(CLI::App& program, action& chosen);
void declare_bench(CLI::App& program, action& chosen);
void declare_cluster_calls(CLI::App& program, action& chosen);

} // namespace usher::node
