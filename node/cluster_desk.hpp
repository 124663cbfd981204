#pragma once

#include "gateway/node_functions.hpp"
#include "node/cluster_status.hpp"
#include "node/work_desk.hpp"

#include <functional>
#include <memory>
#include <string>

namespace usher::node {

/// Says how the nodes of a store stand, and has them drained and rebalanced: by way of the store, so that any node can
/// do it, also for one that it does not reach. Works on a thread and a connection of its own.
class cluster_desk {
public:
  using completion = std::function<void(gateway::cluster_answer)>;

  struct parts {
    std::string name; ///< this node's
    /// Opens a connection; empty for a store that one node only can use.
    std::function<std::unique_ptr<persistence::coordination>()> open;
    /// What there is to see then.
    std::function<cluster_picture()> alone;
  };

  explicit cluster_desk(parts with) : with_(std::move(with)) {}

  /// Calls `done` on the desk's thread; or at once, with `overloaded`, when too many wait already or after `stop`.
  void ask(const gateway::cluster_request& wish, completion done);
  /// Finishes what is under way; those that wait are `overloaded`.
  void stop() { desk_.stop(); }

private:
  [[nodiscard]] gateway::cluster_answer serve(const gateway::cluster_request& wish);
  [[nodiscard]] gateway::cluster_answer carry_out(const gateway::cluster_request& wish);
  [[nodiscard]] cluster_picture look();
  void drain(const std::string& node);
  void undrain(const std::string& node);

  const parts with_;
  std::unique_ptr<persistence::coordination> store_; ///< none before it was needed, or after it failed
  work_desk desk_;                                   ///< last: it ends before what it uses
};

} // namespace usher::node
