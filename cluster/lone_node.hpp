#pragma once

#include "persistence/coordination.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace usher::cluster {

/// A node that serves its store alone says so in the store, so that no cluster grows beside it; the next such node
/// replaces it. On a store that only one node can use there is nothing to say.
class lone_node {
public:
  using opener = std::function<std::unique_ptr<persistence::coordination>()>;

  /// An empty `open` stands for such a store. `owner` names this process in the store.
  lone_node(opener open, std::string owner);
  /// Says that it has left, unless another one has replaced it.
  ~lone_node();
  lone_node(const lone_node&) = delete;
  lone_node& operator=(const lone_node&) = delete;

  /// Call before claiming anything; does its work once. Blocks, and throws what the store throws: `store_broken` while
  /// nodes of a cluster live on the store.
  void enter();

private:
  opener open_;
  const std::string owner_;
  std::optional<persistence::incarnation> number_; ///< once it has entered
};

} // namespace usher::cluster
