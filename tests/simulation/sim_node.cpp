#include "tests/simulation/sim_node.hpp"

#include <caf/action.hpp>
#include <caf/scheduled_actor.hpp>
#include <caf/send.hpp>

#include <algorithm>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace usher::simulation {

using namespace std::chrono_literals;

namespace {

const caf::resumable* job_of(const caf::actor& who) {
  return dynamic_cast<const caf::resumable*>(caf::actor_cast<caf::abstract_actor*>(who));
}

/// Rare things happen often here, and what takes minutes takes seconds.
void shorten(node::node_ports& ports) {
  actors::shard_journal_limits journal;
  journal.facts_per_snapshot = 12;
  ports.event.journal = journal;
  ports.section.journal = journal;
  ports.room.journal = journal;
  ports.section.paying_grace = sim_node::paying_grace;
  ports.event.checkout.payment_window = sim_node::paying_grace;
  ports.event.checkout.answer_wait = 6s;
  ports.event.checkout.late_money = 20s;
  ports.event.checkout.late_retry = 5s;
  ports.room.number_block = 8;
}

} // namespace

sim_node::configuration::configuration() {
  set("caf.scheduler.policy", "testing");
}

sim_node::sim_node(std::string name, node_surroundings around)
    : name_(std::move(name)), around_(std::move(around)), system_(std::make_unique<caf::actor_system>(configuration_)),
      scheduler_(&dynamic_cast<caf::scheduler::test_coordinator&>(system_->scheduler())),
      provider_(std::make_shared<sim_provider>(around_.house)) {
  system_->await_actors_before_shutdown(false);
  set_clock(around_.when.now());
  store_client client{name_, [this](fiber& one) { woken_.push_back(&one); }, [this] { return dead_; }};
  node::node_ports ports{
      .system = *system_,
      .open_store = [&store = around_.store, client] { return std::make_unique<sim_connection>(store, client); },
      .provider = provider_,
      .owner = name_,
      .writer_thread = actors::writer_thread::shared,
      .keeper_thread = catalog::keeper_thread::shared};
  shorten(ports);
  node::settings settings;
  settings.gateway.pass_ttl = 20s;
  wiring_ =
      std::make_unique<node::node_wiring>(settings, std::move(ports), [this](const std::string& why) { stop(why); });
  blocking_.insert(job_of(caf::actor_cast<caf::actor>(wiring_->writer())));
  blocking_.insert(job_of(caf::actor_cast<caf::actor>(wiring_->keeper())));
  gateway_ = spawn_gateway();
  caf::anon_send(wiring_->router(), messages::subscribe{}, gateway());
  start_shards();
  follow_store_clock();
}

sim_node::~sim_node() {
  dead_ = true;
  *ended_ = true;
  provider_->close();
  auto kill = [](const auto& actor) { caf::anon_send_exit(actor, caf::exit_reason::kill); };
  if (wiring_) {
    kill(wiring_->keeper());
    kill(wiring_->router());
    kill(wiring_->writer());
  }
  kill(gateway_);
  for (const auto& [number, one] : askers_)
    kill(one.actor);
  // Calls that wait for the store end now, all others as soon as they begin.
  while (!waiting_.empty() || scheduler_->has_job()) {
    if (!waiting_.empty())
      run(*waiting_.begin()->first);
    else
      run_job();
  }
  scheduler_->clock().schedule.clear();
  askers_.clear();
  wiring_.reset();
}

void sim_node::stop(const std::string& why) {
  if (!dead_)
    around_.stops(name_, why);
}

caf::actor sim_node::spawn_gateway() {
  return system_->spawn([this](caf::event_based_actor*) -> caf::behavior {
    return {
        [this](const messages::event_announced&) { announced_ = true; },
        [](const messages::seats_changed&) {},
        [](const messages::hold_expired&) {},
        [](const messages::order_changed&) {},
        [this](const messages::people_admitted& news) {
          if (!dead_)
            around_.admitted(name_, news);
        },
        [](const messages::place_given_up&) {},
        [](const messages::queue_moved&) {},
    };
  });
}

void sim_node::start_shards() {
  ask<done>(
      "start_shards", wiring_->keeper(),
      [this](const answer<done>& how) {
        if (how.reply)
          started_ = true;
        else
          stop("the events of the store cannot be started");
      },
      messages::start_shards{});
}

// ---- time and turns ----

/// As `node/store_watch` does it, every second. Who was paused takes the answer when it wakes.
void sim_node::follow_store_clock() {
  auto& when = around_.when;
  when.in(1s, [this, ended = ended_, &when] {
    if (*ended)
      return;
    follow_store_clock();
    if (paused() || around_.store.well_from() > when.now())
      return;
    auto asked = std::chrono::duration_cast<domain::microseconds>(local(when.now()));
    auto there_and_back = [this] { return around_.chance.wait(100us, 20ms); };
    when.in(there_and_back(), [this, ended, &when, asked, back = there_and_back()] {
      auto there = around_.store.now();
      when.in(back, [this, ended, asked, there] {
        if (!*ended)
          read_store_clock(asked, there);
      });
    });
  });
}

void sim_node::read_store_clock(domain::microseconds asked, domain::instant there) {
  if (auto wakes = pause_ends()) {
    around_.when.in(*wakes - around_.when.now(), [this, ended = ended_, asked, there] {
      if (!*ended)
        read_store_clock(asked, there);
    });
    return;
  }
  auto answered = std::chrono::duration_cast<domain::microseconds>(local(around_.when.now()));
  auto clock = wiring_->clock();
  clock.take({there, asked, answered});
}

std::size_t sim_node::ready() const {
  return paused() ? 0 : scheduler_->jobs.size() + woken_.size();
}

void sim_node::work(std::size_t which) {
  auto& jobs = scheduler_->jobs;
  if (which < jobs.size()) {
    std::swap(jobs[0], jobs[which]);
    return run_job();
  }
  which -= jobs.size();
  auto* one = woken_[which];
  woken_.erase(woken_.begin() + static_cast<std::ptrdiff_t>(which));
  run(*one);
}

void sim_node::run_job() {
  auto* job = scheduler_->jobs.front();
  auto* actor = dynamic_cast<caf::scheduled_actor*>(job);
  if (actor && !dead_)
    around_.works(name_, *actor, actor->mailbox().peek());
  if (!blocks(job)) {
    if (!actor || dead_ || !is_ambushed(*actor)) {
      scheduler_->run_once();
      return;
    }
    auto sprung = std::exchange(ambush_, {});
    auto victim = caf::actor_cast<caf::strong_actor_ptr>(actor); // it may end here
    if (!sprung.when.done)
      stumble(*actor);
    scheduler_->run_once();
    if (sprung.when.done)
      stumble(*actor);
    sprung.sprung();
    return;
  }
  auto one = std::make_unique<fiber>([this] { scheduler_->run_once(); });
  auto* added = one.get();
  waiting_.emplace(added, std::move(one));
  run(*added);
}

void sim_node::run(fiber& one) {
  one.run();
  if (one.done())
    waiting_.erase(&one);
}

std::optional<moment> sim_node::next_alarm() const {
  if (paused())
    return std::nullopt;
  auto& alarms = scheduler_->clock().schedule;
  while (!alarms.empty() && alarms.begin()->second.f.disposed())
    alarms.erase(alarms.begin());
  if (alarms.empty())
    return std::nullopt;
  // The first moment at which this node's clock says so.
  auto then = alarms.begin()->first.time_since_epoch() - 1ns;
  auto result = moment{static_cast<moment::rep>(static_cast<double>(then.count())
                                                / (1 + static_cast<double>(around_.clock_ppm) / 1'000'000))};
  while (local(result) < then)
    ++result;
  return result;
}

/// CAF takes the first moment of all for "no time": its clock is a nanosecond ahead.
void sim_node::set_clock(moment now) {
  auto& clock = scheduler_->clock();
  clock.advance_time(local(now) + 1ns - clock.current_time.time_since_epoch());
}

// ---- faults ----

bool sim_node::is_ambushed(caf::scheduled_actor& actor) const {
  if (!ambush_.sprung || ambush_.when.actor != actor.name())
    return false;
  const auto* next = actor.mailbox().peek();
  return next && next->payload.size() > 0 && next->payload.type_at(0) == ambush_.when.message;
}

/// The next thing that it does.
void sim_node::stumble(caf::scheduled_actor& victim) {
  auto fall = caf::make_action([] { throw std::logic_error{"a programmer's error"}; });
  victim.enqueue(caf::make_mailbox_element(nullptr, caf::make_message_id(caf::message_priority::high), {}, fall),
                 nullptr);
}

std::string sim_node::break_an_actor() {
  std::vector<caf::scheduled_actor*> candidates;
  for (auto* job : scheduler_->jobs)
    if (auto* actor = dynamic_cast<caf::scheduled_actor*>(job)) {
      std::string_view kind = actor->name();
      if (kind == "usher.section" || kind == "usher.event" || kind == "usher.waiting-room" || kind == "usher.checkout")
        candidates.push_back(actor);
    }
  if (candidates.empty())
    return {};
  auto* victim = around_.chance.one_of(candidates);
  stumble(*victim);
  return victim->name();
}

std::vector<std::string> sim_node::unanswered() const {
  std::vector<std::string> result;
  for (const auto& [number, one] : askers_)
    result.push_back(name_ + ": " + one.what);
  return result;
}

} // namespace usher::simulation
