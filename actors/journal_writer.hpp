#pragma once

#include "messages/type_ids.hpp"
#include "persistence/booking_store.hpp"

#include <caf/fwd.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace usher::actors {

struct journal_writer_limits {
  std::size_t group_facts_max = 4'096;
  std::size_t group_seats_max = 100'000;   ///< named by its facts: bounds a group's bytes
  std::size_t waiting_facts_max = 200'000; ///< above that, `overloaded`
  std::size_t groups_per_snapshot = 32;    ///< while groups keep coming, one snapshot is kept after this many
  /// At least this long from the start of a group to the start of the next, unless that one is full already. Fewer and
  /// larger groups cost fewer syncs; a lone hold does not wait.
  std::chrono::microseconds between_groups{0};
};

/// Where the writer runs.
enum class writer_thread {
  own,    ///< a thread of its own, since the store blocks
  shared, ///< the scheduler's, for stores that never block: deterministic tests, and `bench ask`
};

/// Told why the store took no facts, each time it does not; and nothing, once it takes them again. Called by the
/// writer's actor.
using writing_news = std::function<void(std::optional<std::string> why)>;

/// Starts the actor that appends to the journal for all shards of a node. (Only the keeper also appends, to a shard
/// that nobody serves while its plan is replaced.) It opens its own connection with `open` here, while the process
/// still has files to spare; if that fails, when it first needs it.
[[nodiscard]] messages::journal_actor
spawn_journal_writer(caf::actor_system& system, std::function<std::unique_ptr<persistence::booking_store>()> open,
                     journal_writer_limits limits = {}, writer_thread thread = writer_thread::own,
                     writing_news told = {});

} // namespace usher::actors
