#pragma once

#include "catalog/keeper_common.hpp"
#include "persistence/booking_store.hpp"

#include <caf/typed_response_promise.hpp>

#include <set>
#include <vector>

namespace usher::catalog {

/// Starts the events of the store that do not run yet, and answers when all are announced.
class event_loader {
public:
  explicit event_loader(keeper_common& core);

  /// Starts every event of the store that does not run yet, and answers when all are announced: before that, buyers
  /// would be told that there is no such event. Events that cannot be started now are tried again.
  caf::result<void> start_all();
  /// Starts every event of the store that does not run, now and, if that fails, again after a while.
  void start_again();
  /// The same for an event of which a shard had stopped. If its journal cannot be used any more, only this event is not
  /// served.
  void start_again(const domain::event_id& mended);
  /// Has the actor try again after a while, unless this process has given up.
  void start_again_later();

private:
  struct taken_event {
    persistence::stored_event stored;
    domain::shared_plan plan;
    cluster::event_histories histories;
  };

  /// The refusal if the store could not be used; then another attempt is due.
  std::optional<domain::refusal> start();
  void start_stored_events(cluster::shard_claims& claims);
  [[nodiscard]] domain::shared_plan read(const persistence::stored_event& stored) const;
  void start_taken(cluster::shard_claims& claims, taken_event& taken);
  /// False, after saying so, when the event is one of `mended_` and cannot be served.
  [[nodiscard]] bool serve(taken_event& taken);
  void introduced(const domain::event_id& id);
  void answer_starters();

  keeper_common& core_;
  std::set<domain::event_id> mended_;                       ///< events of which a shard had stopped
  std::set<domain::event_id> introducing_;                  ///< events that were started and are not announced yet
  std::vector<caf::typed_response_promise<void>> starters_; ///< waiting for those
  bool start_again_ = false;                                ///< an event was put off, and another attempt is due
};

} // namespace usher::catalog
