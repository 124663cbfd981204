#pragma once

#include "node/admin_client.hpp"

#include <chrono>
#include <string>

namespace CLI { // NOLINT(readability-identifier-naming): the name of a library
class App;
}

/// How a verb of the command line gets at a node.
namespace usher::node {

struct node_access {
  std::string url = "http://127.0.0.1:8081"; ///< where it serves operators
  std::string key;                           ///< what it knows operators by
  std::string authorities;                   ///< a PEM file for `https://`; empty: this machine's
};

/// Declares `--admin`, `--admin-key` and `--ca`.
void declare_access(CLI::App& verb, node_access& to);

/// Throws `std::invalid_argument` when `to` makes no sense.
[[nodiscard]] admin_client client_of(const node_access& to, std::chrono::seconds timeout = answer_patience);

} // namespace usher::node
