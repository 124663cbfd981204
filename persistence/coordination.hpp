#pragma once

#include "persistence/booking_store.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <variant>
#include <vector>

/// What the nodes that share a store agree on through it: who is alive, who cannot reach whom, and who owns which
/// shard.
namespace usher::persistence {

/// One life of a node: a node that joins again is another one. The older of two has the lower number.
using incarnation = domain::identifier<struct incarnation_tag, std::uint64_t>;

enum class node_status : std::uint8_t {
  joining,  ///< is to become `up`; may own nothing yet
  up,       ///< may own shards
  draining, ///< gives its shards away
  left,     ///< has ended itself
  dead,     ///< was ended by others
};

/// Whether a node with this status lives, as far as the store knows.
[[nodiscard]] constexpr bool is_living(node_status status) {
  return status == node_status::joining || status == node_status::up || status == node_status::draining;
}

/// What a node says of itself when it joins.
struct node_card {
  std::string name;  ///< no two living nodes have the same; empty for a node that serves the store alone
  std::string owner; ///< what the rows of its shards say: this process in this store, never used by another
  std::string link;  ///< where other nodes reach it
  std::string http;  ///< where clients reach it
  std::string release;
  std::uint32_t level_from = 1; ///< the lowest level of a cluster that it can be part of
  std::uint32_t level_to = 1;   ///< and the highest
  std::uint32_t weight = 100;   ///< how much it takes on, compared with the others

  friend bool operator==(const node_card&, const node_card&) = default;
};

/// A node as the store has it.
struct member {
  incarnation number;
  node_card card;
  node_status status = node_status::joining;
  std::uint64_t beat = 0;   ///< how often it has beaten
  domain::instant since;    ///< it has this status
  std::string why;          ///< it was ended
  domain::instant beaten{}; ///< most recently, or when it joined
  std::string figures{};    ///< as it gave them with that beat
};

enum class cut_kind : std::uint8_t {
  silent,  ///< no word from it, although the connection stands or cannot be made
  refused, ///< its machine answers, and nobody listens there
};

/// A node's note that it cannot reach another one.
struct noted_cut {
  incarnation seen_by;
  incarnation other;
  cut_kind kind = cut_kind::silent;
  std::uint64_t beat = 0; ///< the other one's, when this was first noted
  domain::instant since;

  friend bool operator==(const noted_cut&, const noted_cut&) = default;
};

/// The living nodes and the cuts among them, as of one moment.
struct membership {
  std::vector<member> members;  ///< the oldest first
  std::vector<noted_cut> cuts;  ///< by `seen_by`, then by `other`
  domain::instant now{};        ///< the store's time; unknown when nobody lives
  std::uint64_t rebalances = 0; ///< how often `rebalance` was called; 0 when nobody lives
};

/// How many shards of one kind, of one event, belong to one owner.
struct owned_shards {
  domain::event_id event;
  domain::shard_kind kind = domain::shard_kind::event;
  std::string owner; ///< as in `node_card::owner`; who knows whether it lives
  std::size_t count = 0;

  friend bool operator==(const owned_shards&, const owned_shards&) = default;
};

/// What all nodes of one store share.
struct cluster_card {
  std::string id; ///< drawn when the store was made
  std::uint32_t level = 0;
};

enum class join_obstacle : std::uint8_t {
  name_taken,        ///< a living node has the name
  served_alone,      ///< a node without a name serves the store
  served_by_cluster, ///< nodes with names live, and this one has none
  level,             ///< the cluster's level is not one of this node's
};

struct join_refused {
  join_obstacle why = join_obstacle::name_taken;
  std::optional<member> in_the_way{}; ///< the oldest such node, unless it has ended by now
};

/// A beat that was counted.
struct counted_beat {
  node_status status = node_status::joining;
  std::uint64_t beat = 0;
  domain::instant now; ///< the store's time
};

enum class end_answer : std::uint8_t {
  ended,
  alive,         ///< it has beaten since
  gone,          ///< it had ended before, or there never was one
  accuser_ended, ///< only the living end others
};

/// A plan on its way to the node that is to put the event on it: too long to travel between nodes.
struct plan_draft {
  domain::event_id event;
  std::string plan;
  std::string wish; ///< the request, in whatever form its sender gave it

  friend bool operator==(const plan_draft&, const plan_draft&) = default;
};

/// An event as the nodes that share it see it.
struct shared_event {
  domain::event_id event;
  std::uint64_t revision = 0; ///< how often its plan was replaced
  /// All its shards belong to this node, as long as that is up, because its plan is about to be replaced; 0: nobody.
  incarnation gatherer{};

  friend bool operator==(const shared_event&, const shared_event&) = default;
};

/// What may have changed since one last listened.
struct store_news {
  bool missed = false; ///< perhaps everything: read all anew
  bool members = false;
  bool shards = false;                 ///< some have another owner
  std::set<domain::event_id> events{}; ///< new, or on another plan
};

/// The store as coordinator. One object is one connection, used by one thread at a time; every call blocks, for about a
/// second at most. Each is one statement by itself, so nothing is ever locked while its caller stands still. A call
/// throws what those of `booking_store` throw; after `store_unavailable` it may or may not have happened, and may be
/// repeated.
class coordination {
public:
  static constexpr std::size_t figures_bytes_max = 8 * 1024;

  virtual ~coordination() = default;

  // ---- who is alive ----

  /// Adds a node: `joining`, or `up` if it has no name. A node without a name serves the store alone, and replaces
  /// another one without a name at once. Repeated with the same owner it is the same node, as long as that lives; an
  /// owner that has ended does not come back. From then on the server knows this connection by `session_of`.
  [[nodiscard]] virtual std::variant<incarnation, join_refused> join(const node_card& card) = 0;
  /// This connection belongs to a node that joined through another one.
  virtual void act_for(incarnation me) = 0;
  /// Counts a beat, with what the node says of itself for operators: a text of its own making, of which the store keeps
  /// the newest, and nothing when it is longer than `figures_bytes_max`. Nothing when this node has been ended: then it
  /// owns nothing any more.
  [[nodiscard]] virtual std::optional<counted_beat> beat(incarnation me, std::string_view figures) = 0;
  [[nodiscard]] virtual membership members() = 0;
  /// A node, even one that has ended, as long as it is remembered.
  [[nodiscard]] virtual std::optional<member> find(incarnation it) = 0;
  /// Changes a living node's status, anybody's: `joining` to `up`, `up` to `draining` and back, and each to `left`.
  /// False when its present status does not allow that.
  virtual bool change_status(incarnation it, node_status to) = 0;
  /// Notes that `me` cannot reach `other`. The note keeps the time and the beat of its first making. Ignored unless
  /// both live.
  virtual void note_cut(incarnation me, incarnation other, cut_kind kind) = 0;
  virtual void lift_cut(incarnation me, incarnation other) = 0;
  /// Ends `it`, if its beat is still `seen_beat` (a compare-and-swap), and then its sessions, whatever they have
  /// locked. Its cuts are lifted. What it owns is free.
  [[nodiscard]] virtual end_answer end_node(incarnation me, incarnation it, std::uint64_t seen_beat,
                                            std::string_view why) = 0;
  /// The same by somebody who is not a member yet: else nobody could join a cluster whose last node has died. Only for
  /// one whose beat has stood still long enough for anybody to end it (`cluster::member_watch`).
  [[nodiscard]] virtual end_answer end_silent(incarnation it, std::uint64_t seen_beat, std::string_view why) = 0;
  [[nodiscard]] virtual cluster_card cluster() = 0;

  // ---- who owns what ----

  /// Claims those of the shards that are free: still at the epoch at which they were seen, and nobody's, this node's
  /// own, or owned by nobody who lives. Says for each at which epoch it is owned now. Passes over one that somebody has
  /// locked, which may be tried again by itself. A node that is `draining` claims its own alone, one that is not `up`
  /// either claims nothing. Each shard may be named once. The histories are read with `booking_store::histories`.
  [[nodiscard]] virtual std::vector<std::optional<domain::epoch>> claim(incarnation me,
                                                                        std::span<const owned_shard> seen) = 0;
  /// Gives a shard that `me` owns at this epoch to a node that is `up`: the epoch at which the taker has it. Nothing
  /// when it is not `me`'s to give, or the taker may not have it.
  [[nodiscard]] virtual std::optional<domain::epoch> give(incarnation me, const owned_shard& shard,
                                                          incarnation taker) = 0;

  /// The shards of all events, by event, kind and owner.
  [[nodiscard]] virtual std::vector<owned_shards> owners() = 0;
  /// Asks all nodes to move every shard to its place now (`membership::rebalances`).
  virtual void rebalance() = 0;

  // ---- events ----

  [[nodiscard]] virtual std::vector<shared_event> shared_events() = 0;
  /// From now on all shards of the event belong to `me`, until it lets go of the event or is not up any more. False
  /// when it is not up, or does not own the event's own shard at this epoch.
  [[nodiscard]] virtual bool gather(incarnation me, const domain::event_id& event, domain::epoch own) = 0;
  /// The event's shards belong to whomever they belonged to before `me` gathered them.
  virtual void let_go(incarnation me, const domain::event_id& event) = 0;
  /// Keeps a draft under a token that was drawn for it, for a day. Repeating it changes nothing.
  virtual void keep_draft(const domain::draft_id& token, const plan_draft& draft) = 0;
  [[nodiscard]] virtual std::optional<plan_draft> draft(const domain::draft_id& token) = 0;
  virtual void drop_draft(const domain::draft_id& token) = 0;

  // ---- news ----

  /// Waits until something has changed, but not longer than `patience`; then says what. Silence proves nothing: a
  /// connection can die unnoticed, so whoever listens reads anew from time to time all the same. Takes a connection of
  /// its own.
  [[nodiscard]] virtual store_news listen(std::chrono::milliseconds patience) = 0;
};

/// What the server calls a node's connections, so that whoever ends the node can end them.
[[nodiscard]] std::string session_of(incarnation number);

/// Opens a connection. `store_broken` for an SQLite store: it has one node only.
[[nodiscard]] std::unique_ptr<coordination> open_coordination(const std::string& url,
                                                              schema_upkeep upkeep = schema_upkeep::migrate);

} // namespace usher::persistence
