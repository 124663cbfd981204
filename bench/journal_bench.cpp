#include "bench/journal_bench.hpp"

#include "actors/journal_writer.hpp"
#include "bench/figures.hpp"
#include "bench/hold_facts.hpp"
#include "bench/measured_system.hpp"
#include "bench/run_name.hpp"
#include "bench/temporary_directory.hpp"
#include "crowd/latency_histogram.hpp"
#include "domain/ensure.hpp"
#include "log/log.hpp"
#include "messages/type_ids.hpp"
#include "persistence/booking_store.hpp"

#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>
#include <caf/typed_actor_pointer.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <atomic>

namespace usher::bench {

namespace {

using steady = std::chrono::steady_clock;

/// How much was written, and in what time.
struct facts_tally {
  std::uint64_t written = 0;
  std::uint64_t refused = 0;
  std::chrono::duration<double> elapsed{0};
  crowd::latency_histogram latency; ///< of one append

  [[nodiscard]] double per_s() const { return static_cast<double>(written) / elapsed.count(); }
};

/// One section's journal as its shard sees it.
struct section_journal {
  domain::shard_id shard;
  domain::epoch epoch;
  std::uint64_t last = 0;
};

/// Creates an event with this many sections and claims them all.
std::vector<section_journal> claim_sections(persistence::booking_store& store, const std::string& name,
                                            std::size_t count) {
  domain::event_id event(name);
  store.add_event({event, "{}"}, static_cast<std::uint16_t>(count));
  std::vector<section_journal> sections;
  for (std::size_t i = 0; i < count; ++i) {
    domain::shard_id shard{domain::shard_kind::section, event, domain::section_no(static_cast<std::uint16_t>(i))};
    auto history = store.claim(shard, "bench", std::nullopt);
    domain::ensure(history.has_value(), "the shards of an event that was just put can be claimed");
    sections.push_back({shard, history->epoch, history->last.value()});
  }
  return sections;
}

facts_tally append_directly(persistence::booking_store& store, const journal_options& options) {
  auto sections = claim_sections(store, "bench-" + run_name() + "-direct", options.shards);
  facts_tally all;
  std::vector<persistence::journal_entry> group;
  group.reserve(options.group);
  std::size_t turn = 0;
  auto start = steady::now();
  for (auto now = start; now - start < options.duration;) {
    group.clear();
    auto at = store.now();
    for (std::size_t i = 0; i < options.group; ++i) {
      auto& next = sections[turn++ % sections.size()];
      auto seq = ++next.last;
      group.push_back({next.shard, next.epoch, domain::fact_seq(seq), at,
                       hold_fact(next.shard.section, seq, at + std::chrono::hours(1))});
    }
    auto before = steady::now();
    for (auto result : store.append(group))
      ++(result == persistence::append_result::written ? all.written : all.refused);
    now = steady::now();
    all.latency.record(std::chrono::duration_cast<std::chrono::microseconds>(now - before));
    all.elapsed = now - start;
  }
  return all;
}

/// What the pushing actors count together.
struct pushed {
  std::atomic<std::uint64_t> written = 0;
  std::atomic<std::uint64_t> refused = 0;
  steady::time_point until;
};

/// A shard that keeps a fixed number of facts with the writer, and ends when time is up and all are durable.
class pusher_state {
public:
  using self_pointer = messages::shard_actor::pointer;
  static inline const char* name = "usher.bench.pusher";

  pusher_state(self_pointer self, section_journal journal, messages::journal_actor writer, std::uint64_t in_flight,
               domain::instant at, std::shared_ptr<pushed> counted)
      : self_(self), journal_(std::move(journal)), durable_(journal_.last), writer_(std::move(writer)), at_(at),
        counted_(std::move(counted)) {
    push(in_flight);
  }

  messages::shard_actor::behavior_type make_behavior() {
    return {
        [this](messages::facts_durable& mark) { durable(mark); },
        [this](messages::append_failed& failure) { failed(failure); },
    };
  }

private:
  void push(std::uint64_t count) {
    messages::append_facts batch{journal_.shard, journal_.epoch, domain::fact_seq(journal_.last + 1), at_, {}};
    batch.facts.reserve(count);
    for (std::uint64_t i = 0; i < count; ++i)
      batch.facts.emplace_back(hold_fact(journal_.shard.section, ++journal_.last, at_ + std::chrono::hours(1)));
    self_->send(writer_, std::move(batch), messages::shard_actor(self_));
  }

  void durable(const messages::facts_durable& mark) {
    auto fresh = mark.upto.value() - durable_;
    durable_ = mark.upto.value();
    counted_->written += fresh;
    if (steady::now() < counted_->until)
      push(fresh);
    else if (durable_ == journal_.last)
      self_->quit();
  }

  void failed(const messages::append_failed& failure) {
    counted_->refused += journal_.last + 1 - failure.from.value();
    self_->quit();
  }

  self_pointer self_;
  section_journal journal_;
  std::uint64_t durable_;
  messages::journal_actor writer_;
  domain::instant at_;
  std::shared_ptr<pushed> counted_;
};

facts_tally append_through_writer(const std::string& url, persistence::booking_store& store,
                                  const journal_options& options) {
  auto sections = claim_sections(store, "bench-" + run_name() + "-writer", options.shards);
  auto at = store.now();
  measured_system measured;
  auto& system = *measured;
  auto counted = std::make_shared<pushed>();
  auto writer = actors::spawn_journal_writer(system, [url] { return persistence::open_store(url); });
  auto each = std::max<std::uint64_t>(1, options.in_flight / sections.size());
  auto start = steady::now();
  counted->until = start + options.duration;
  std::vector<caf::actor> pushers;
  pushers.reserve(sections.size());
  for (auto& section : sections)
    pushers.push_back(caf::actor_cast<caf::actor>(system.spawn<messages::shard_actor::stateful_impl<pusher_state>>(
        std::move(section), writer, each, at, counted)));
  caf::scoped_actor self(system);
  self->wait_for(pushers);
  facts_tally all;
  all.elapsed = steady::now() - start;
  all.written = counted->written;
  all.refused = counted->refused;
  caf::anon_send_exit(writer, caf::exit_reason::user_shutdown);
  return all;
}

} // namespace

int run_journal(const journal_options& options, std::ostream& out) {
  try {
    temporary_directory directory;
    auto url = options.store.empty() ? "sqlite:" + (directory.path() / "usher.db").string() : options.store;
    auto store = persistence::open_store(url);
    auto direct = append_directly(*store, options);
    auto written = append_through_writer(url, *store, options);
    figures()
        .add("bench", std::string("journal"))
        .add("store", options.store.empty() ? std::string("sqlite") : persistence::without_password(options.store))
        .add("group", std::uint64_t{options.group})
        .add("shards", std::uint64_t{options.shards})
        .add("per_s", direct.per_s())
        .add("p50_ms", direct.latency.percentile_ms(50))
        .add("p99_ms", direct.latency.percentile_ms(99))
        .add("p999_ms", direct.latency.percentile_ms(99.9))
        .add("count", direct.written)
        .add("writer_per_s", written.per_s())
        .add("writer_count", written.written)
        .add("refused", direct.refused + written.refused)
        .print(out, options.json);
    return direct.refused + written.refused == 0 ? 0 : 1;
  } catch (const persistence::store_unavailable& why) {
    log::of("bench").error("bench journal: {}", why.what());
    return 3;
  } catch (const persistence::store_broken& why) {
    log::of("bench").error("bench journal: {}", why.what());
    return 1;
  }
}

} // namespace usher::bench
