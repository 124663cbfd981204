#include "tests/simulation/mischief.hpp"

#include <algorithm>

namespace usher::simulation {

using namespace std::chrono_literals;

mischief::mischief(world& where) : in_(where) {
  auto& chance = in_.chance();
  auto often = chance.below(5) * 200; // 0: a quiet sale
  kinds_.store_errors = chance.chance(often);
  kinds_.store_outages = chance.chance(often);
  kinds_.payments = chance.chance(often);
  kinds_.actors = chance.chance(often);
  kinds_.nodes = chance.chance(often);
  kinds_.pauses = chance.chance(often);
  pause_ = std::chrono::milliseconds{chance.between(1'500, 8'000)};
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
  switch (in_.chance().below(4)) {
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
    default:
      if (kinds_.pauses)
        pause_a_node();
  }
  rest();
}

void mischief::hurt_the_store() {
  auto& chance = in_.chance();
  in_.interrupted();
  switch (chance.below(3)) {
    case 0:
      in_.count("store_outage");
      return in_.store().take_away(chance.wait(100ms, 6s));
    case 1:
      in_.count("store_pause");
      return in_.store().pause(chance.wait(100ms, 8s));
    default:
      in_.count("store_restart");
      in_.store().restart();
  }
}

void mischief::hurt_an_actor() {
  auto* node = in_.newest();
  if (!node)
    return;
  auto name = node->break_an_actor();
  if (name.empty()) // nobody is at work: a little later somebody is
    return in_.when().in(in_.chance().wait(1ms, 100ms), [this] {
      if (!over_)
        hurt_an_actor();
    });
  in_.interrupted();
  in_.count("actor_crash");
  in_.note(node->name() + ": an actor breaks: " + name);
}

void mischief::hurt_a_node() {
  auto* node = in_.newest();
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
  in_.interrupted();
  in_.note(node->name() + " is paused");
  node->pause_until(in_.when().now() + in_.chance().wait(100ms, 10s));
  if (in_.chance().chance(500)) {
    in_.count("takeover");
    in_.start_node();
  }
}

} // namespace usher::simulation
