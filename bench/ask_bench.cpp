#include "bench/ask_bench.hpp"

#include "actors/journal_writer.hpp"
#include "actors/section.hpp"
#include "actors/store_clock.hpp"
#include "bench/figures.hpp"
#include "bench/measured_system.hpp"
#include "bench/null_store.hpp"
#include "crowd/latency_histogram.hpp"
#include "messages/type_ids.hpp"

#include <caf/event_based_actor.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/typed_actor_pointer.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <map>
#include <memory>
#include <string>
#include <utility>

namespace usher::bench {

namespace {

using steady = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr auto warm_up = 500ms;
/// As in a large section; then the next one is started.
constexpr std::uint32_t seats_per_section = 2'000;

using bare_actor = caf::typed_actor<caf::result<std::uint64_t>(std::uint64_t)>;

/// What an asker found out.
struct tally {
  std::map<std::string, std::uint64_t> refused; ///< by why
  crowd::latency_histogram latency;
  std::chrono::duration<double> elapsed{0};

  [[nodiscard]] double per_s() const { return static_cast<double>(latency.count()) / elapsed.count(); }
};

/// Keeps requests in flight until time is up. `Peer` knows whom to ask what: `next(self)` sends one request,
/// `end(self)` ends those it asked.
template <class Peer>
class asker_state {
public:
  static inline const char* name = "usher.bench.asker";

  asker_state(caf::event_based_actor* self, Peer peer, const ask_options& options, std::shared_ptr<tally> counted)
      : self_(self), peer_(std::move(peer)), in_flight_(options.in_flight), counted_(std::move(counted)),
        count_from_(steady::now() + warm_up), until_(count_from_ + options.duration) {}

  caf::behavior make_behavior() {
    for (std::size_t i = 0; i < in_flight_; ++i)
      ask();
    // Answers go to their requests' handlers.
    return {[](caf::unit_t) {}};
  }

private:
  void ask() {
    auto since = steady::now();
    peer_.next(self_).then([this, since](const typename Peer::reply&) { answered(since); },
                           [this, since](const caf::error& why) {
                             ++counted_->refused[caf::to_string(why)];
                             answered(since);
                           });
  }

  void answered(steady::time_point since) {
    auto now = steady::now();
    if (now >= count_from_ && now < until_) {
      counted_->latency.record(std::chrono::duration_cast<std::chrono::microseconds>(now - since));
      counted_->elapsed = now - count_from_;
    }
    if (now < until_)
      ask();
    else if (--in_flight_ == 0) {
      peer_.end(self_);
      self_->quit();
    }
  }

  caf::event_based_actor* self_;
  Peer peer_;
  std::size_t in_flight_;
  std::shared_ptr<tally> counted_;
  steady::time_point count_from_;
  steady::time_point until_;
};

class bare_peer {
public:
  using reply = std::uint64_t;

  explicit bare_peer(bare_actor whom) : whom_(std::move(whom)) {}

  auto next(caf::event_based_actor* self) { return self->request(whom_, caf::infinite, ++number_); }
  void end(caf::event_based_actor* self) { self->send_exit(whom_, caf::exit_reason::user_shutdown); }

private:
  bare_actor whom_;
  std::uint64_t number_ = 0;
};

/// One seat after another, each for another buyer, in one section after another.
class section_peer {
public:
  using reply = messages::hold_granted;

  explicit section_peer(actors::section_start start) : start_(std::move(start)) {}

  auto next(caf::event_based_actor* self) {
    if (number_ % seats_per_section == 0)
      open_section(self);
    messages::hold_in_section wish;
    wish.hold = {.high = 1, .low = number_};
    wish.buyer = domain::buyer_id("buyer-" + std::to_string(number_));
    wish.wanted = domain::seats_wish{{domain::seat_no(static_cast<std::uint32_t>(number_ % seats_per_section))}};
    wish.wish_digest = ++number_;
    return self->request(section_, caf::infinite, std::move(wish));
  }

  void end(caf::event_based_actor* self) {
    self->send_exit(past_, caf::exit_reason::user_shutdown);
    self->send_exit(section_, caf::exit_reason::user_shutdown);
  }

private:
  void open_section(caf::event_based_actor* self) {
    // By now everything in flight is in later sections.
    self->send_exit(past_, caf::exit_reason::user_shutdown);
    past_ = std::exchange(section_, nullptr);
    // Each section has a journal of its own.
    start_.event = domain::event_id("bench-" + std::to_string(number_ / seats_per_section));
    section_ = actors::spawn_section(self->system(), start_);
  }

  actors::section_start start_;
  messages::section_actor section_;
  messages::section_actor past_;
  std::uint64_t number_ = 0;
};

template <class Peer>
tally run_asker(caf::actor_system& system, Peer peer, const ask_options& options) {
  auto counted = std::make_shared<tally>();
  caf::scoped_actor self(system);
  auto asker = system.spawn<caf::stateful_actor<asker_state<Peer>>>(std::move(peer), options, counted);
  self->wait_for(asker);
  return std::move(*counted);
}

tally ask_bare(caf::actor_system& system, const ask_options& options) {
  auto whom = system.spawn(
      [](bare_actor::pointer) -> bare_actor::behavior_type { return {[](std::uint64_t number) { return number; }}; });
  return run_asker(system, bare_peer(whom), options);
}

domain::shared_plan one_section() {
  domain::section_plan section{"stalls", "Stalls", {"A"}, {}, 0, {}};
  for (std::uint32_t i = 0; i < seats_per_section; ++i)
    section.seats.push_back({"A-" + std::to_string(i), std::to_string(i), domain::category_no(0), 0, {}});
  return std::make_shared<domain::seating_plan>("Bench", std::vector<std::string>{"Stalls"}, std::vector{section});
}

tally ask_sections(caf::actor_system& system, const ask_options& options) {
  // On the scheduler's thread, since this store never blocks: this measures the section, not how fast the machine wakes
  // threads.
  auto journal = actors::spawn_journal_writer(
      system, [] { return std::make_unique<null_store>(); }, {}, actors::writer_thread::shared);
  // Stands in for the event, which hears the section's news, and for the keeper, which has nothing to do.
  auto listener = system.spawn([](caf::event_based_actor*) -> caf::behavior {
    return {[](const messages::section_opened&) {}, [](const messages::section_totals_changed&) {},
            [](const messages::allowance_back&) {}, [](const messages::shard_stopped&) {}};
  });
  null_store store;
  auto history = store.claim({}, "bench", {});
  auto counted = run_asker(system,
                           section_peer({.event = {},
                                         .plan = one_section(),
                                         .number = domain::section_no(0),
                                         .terms = {{5'000}, domain::seconds(3'600), false},
                                         .history = *history,
                                         .event_actor = caf::actor_cast<messages::event_actor>(listener),
                                         .journal = journal,
                                         .keeper = caf::actor_cast<messages::keeper_actor>(listener),
                                         .clock = actors::store_clock::measure(store, system.clock())}),
                           options);
  caf::anon_send_exit(journal, caf::exit_reason::user_shutdown);
  caf::anon_send_exit(listener, caf::exit_reason::user_shutdown);
  return counted;
}

} // namespace

int run_ask(const ask_options& options, std::ostream& out) {
  measured_system system;
  auto held = ask_sections(*system, options);
  auto bare = ask_bare(*system, options);
  figures()
      .add("bench", std::string("ask"))
      .add("in_flight", std::uint64_t{options.in_flight})
      .add("per_s", held.per_s())
      .add("p50_ms", held.latency.percentile_ms(50))
      .add("p99_ms", held.latency.percentile_ms(99))
      .add("p999_ms", held.latency.percentile_ms(99.9))
      .add("refused", held.refused)
      .add("ask_per_s", bare.per_s())
      .add("ask_p50_ms", bare.latency.percentile_ms(50))
      .add("ratio_ask", held.per_s() / bare.per_s())
      .print(out, options.json);
  return held.refused.empty() ? 0 : 1;
}

} // namespace usher::bench
