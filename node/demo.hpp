#pragma once

#include "node/exit_code.hpp"
#include "node/node_access.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace usher::node {

struct demo_options {
  std::string plan = "arena"; ///< a file, or the name of a shipped plan
  std::size_t buyers = 5'000;
  std::optional<std::uint32_t> rate; ///< people let in per second; if none, all are in after about 20 s
  std::uint64_t seed = 1;
  std::string store; ///< if empty, a fresh SQLite file that is removed at the end
  /// Where nodes, or the proxy before them, serve buyers; if empty, the demo starts one itself.
  std::vector<std::string> connect;
  node_access operators; ///< of the node at `connect`; its authorities count for `connect`, too
  bool exit = false;     ///< end after the sale instead of serving on
  bool json = false;
};

/// A whole sale in one process: starts a node, creates and opens an event over the operators' HTTP, sends a crowd
/// through the buyers' protocol, shows the figures, and has the store audited. Leaves behind only what is in `store`:
/// the sandbox's account book goes with the demo. With `connect` the node is one that runs already, and so is its
/// store: the event stays, and the demo ends after the sale.
[[nodiscard]] exit_code run_demo(const demo_options& options);

} // namespace usher::node
