#pragma once

#include "persistence/coordination.hpp"
#include "tests/persistence/contract.hpp"

#include <functional>
#include <memory>

/// What every coordinator promises: the sentences of persistence/coordination.hpp.
namespace usher::tests {

/// One and the same store, which is empty at first, as nodes use it.
struct coordinated_store {
  std::function<std::unique_ptr<persistence::coordination>()> connect;
  connector open;
  /// Has a session of that node, or of a stranger with incarnation 0, lock a shard's row and stand still, until what is
  /// returned goes or the session is ended.
  std::function<std::shared_ptr<void>(const domain::shard_id& shard, persistence::incarnation whose)> lock;
};

struct coordination_clause {
  const char* sentence;
  void (*check)(const coordinated_store&);
};

/// A node that calls itself this, with an owner of its own.
[[nodiscard]] persistence::node_card card_of(const std::string& name, const std::string& owner = {});
/// Joins, which must succeed; `up` right away.
persistence::incarnation join_up(persistence::coordination& node, const persistence::node_card& card);

/// Holds a coordinator to every clause; `fresh` makes an empty store for each.
void check_coordination(const std::function<coordinated_store()>& fresh);

} // namespace usher::tests
