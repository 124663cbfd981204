#pragma once

#include "domain/ids.hpp"

#include <cstdint>
#include <string>
#include <vector>

/// What this node knows of the others that share its store.
namespace usher::messages {

/// A node that lives, as one census saw it.
struct node_seen {
  std::uint64_t number = 0; ///< its incarnation: one life of a node
  std::string name;         ///< empty for a node that serves the store alone
  std::string owner;        ///< what the rows of its shards say
  std::uint32_t weight = 0; ///< how much it takes on, compared with the others
  bool may_take = false;    ///< it is up, and gives nothing away

  friend bool operator==(const node_seen&, const node_seen&) = default;
};

template <class Inspector>
bool inspect(Inspector& f, node_seen& x) {
  return f.object(x).fields(f.field("number", x.number), f.field("name", x.name), f.field("owner", x.owner),
                            f.field("weight", x.weight), f.field("may_take", x.may_take));
}

/// Census → keeper, when something of it has changed: who lives, and who this node is among them. A node that has been
/// ended owns nothing, and is nobody until it has joined again, as somebody else.
struct view_changed {
  std::uint64_t me = 0; ///< this node's incarnation; 0 while it is nobody
  std::string owner;    ///< what the rows of its shards say; empty while it is nobody
  std::vector<node_seen> nodes;

  friend bool operator==(const view_changed&, const view_changed&) = default;
};

template <class Inspector>
bool inspect(Inspector& f, view_changed& x) {
  return f.object(x).fields(f.field("me", x.me), f.field("owner", x.owner), f.field("nodes", x.nodes));
}

/// Census → keeper: shards may have another owner, or events another plan.
struct store_changed {};

template <class Inspector>
bool inspect(Inspector& f, store_changed& x) {
  return f.object(x).fields();
}

} // namespace usher::messages
