#include "actors/journal_writer.hpp"

#include "actors/journal_queue.hpp"
#include "domain/ensure.hpp"
#include "failpoint/failpoint.hpp"
#include "failpoint/plant.hpp"
#include "log/log.hpp"

#include <caf/actor_cast.hpp>
#include <caf/actor_clock.hpp>
#include <caf/actor_system.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/telemetry/counter.hpp>
#include <caf/telemetry/gauge.hpp>
#include <caf/telemetry/histogram.hpp>
#include <caf/telemetry/metric_registry.hpp>
#include <caf/telemetry/timer.hpp>
#include <caf/typed_actor_pointer.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <exception>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace usher::actors {
namespace {

using messages::append_failure;
using persistence::append_result;

/// What a writer shows on the metrics page.
struct writer_metrics {
  caf::telemetry::int_counter* facts;
  caf::telemetry::int_counter* groups;
  caf::telemetry::int_counter* snapshots;
  caf::telemetry::int_gauge* waiting;
  caf::telemetry::int_histogram* group_facts;
  caf::telemetry::dbl_histogram* append_seconds;
  caf::telemetry::dbl_gauge* lag;

  explicit writer_metrics(caf::telemetry::metric_registry& registry) {
    constexpr std::array<std::int64_t, 8> sizes{1, 4, 16, 64, 256, 1024, 2048, 4096};
    constexpr std::array<double, 10> times{.0005, .001, .002, .005, .01, .025, .05, .1, .5, 2};
    facts = registry.counter_singleton("usher", "journal-facts", "Facts that are durable.", "1", true);
    groups = registry.counter_singleton("usher", "journal-groups", "Groups appended to the journal.", "1", true);
    snapshots = registry.counter_singleton("usher", "journal-snapshots", "Snapshots kept.", "1", true);
    waiting = registry.gauge_singleton("usher", "journal-waiting", "Facts waiting for the journal.");
    group_facts =
        registry.histogram_singleton<std::int64_t>("usher", "journal-group-facts", sizes, "Facts in one group.");
    append_seconds = registry.histogram_singleton<double>("usher", "journal-append", times,
                                                          "Time the store takes for one group.", "seconds");
    lag = registry.gauge_singleton<double>("usher", "journal-lag", "Time the store took for the newest group.",
                                           "seconds");
  }
};

append_failure failure_of(append_result result) {
  switch (result) {
    case append_result::fenced:
      return append_failure::fenced;
    case append_result::conflict:
      return append_failure::conflict;
    default:
      return append_failure::disagreed;
  }
}

/// Appends to the journal what all shards of the node hand over, in groups that grow with the load: while the store
/// writes one, the next collects in the mailbox, and under load a group waits for the start of the next interval. The
/// first one after a quiet time never waits.
class journal_writer_state {
public:
  using self_pointer = messages::journal_actor::pointer_view;
  static inline const char* name = "usher.journal-writer";

  journal_writer_state(self_pointer self, std::function<std::unique_ptr<persistence::booking_store>()> open,
                       journal_writer_limits limits, writer_thread thread, writing_news told)
      : self_(self), open_(std::move(open)), limits_(limits), thread_(thread), told_(std::move(told)),
        queue_(limits.waiting_facts_max), metrics_(self->system().metrics()) {
    try {
      store();
    } catch (const std::exception& why) {
      log::of("actors").warn("the journal is out of reach: {}", why.what());
    }
  }

  messages::journal_actor::behavior_type make_behavior() {
    return {
        [this](messages::append_facts& facts, messages::shard_actor& shard) { take(facts, shard); },
        [this](messages::keep_snapshot& snapshot) { take(snapshot); },
        [this](messages::flush) { work(); },
    };
  }

private:
  void take(messages::append_facts& facts, messages::shard_actor& shard) {
    messages::append_failed no_room{facts.epoch, facts.first, append_failure::overloaded};
    if (!queue_.add(std::move(facts), shard))
      self_->send(shard, no_room);
    work_soon();
  }

  void take(messages::keep_snapshot& snapshot) {
    queue_.add(std::move(snapshot));
    work_soon();
  }

  /// After everything that is in the mailbox now.
  void work_soon() {
    if (!std::exchange(work_due_, true))
      self_->send(me(), messages::flush{});
  }

  /// Under load, waits until the next group may start; `work` is called again then. On its own thread it sleeps: if it
  /// waited on its mailbox instead, each message would wake the thread.
  bool rest() {
    auto now = self_->clock().now();
    if (now >= next_group_ || queue_.facts_waiting() >= limits_.group_facts_max)
      return false;
    if (thread_ == writer_thread::own) {
      std::this_thread::sleep_until(next_group_);
      work_soon();
    } else {
      work_due_ = true;
      self_->delayed_send(me(), next_group_ - now, messages::flush{});
    }
    return true;
  }

  /// One group; or one snapshot, if no facts wait or there were many groups since the last snapshot.
  void work() {
    work_due_ = false;
    if (queue_.facts_waiting() > 0 && rest())
      return;
    auto facts_first = groups_since_snapshot_ < limits_.groups_per_snapshot || !queue_.snapshot_waiting();
    if (queue_.facts_waiting() > 0 && facts_first)
      append(queue_.take_group(limits_.group_facts_max, limits_.group_seats_max));
    else if (auto snapshot = queue_.take_snapshot())
      keep(*snapshot);
    metrics_.waiting->value(static_cast<std::int64_t>(queue_.facts_waiting()));
    if (queue_.facts_waiting() > 0 || queue_.snapshot_waiting())
      work_soon();
  }

  void append(const journal_group& group) {
    if (group.entries.empty())
      return;
    ++groups_since_snapshot_;
    next_group_ = self_->clock().now() + limits_.between_groups;
    metrics_.groups->inc();
    metrics_.group_facts->observe(static_cast<std::int64_t>(group.entries.size()));
    auto began = std::chrono::steady_clock::now();
    try {
      caf::telemetry::timer time{metrics_.append_seconds};
      if (failpoint::fails("journal-writer.before-append"))
        throw persistence::store_unavailable{"a failpoint, before the write"};
      auto results = store().append(group.entries);
      if (failpoint::fails("journal-writer.after-append"))
        throw persistence::store_unavailable{"a failpoint, after the write"};
      domain::ensure(results.size() == group.entries.size(), "the store answers for every fact");
      works();
      metrics_.lag->value(std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count());
      if (failpoint::planted("fenced_taken_for_written"))
        results.assign(results.size(), append_result::written);
      answer(group, results);
    } catch (const persistence::store_unavailable& why) {
      log::of("actors").warn("the journal is out of reach: {}", why.what());
      fails(why.what());
      refuse(group, append_failure::unavailable);
      // Whatever waits behind would only wait longer: tell its shards now.
      while (queue_.facts_waiting() > 0)
        refuse(queue_.take_group(limits_.group_facts_max, limits_.group_seats_max), append_failure::unavailable);
    } catch (const std::exception& why) {
      // `store_broken`, or a bug in the adapter: what was written is unknown, and trying again is no help.
      log::of("actors").critical("the journal cannot be used: {}", why.what());
      fails(why.what());
      refuse(group, append_failure::broken);
    }
  }

  /// Sends each shard one watermark, and a failure from its first fact that was not written.
  void answer(const journal_group& group, const std::vector<append_result>& results) {
    struct outcome {
      std::uint64_t written = 0;
      std::optional<append_failure> failure;
    };
    std::vector<outcome> outcomes(group.parts.size());
    for (std::size_t i = 0; i < results.size(); ++i) {
      auto& so_far = outcomes[group.part_of[i]];
      if (so_far.failure)
        continue;
      if (results[i] == append_result::written)
        ++so_far.written;
      else
        so_far.failure = failure_of(results[i]);
    }
    for (std::size_t i = 0; i < outcomes.size(); ++i) {
      const auto& part = group.parts[i];
      const auto& first = group.entries[part.first_entry];
      auto [written, failure] = outcomes[i];
      metrics_.facts->inc(static_cast<std::int64_t>(written));
      domain::fact_seq next{first.seq.value() + written};
      if (written > 0)
        self_->send(part.actor, messages::facts_durable{first.epoch, domain::fact_seq{next.value() - 1}});
      if (failure)
        refuse(part, first, next, *failure);
    }
  }

  void refuse(const journal_group& group, append_failure why) {
    for (const auto& part : group.parts) {
      const auto& first = group.entries[part.first_entry];
      refuse(part, first, first.seq, why);
    }
  }

  void refuse(const journal_part& part, const persistence::journal_entry& first, domain::fact_seq from,
              append_failure why) {
    queue_.refuse(first.shard, first.epoch);
    self_->send(part.actor, messages::append_failed{first.epoch, from, why});
  }

  /// A lost snapshot costs a longer replay, no more.
  void keep(messages::keep_snapshot& snapshot) {
    if (failpoint::planted("snapshot_without_last_fact") && !snapshot.facts.empty())
      snapshot.facts.pop_back();
    groups_since_snapshot_ = 0;
    try {
      store().put_snapshot(snapshot.shard, snapshot.epoch, snapshot.upto, snapshot.facts);
      metrics_.snapshots->inc();
    } catch (const std::exception& why) {
      log::of("actors").warn("no snapshot of {} at fact {}: {}", to_string(snapshot.shard), snapshot.upto.value(),
                             why.what());
    }
  }

  void fails(const char* why) {
    failing_ = true;
    if (told_)
      told_(why);
  }

  void works() {
    if (std::exchange(failing_, false) && told_)
      told_(std::nullopt);
  }

  [[nodiscard]] messages::journal_actor me() const { return caf::actor_cast<messages::journal_actor>(self_.ctrl()); }

  persistence::booking_store& store() {
    if (!store_)
      store_ = open_();
    return *store_;
  }

  self_pointer self_;
  std::function<std::unique_ptr<persistence::booking_store>()> open_;
  std::unique_ptr<persistence::booking_store> store_;
  journal_writer_limits limits_;
  writer_thread thread_;
  writing_news told_;
  bool failing_ = false; ///< the newest group was not taken
  journal_queue queue_;
  bool work_due_ = false;
  caf::actor_clock::time_point next_group_{}; ///< not earlier
  std::size_t groups_since_snapshot_ = 0;
  writer_metrics metrics_;
};

using journal_writer_actor = messages::journal_actor::stateful_impl<journal_writer_state>;

} // namespace

messages::journal_actor spawn_journal_writer(caf::actor_system& system,
                                             std::function<std::unique_ptr<persistence::booking_store>()> open,
                                             journal_writer_limits limits, writer_thread thread, writing_news told) {
  if (thread == writer_thread::own)
    return system.spawn<journal_writer_actor, caf::detached>(std::move(open), limits, thread, std::move(told));
  return system.spawn<journal_writer_actor>(std::move(open), limits, thread, std::move(told));
}

} // namespace usher::actors
