#define CAF_SUITE cluster.link_pulse

#include "cluster/link/link_pulse.hpp"

#include <caf/test/bdd_dsl.hpp>

#include <deque>
#include <random>

using namespace usher::cluster;
using namespace std::chrono_literals;

namespace {

constexpr tick start = tick{} + 1h;

/// Both ends of one session, and what is under way between them. An end looks at its pulse 20 times a second, as the
/// link does.
struct two_ends {
  struct way {
    std::deque<std::pair<tick, link_beat>> beats{};
    bool is_cut = false;
  };

  void send(link_pulse& from, way& to) {
    auto beat = from.next(now);
    if (!to.is_cut)
      to.beats.emplace_back(now + delay, beat);
  }

  void receive(link_pulse& at, way& from, way& back, std::optional<tick>& up) {
    while (!from.beats.empty() && from.beats.front().first <= now) {
      auto beat = from.beats.front().second;
      from.beats.pop_front();
      auto news = at.hear(beat, now);
      if (news != pulse_news::nothing)
        send(at, back);
      if (news == pulse_news::up)
        up = now;
    }
  }

  void look(link_pulse& at, way& to, std::optional<tick>& down) {
    auto due = at.due(now);
    if (due == pulse_due::beat)
      send(at, to);
    if (due == pulse_due::down && !down)
      down = now;
  }

  void run(tick until) {
    for (; now < until; now += 5ms) {
      receive(a, to_a, to_b, a_up);
      receive(b, to_b, to_a, b_up);
      if ((now - start) % 50ms == 0ms) {
        look(a, to_b, a_down);
        look(b, to_a, b_down);
      }
    }
  }

  tick now = start;
  std::chrono::milliseconds delay = 20ms;
  link_pulse a{start};
  link_pulse b{start};
  way to_a{};
  way to_b{};
  std::optional<tick> a_up{}, b_up{}, a_down{}, b_down{};
};

} // namespace

SCENARIO("a session comes up when an end's own number has come back") {
  link_pulse pulse{start};
  CHECK(pulse.due(start) == pulse_due::beat);
  CHECK((pulse.next(start) == link_beat{1, 0}));
  CHECK(pulse.hear({1, 0}, start) == pulse_news::answer);
  CHECK(!pulse.is_up());
  CHECK((pulse.next(start) == link_beat{2, 1}));
  CHECK(pulse.hear({2, 1}, start) == pulse_news::up);
  CHECK(pulse.is_up());
  CHECK((pulse.next(start) == link_beat{3, 2}));
  CHECK(pulse.hear({3, 3}, start) == pulse_news::nothing);
}

SCENARIO("a beat is due four times a second") {
  link_pulse pulse{start};
  static_cast<void>(pulse.next(start));
  CHECK(pulse.due(start + 249ms) == pulse_due::nothing);
  CHECK(pulse.due(start + 250ms) == pulse_due::beat);
}

SCENARIO("a session that does not come up within two seconds is down") {
  link_pulse pulse{start};
  static_cast<void>(pulse.hear({1, 0}, start + 1s));
  CHECK(pulse.due(start + 1999ms) == pulse_due::beat);
  CHECK(pulse.due(start + 2s) == pulse_due::down);
}

SCENARIO("a number that was never sent, or has come back before, proves nothing") {
  link_pulse pulse{start};
  CHECK(pulse.hear({1, 1}, start) == pulse_news::answer);
  static_cast<void>(pulse.next(start));
  CHECK(pulse.hear({2, 2}, start) == pulse_news::answer);
  CHECK(pulse.hear({3, 1}, start) == pulse_news::up);
  static_cast<void>(pulse.hear({4, 1}, start + 1s));
  CHECK(pulse.due(start + 2s) == pulse_due::down);
}

SCENARIO("both ends come up, and stay so while both ways are open") {
  two_ends link;
  link.run(start + 10s);
  CHECK(link.a_up.has_value());
  CHECK(link.b_up.has_value());
  CHECK_LE(*link.a_up - start, 60ms);
  CHECK_LE(*link.b_up - start, 60ms);
  CHECK(!link.a_down.has_value());
  CHECK(!link.b_down.has_value());
}

SCENARIO("a cut in one direction is seen by both ends within two seconds and a heartbeat") {
  for (auto cut_to_a : {true, false}) {
    std::minstd_rand random{17};
    for (auto i = 0; i < 50; ++i) {
      two_ends link;
      auto cut_at = start + 1s + std::chrono::milliseconds{random() % 200 * 5};
      link.run(cut_at);
      (cut_to_a ? link.to_a : link.to_b).is_cut = true;
      link.run(cut_at + 3s);
      CAF_REQUIRE(link.a_down && link.b_down);
      for (auto down : {*link.a_down, *link.b_down}) {
        CHECK_GE(down - cut_at, 1650ms);
        CHECK_LE(down - cut_at, 2400ms);
      }
    }
  }
}

SCENARIO("a session over one direction only comes up nowhere") {
  two_ends link;
  link.to_b.is_cut = true;
  link.run(start + 3s);
  CHECK(!link.a_up.has_value());
  CHECK(!link.b_up.has_value());
  CHECK(link.a_down.has_value());
  CHECK(link.b_down.has_value());
}
