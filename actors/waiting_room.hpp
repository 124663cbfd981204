#pragma once

#include "actors/shard_journal.hpp"
#include "actors/store_clock.hpp"
#include "messages/type_ids.hpp"
#include "persistence/booking_store.hpp"

#include <caf/fwd.hpp>

#include <chrono>
#include <cstddef>

namespace usher::actors {

struct waiting_room_limits {
  shard_journal_limits journal;
  std::size_t people_max = 4'000'000;
  std::uint32_t number_block = 10'000;
  std::size_t waiting_joins_max = 100'000; ///< until the next block of numbers is durable; above that, `overloaded`
  std::chrono::milliseconds between_admissions{10};
  std::chrono::milliseconds between_news{250};
  domain::seconds presence{30};  ///< how long people who are not connected count as there after asking
  domain::seconds pass_ttl{900}; ///< how long a pass lasts; to the whole second below
};

/// All a waiting room needs to serve.
struct waiting_room_start {
  domain::event_id event;
  messages::room_settings settings;
  persistence::shard_history history; ///< what the claim returned
  messages::journal_actor journal;
  messages::keeper_actor keeper;
  store_clock clock;
  waiting_room_limits limits = {};
  domain::epoch event_epoch{};         ///< of the event's shard when this one was claimed, as far as is known
  messages::event_actor event_actor{}; ///< hears that the room has opened; none when nobody need be told
};

/// Starts the actor that serves one event's waiting room.
[[nodiscard]] messages::waiting_room_actor spawn_waiting_room(caf::actor_system& system, waiting_room_start start);

} // namespace usher::actors
