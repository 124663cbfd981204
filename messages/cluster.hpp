#pragma once

#include "domain/ids.hpp"

#include <caf/actor_control_block.hpp>
#include <caf/message.hpp>
#include <caf/message_id.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

/// What this node knows of the others that share its store, and what goes to them. Local only, but for what has an
/// `inspect`.
namespace usher::messages {

/// A node that lives, as one census saw it.
struct node_seen {
  std::uint64_t number = 0; ///< its incarnation: one life of a node
  std::string name;         ///< empty for a node that serves the store alone
  std::string owner;        ///< what the rows of its shards say
  std::uint32_t weight = 0; ///< how much it takes on, compared with the others
  bool may_take = false;    ///< it is up, and gives nothing away
  std::string link{};       ///< where other nodes reach it; empty: nowhere

  friend bool operator==(const node_seen&, const node_seen&) = default;
};

template <class Inspector>
bool inspect(Inspector& f, node_seen& x) {
  return f.object(x).fields(f.field("number", x.number), f.field("name", x.name), f.field("owner", x.owner),
                            f.field("weight", x.weight), f.field("may_take", x.may_take), f.field("link", x.link));
}

/// Census → keeper, when something of it has changed: who lives, and who this node is among them. A node that has been
/// ended owns nothing, and is nobody until it has joined again, as somebody else.
struct view_changed {
  std::uint64_t me = 0; ///< this node's incarnation; 0 while it is nobody
  std::string owner;    ///< what the rows of its shards say; empty while it is nobody
  std::vector<node_seen> nodes;
  std::uint64_t rebalances = 0; ///< how often operators have asked that every shard be moved to its place

  friend bool operator==(const view_changed&, const view_changed&) = default;
};

template <class Inspector>
bool inspect(Inspector& f, view_changed& x) {
  return f.object(x).fields(f.field("me", x.me), f.field("owner", x.owner), f.field("nodes", x.nodes),
                            f.field("rebalances", x.rebalances));
}

/// Census → keeper: shards may have another owner, or events another plan.
struct store_changed {};

template <class Inspector>
bool inspect(Inspector& f, store_changed& x) {
  return f.object(x).fields();
}

/// Keeper → switchboard → switchboards → keepers of all other nodes: an event is new in the store, or has another plan,
/// other settings, or another node that gathers its shards. Answered by nothing: by a keeper when its node's gateways
/// know; by the switchboard when all the others do that can be reached, or after a while.
struct event_written {
  domain::event_id event;
};

template <class Inspector>
bool inspect(Inspector& f, event_written& x) {
  return f.object(x).fields(f.field("event", x.event));
}

// ---- who has which shard -----------------------------------------------------------

/// Keeper → switchboard: this actor serves the shard on this node from now on. Local only.
struct shard_served {
  domain::shard_id shard;
  domain::epoch epoch;
  caf::strong_actor_ptr actor;
};

/// Keeper → switchboard: no actor of this node takes requests for the shard any more.
struct shard_withdrawn {
  domain::shard_id shard;
};

/// Keeper → switchboard of this node → switchboard → keeper of the node that has the shard now: it is yours, at this
/// epoch.
struct shard_given {
  domain::shard_id shard;
  domain::epoch epoch;
  std::uint64_t to = 0; ///< its incarnation
  /// What is asked of the shard has waited since then, on the node that gave it.
  std::chrono::steady_clock::time_point waits_since{};
};

/// Switchboard → router: shards of an event are served elsewhere than before, or may have missed what they were told.
/// Whoever listens to them, or has people in the event's line, says so again.
struct shards_reopened {
  domain::event_id event;
  bool room = false; ///< the event's waiting room is one of them
};

/// Switchboard → section, waiting room: the event may have missed what it was told, and what it said may be lost.
struct event_reopened {};

template <class Inspector>
bool inspect(Inspector& f, event_reopened& x) {
  return f.object(x).fields();
}

// ---- what travels between nodes ------------------------------------------------------

/// A shard's door → switchboard: this is for a shard that another node has. Local only.
struct passed_on {
  domain::shard_id shard;
  caf::strong_actor_ptr asker; ///< null if nobody is to be answered
  caf::message_id id;
  caf::message what;
};

/// A shard of this node → switchboard: the answer to another node's request. Local only.
struct answered_for {
  std::uint64_t node = 0;    ///< who asked
  std::uint64_t session = 0; ///< in which session
  std::uint64_t number = 0;  ///< of the request
  caf::message what;
};

/// A shard of this node → switchboard: news for a gateway of another node. Local only.
struct news_for {
  std::uint64_t node = 0;
  std::uint64_t session = 0;
  std::uint32_t gateway = 0; ///< counted from 0 there
  caf::message what;
};

// ---- the links between nodes ---------------------------------------------------------

/// How the link to a node stands.
enum class link_state : std::uint8_t {
  up,      ///< in both directions
  silent,  ///< no word from it
  refused, ///< its machine answers, and nobody listens there
};

/// Link → switchboard, census: a session with another node has begun or ended. What was sent and not consumed is lost
/// with it.
struct link_changed {
  std::uint64_t node = 0;    ///< its incarnation
  std::uint64_t session = 0; ///< never the same twice on one node
  link_state state = link_state::silent;
};

/// Census → switchboard of this node → switchboard → census of the others: a node says that it cannot reach the store,
/// or that it can again. Said anew when a session begins, and forgotten when it ends. Local only.
struct store_cut_off {
  std::uint64_t node = 0; ///< its incarnation
  bool cut_off = false;
};

/// Link → switchboard: what the other node has sent in this session, in its order. Local only.
struct frame_came {
  std::uint64_t node = 0;
  std::uint64_t session = 0;
  std::string frame;
};

} // namespace usher::messages
