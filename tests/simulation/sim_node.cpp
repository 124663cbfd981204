#include "tests/simulation/sim_node.hpp"

#include "tests/simulation/sim_connection.hpp"
#include "tests/simulation/sim_coordination.hpp"

#include <caf/action.hpp>
#include <caf/actor_cast.hpp>
#include <caf/event_based_actor.hpp>
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

sim_node::sim_node(std::string name, std::string host, node_surroundings around)
    : name_(std::move(name)), host_(std::move(host)), around_(std::move(around)),
      system_(std::make_unique<caf::actor_system>(configuration_)),
      scheduler_(&dynamic_cast<caf::scheduler::test_coordinator&>(system_->scheduler())),
      provider_(std::make_shared<sim_provider>(around_.house)) {
  system_->await_actors_before_shutdown(false);
  set_clock(around_.when.now());
  if (around_.network)
    make_member();
  node::settings settings;
  settings.gateway.pass_ttl = 20s;
  wiring_ = std::make_unique<node::node_wiring>(settings, ports(), [this](const std::string& why) { stop(why); });
  blocking_.insert(job_of(caf::actor_cast<caf::actor>(wiring_->writer())));
  blocking_.insert(job_of(caf::actor_cast<caf::actor>(wiring_->keeper())));
  bridge_ = spawn_bridge();
  if (member_)
    begin([this] { join(); });
  else
    start_shards();
  follow_store_clock();
}

store_client sim_node::client() {
  return {name_, host_, [this](fiber& one) { woken_.push_back(&one); }, [this] { return dead_; }};
}

node::node_ports sim_node::ports() {
  node::node_ports result{
      .system = *system_,
      .open_store = [&store = around_.store, by = client()] { return std::make_unique<sim_connection>(store, by); },
      .provider = provider_,
      .owner = name_,
      .writer_thread = actors::writer_thread::shared,
      .keeper_thread = catalog::keeper_thread::shared};
  if (member_) {
    result.open_coordination = [this] { return member_->open(); };
    result.open_link = [this](cluster::link_news news) { return member_->open_link(std::move(news)); };
    result.may_answer = [this] { return member_->may_answer(); };
    result.on_cut_off = [this](const messages::store_cut_off& said) { member_->hear(said); };
  }
  shorten(result);
  return result;
}

void sim_node::make_member() {
  network_place place{name_, host_, [this] { return pause_ends(); },
                      [this] { return cluster::tick{local(around_.when.now())}; }};
  member_ = std::make_unique<sim_member>(
      host_, sim_member::surroundings{around_.when, around_.store, *around_.network, client(), std::move(place),
                                      [this](const std::string& why) { stop(why); }});
}

/// As `usher node` does it: it ends if it cannot join.
void sim_node::join() {
  try {
    auto census = member_->enter(*system_, wiring_->keeper(), wiring_->switchboard());
    blocking_.insert(job_of(census));
    start_shards();
  } catch (const std::exception& why) {
    stop(why.what());
  }
}

sim_node::~sim_node() {
  dead_ = true;
  *ended_ = true;
  provider_->close();
  auto kill = [](const auto& actor) {
    if (actor)
      caf::anon_send_exit(actor, caf::exit_reason::kill);
  };
  if (member_) {
    member_->end();
    kill(member_->census());
  }
  if (wiring_) {
    kill(wiring_->keeper());
    kill(wiring_->router());
    kill(wiring_->writer());
    kill(wiring_->switchboard());
  }
  kill(bridge_);
  // Calls that wait for the store end now, all others as soon as they begin.
  while (!waiting_.empty() || scheduler_->has_job()) {
    if (!waiting_.empty())
      run(*waiting_.begin()->first);
    else
      run_job();
  }
  scheduler_->clock().schedule.clear();
  asked_.clear();
  wiring_.reset();
}

void sim_node::stop(const std::string& why) {
  if (!dead_)
    around_.stops(name_, why);
}

messages::gateway_actor sim_node::spawn_bridge() {
  auto deliver = [this](const std::vector<gateway::delivery>& all) {
    for (const auto& what : all)
      hear(what);
  };
  return system_->spawn<gateway::bridge>(wiring_->router(), deliver, patience, [this] { return may_answer(); });
}

void sim_node::hear(const gateway::delivery& what) {
  if (dead_)
    return;
  if (const auto* one = std::get_if<gateway::answered>(&what)) {
    auto asked = asked_.extract(one->number);
    if (!asked.empty())
      asked.mapped().then(one->what);
  } else if (const auto* news = std::get_if<messages::people_admitted>(&what)) {
    around_.admitted(name_, *news);
  } else if (std::holds_alternative<messages::event_announced>(what)) {
    announced_ = true;
  }
}

void sim_node::start_shards() {
  auto answered = [this](bool started) {
    started_ = started;
    if (!started)
      stop("the events of the store cannot be started");
  };
  system_->spawn([keeper = wiring_->keeper(), answered](caf::event_based_actor* self) {
    self->request(keeper, caf::infinite, messages::start_shards{})
        .then([answered] { answered(true); }, [answered](const caf::error&) { answered(false); });
  });
}

// ---- time and turns ----

/// As `node/store_watch` does it, every second. Who was paused takes the answer when it wakes.
void sim_node::follow_store_clock() {
  auto& when = around_.when;
  when.in(1s, [this, ended = ended_, &when] {
    if (*ended)
      return;
    follow_store_clock();
    if (paused() || !around_.store.is_reached_from(host_))
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
  if (actor && !dead_) {
    auto* next = actor->mailbox().peek();
    around_.works(name_, *actor, next);
    if (next && next->mid.is_response())
      note_answer(*actor, *next);
  }
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
  begin([this] { scheduler_->run_once(); });
}

/// Whoever does not wait any longer has an answer that it gave itself.
void sim_node::note_answer(const caf::scheduled_actor& to, const caf::mailbox_element& what) {
  if (what.payload.match_elements<caf::error>() && what.payload.get_as<caf::error>(0) == caf::sec::request_timeout)
    return;
  if (!answered_.emplace(to.id(), what.mid.integer_value()).second)
    around_.answered_again(name_, to.name());
}

void sim_node::begin(std::function<void()> work) {
  auto one = std::make_unique<fiber>(std::move(work));
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
  if (!started_)
    result.push_back(name_ + ": start_shards");
  for (const auto& [number, one] : asked_)
    result.push_back(name_ + ": " + one.what);
  return result;
}

} // namespace usher::simulation
