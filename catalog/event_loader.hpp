#pragma once

#include "catalog/keeper_common.hpp"
#include "persistence/booking_store.hpp"

#include <caf/typed_response_promise.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <vector>

namespace usher::catalog {

/// Knows the events of the store: starts them, on a node that has the store alone, and announces them.
class event_loader {
public:
  explicit event_loader(keeper_common& core);

  /// Starts every event of the store that does not run yet, and answers when all are announced: before that, buyers
  /// would be told that there is no such event. Events that cannot be started now are tried again. A node that shares
  /// the store starts what is its own when it knows the other nodes, and answers then.
  caf::result<void> start_all();
  /// Has the actor try again after a while, unless this process has given up.
  void start_again_later();

  /// Calls `then` when all that is known of events by now has been announced.
  void when_announced(std::function<void()> then);

  /// Announces an event some of whose shards have started here, so that all gateways turn to them.
  void introduce(const domain::event_id& id);

  // ---- in a store that is shared ----

  /// Reads the events that are new, or on another plan than was known.
  void learn_events(cluster::shard_claims& claims);
  /// Announces an event anew whose own shard another node has, if its settings have changed since.
  void look_from_afar(cluster::shard_claims& claims, const domain::event_id& id);
  /// All shards that belong here and were free have been started.
  void has_looked();
  /// Writes down the settings that came with an event's plan, unless they are in its history. False when somebody else
  /// has taken the event over.
  [[nodiscard]] bool write_due_settings(cluster::shard_claims& claims, const domain::event_id& id,
                                        persistence::shard_history& history);

private:
  struct taken_event {
    persistence::stored_event stored;
    domain::shared_plan plan;
    cluster::event_histories histories;
  };

  /// The refusal if the store could not be used; then another attempt is due.
  std::optional<domain::refusal> start();
  void start_again();
  void start_stored_events(cluster::shard_claims& claims);
  [[nodiscard]] domain::shared_plan read(const persistence::stored_event& stored) const;
  void start_taken(cluster::shard_claims& claims, taken_event& taken);
  void learn(persistence::stored_event stored, std::uint64_t revision);
  void introduce_from_afar(const domain::event_id& id);
  [[nodiscard]] std::optional<domain::event_settings> read_settings(cluster::shard_claims& claims,
                                                                    const domain::event_id& id) const;
  void announce_from_afar(const domain::event_id& id, const domain::event_settings& settings);
  void introduced(const domain::event_id& id);
  void answer_waiting();
  void answer_starters();

  keeper_common& core_;
  std::multiset<domain::event_id> introducing_;             ///< events that are being announced, as often as they are
  std::set<domain::event_id> unannounced_;                  ///< events of which nothing could be read yet
  std::vector<caf::typed_response_promise<void>> starters_; ///< waiting for those
  std::vector<std::function<void()>> when_announced_;       ///< for the former alone
  bool start_again_ = false;                                ///< an event was put off, and another attempt is due
  std::map<domain::event_id, std::uint64_t> unreadable_;    ///< at which revision an event's plan could not be read
  bool has_looked_ = false;                                 ///< at a store that is shared
};

} // namespace usher::catalog
