#include "tests/simulation/mischief.hpp"

#include "tests/support/memory_coordination.hpp"

#include <caf/type_id.hpp>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>

namespace usher::simulation {

using namespace std::chrono_literals;

namespace {

/// Moments at which something is under way that must come to its end although the actor stumbles.
template <class Message>
constexpr auto of = caf::type_id_v<Message>;

constexpr auto moments = std::to_array<std::pair<std::string_view, caf::type_id_t>>({
    {"usher.event", of<messages::hold_seats>},           {"usher.event", of<messages::allowance_back>},
    {"usher.event", of<messages::start_order>},          {"usher.event", of<messages::advance_order>},
    {"usher.event", of<messages::refund_order>},         {"usher.event", of<messages::change_event>},
    {"usher.event", of<messages::block_seats>},          {"usher.event", of<messages::section_opened>},
    {"usher.event", of<messages::event_peers>},          {"usher.event", of<messages::stand_down>},
    {"usher.event", of<messages::facts_durable>},        {"usher.section", of<messages::hold_in_section>},
    {"usher.section", of<messages::release_hold>},       {"usher.section", of<messages::start_payment>},
    {"usher.section", of<messages::sell_seats>},         {"usher.section", of<messages::take_back_seats>},
    {"usher.section", of<messages::block_in_section>},   {"usher.section", of<messages::terms_changed>},
    {"usher.section", of<messages::list_claims>},        {"usher.section", of<messages::deadline_reached>},
    {"usher.section", of<messages::stand_down>},         {"usher.section", of<messages::facts_durable>},
    {"usher.waiting-room", of<messages::join_queue>},    {"usher.waiting-room", of<messages::leave_queue>},
    {"usher.waiting-room", of<messages::room_settings>}, {"usher.waiting-room", of<messages::deadline_reached>},
    {"usher.waiting-room", of<messages::stand_down>},    {"usher.waiting-room", of<messages::facts_durable>},
});

} // namespace

mischief::mischief(world& where) : in_(where) {
  auto& chance = in_.chance();
  auto often = chance.below(5) * 200; // 0: a quiet sale
  kinds_.store_errors = chance.chance(often);
  kinds_.store_outages = chance.chance(often);
  kinds_.payments = chance.chance(often);
  kinds_.actors = chance.chance(often);
  kinds_.nodes = chance.chance(often);
  kinds_.pauses = chance.chance(often);
  kinds_.failpoints = chance.chance(often);
  kinds_.ambushes = chance.chance(often);
  kinds_.clocks = chance.chance(often / 2);
  if (in_.network()) {
    kinds_.links = often > 0 && chance.chance(600);
    kinds_.store_cuts = often > 0 && chance.chance(400);
  }
  // Several have more to go wrong.
  pause_ = std::chrono::milliseconds{in_.network() ? chance.between(600, 4'000) : chance.between(1'500, 8'000)};
}

void mischief::begin() {
  auto& chance = in_.chance();
  if (kinds_.store_errors)
    in_.store().trouble({.refused = chance.below(40), .answer_lost = chance.below(40)});
  if (kinds_.payments)
    in_.house().trouble(
        {.declined = chance.below(300), .lost_before = chance.below(200), .lost_after = chance.below(300)});
  rest();
}

void mischief::end() {
  over_ = true;
  trap_ = {};
  for (auto* node : in_.living())
    node->give_up_waiting();
  in_.store().heal();
  in_.house().trouble({});
}

void mischief::rest() {
  in_.when().in(pause_ / 4 + moment{static_cast<std::int64_t>(in_.chance().below(2 * pause_.count()))},
                [this] { act(); });
}

void mischief::act() {
  if (over_)
    return;
  switch (in_.chance().below(in_.network() ? 10 : 7)) {
    case 0:
      if (kinds_.store_outages)
        hurt_the_store();
      break;
    case 1:
      if (kinds_.actors)
        hurt_an_actor();
      break;
    case 2:
      if (kinds_.nodes)
        hurt_a_node();
      break;
    case 3:
      if (kinds_.failpoints)
        set_a_trap();
      break;
    case 4:
      if (kinds_.ambushes)
        lie_in_wait();
      break;
    case 5:
      if (kinds_.clocks)
        step_the_clock();
      break;
    case 6:
      if (kinds_.pauses)
        pause_a_node();
      break;
    case 7:
      if (kinds_.store_cuts)
        cut_somebody_off();
      break;
    default:
      if (kinds_.links)
        hurt_a_link();
  }
  rest();
}

void mischief::interrupt_for(moment time) {
  in_.interrupted();
  in_.when().in(time, [this] { in_.interrupted(); });
}

std::int64_t mischief::clock_ppm() {
  return kinds_.clocks ? (static_cast<std::int64_t>(in_.chance().below(3)) - 1) * 200 : 0;
}

/// By so much that nobody follows it, or by little.
void mischief::step_the_clock() {
  auto& chance = in_.chance();
  auto most = chance.chance(500) ? 5'000 : 450;
  domain::microseconds by{static_cast<std::int64_t>(chance.between(100, most)) * 1'000};
  by = chance.chance(500) ? by : -by;
  in_.count("clock_step");
  in_.note("the store's clock is stepped by " + std::to_string(by.count() / 1'000) + " ms");
  in_.store().step_clock(by);
}

void mischief::lie_in_wait() {
  auto* node = in_.victim();
  if (!node || !is_patient(*node))
    return;
  auto [actor, message] = moments[in_.chance().below(moments.size())];
  work_moment when{actor, message, in_.chance().chance(500)};
  auto name = caf::query_type_name(message);
  node->lie_in_wait(when, [this, of = node->name(), who = std::string{actor},
                           at = std::string{name.data(), name.size()}, done = when.done] {
    in_.interrupted();
    in_.count("actor_ambush");
    ++broken_[of];
    in_.note(of + ": an actor breaks: " + who + (done ? " after " : " before ") + at);
  });
}

void mischief::hurt_the_store() {
  auto& chance = in_.chance();
  in_.interrupted();
  switch (chance.below(3)) {
    case 0: {
      in_.count("store_outage");
      auto time = chance.wait(100ms, 6s);
      interrupt_for(time);
      return in_.store().take_away(time);
    }
    case 1: {
      in_.count("store_pause");
      auto time = chance.wait(100ms, 8s);
      interrupt_for(time);
      return in_.store().pause(time);
    }
    default:
      in_.count("store_restart");
      in_.store().restart();
  }
}

void mischief::hurt_an_actor() {
  auto* node = in_.victim();
  if (!node || !is_patient(*node))
    return;
  auto name = node->break_an_actor();
  if (name.empty()) // nobody is at work: a little later somebody is
    return in_.when().in(in_.chance().wait(1ms, 100ms), [this] {
      if (!over_)
        hurt_an_actor();
    });
  in_.interrupted();
  in_.count("actor_crash");
  ++broken_[node->name()];
  in_.note(node->name() + ": an actor breaks: " + name);
}

void mischief::hurt_a_node() {
  if (in_.network())
    return hurt_one_of_several();
  auto* node = in_.victim();
  if (!node)
    return;
  if (in_.chance().chance(500)) {
    in_.count("node_kill");
    return in_.kill(*node, "killed"); // somebody starts another one
  }
  in_.count("takeover");
  in_.interrupted();
  in_.start_node();
}

void mischief::pause_a_node() {
  auto nodes = in_.living();
  if (nodes.empty())
    return;
  auto* node = in_.chance().one_of(nodes);
  in_.count("node_pause");
  in_.note(node->name() + " is paused");
  auto time = in_.chance().wait(100ms, 10s);
  interrupt_for(time);
  node->pause_until(in_.when().now() + time);
  if (!in_.network() && in_.chance().chance(500)) {
    in_.count("takeover");
    in_.start_node();
  }
}

// ---- nodes that share the store ------------------------------------------------------

std::set<std::string> mischief::hosts() {
  std::set<std::string> result;
  for (auto* node : in_.living())
    result.insert(node->host());
  return result;
}

std::string mischief::some_host() {
  auto all = hosts();
  return in_.chance().one_of(std::vector<std::string>(all.begin(), all.end()));
}

void mischief::hurt_one_of_several() {
  auto* node = in_.victim();
  auto dice = in_.chance().below(100);
  if (!node || dice < 25)
    return have_somebody_join();
  if (dice < 60)
    return drain(node->name());
  in_.count("node_kill");
  in_.kill(*node, "killed"); // somebody starts another one in its place
}

/// As an operator does it: it gives its shards away, and is to have some again later.
void mischief::drain(const std::string& process) {
  if (!change_status(process, persistence::node_status::draining))
    return;
  in_.count("node_drain");
  in_.note(process + " is drained");
  in_.when().in(short_or_long(), [this, process] { change_status(process, persistence::node_status::up); });
}

/// Of the present life of a process.
bool mischief::change_status(const std::string& process, persistence::node_status to) {
  tests::memory_coordination rows{in_.store().books()};
  for (const auto& one : rows.members().members)
    if (one.card.link == process && one.status != persistence::node_status::joining)
      return rows.change_status(one.number, to);
  return false;
}

/// On a host of its own, or by the name of one that lives: then it is not taken.
void mischief::have_somebody_join() {
  constexpr std::size_t most = 5;
  auto all = hosts();
  if (all.size() >= most || in_.chance().chance(200)) {
    if (all.empty())
      return;
    in_.count("same_name_again");
    return in_.start_node(some_host());
  }
  in_.count("node_join");
  in_.start_node("new-" + std::to_string(++joined_));
}

void mischief::cut(const std::string& from, const std::string& to, moment time) {
  in_.note("nothing gets from " + from + " to " + to);
  in_.network()->cut(from, to);
  in_.when().in(time, [this, from, to] {
    in_.note("what is sent gets from " + from + " to " + to + " again");
    in_.network()->mend(from, to);
  });
}

void mischief::isolate(const std::string& host, moment time) {
  for (const auto& other : hosts())
    if (other != host) {
      cut(host, other, time);
      cut(other, host, time);
    }
}

/// Than what makes somebody silent.
moment mischief::short_or_long() {
  auto& chance = in_.chance();
  return chance.chance(400) ? chance.wait(200ms, 2s) : moment{2s} + chance.wait(0ms, 40s) / 4;
}

void mischief::hurt_a_link() {
  if (hosts().size() < 2)
    return;
  auto one = some_host();
  auto other = some_host();
  while (other == one)
    other = some_host();
  auto time = short_or_long();
  interrupt_for(time);
  switch (in_.chance().below(5)) {
    case 0:
      in_.count("link_cut");
      cut(one, other, time);
      return cut(other, one, time);
    case 1:
      in_.count("link_cut_one_way");
      return cut(one, other, time);
    case 2:
      in_.count("node_isolated");
      return isolate(one, time);
    case 3:
      in_.count("link_slow");
      in_.note("all takes long between " + one + " and " + other);
      in_.network()->slow_down(one, other);
      return in_.when().in(time + 4s, [this, one, other] { in_.network()->speed_up(one, other); });
    default:
      in_.count("link_reset");
      in_.note("the connections of " + one + " and " + other + " break");
      in_.network()->reset(one, other);
  }
}

void mischief::cut_off_from_store(const std::string& host, moment time) {
  in_.note(host + " does not reach the store");
  in_.store().cut_off(host);
  in_.when().in(time, [this, host] {
    in_.note(host + " reaches the store again");
    in_.store().reconnect(host);
  });
}

/// From the store, and sometimes from everybody else, too.
void mischief::cut_somebody_off() {
  if (hosts().empty())
    return;
  auto host = some_host();
  auto time = short_or_long();
  interrupt_for(time);
  in_.count("store_cut");
  cut_off_from_store(host, time);
  if (in_.chance().chance(300)) {
    in_.count("node_isolated");
    isolate(host, time);
  }
}

/// In the place of one that nobody has met.
void mischief::set_a_trap() {
  auto& chance = in_.chance();
  const auto& where = failpoint::all_places[chance.below(failpoint::all_places.size())];
  auto fails = where.may_fail && (!where.may_crash || chance.chance(500));
  trap_ = {&where, fails ? failpoint::action::fail : failpoint::action::crash, chance.below(4)};
}

failpoint::action mischief::met(const failpoint::place& here) {
  if (trap_.where != &here || trap_.passing-- > 0)
    return failpoint::action::none;
  auto what = std::exchange(trap_, {}).what;
  in_.interrupted();
  in_.count("failpoint " + std::string{here.name});
  return what;
}

} // namespace usher::simulation
