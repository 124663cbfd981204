#define CAF_SUITE cluster.standing_down

#include "domain/event.hpp"

#include "tests/actors/scripted_provider.hpp"
#include "tests/catalog/keeper_fixture.hpp"

#include <caf/test/bdd_dsl.hpp>

#include <cstdlib>
#include <random>

using namespace usher;
using namespace usher::tests;
using domain::rejection;

namespace {

/// An event gets another plan while a request is under way: however the two interleave, what the buyer is told is true.
struct fixture : keeper_fixture {
  fixture() {
    provider = charges;
    node = start_process("first");
  }

  std::shared_ptr<scripted_provider> charges = std::make_shared<scripted_provider>();
  process node;
  int turn = 0; ///< of all interleavings
  int refused = 0;
  int granted = 0;

  void put_on_sale() {
    put(node, "two rows");
    open_sale(node);
  }

  /// Both rows keep only their first two seats.
  shared_outcome<messages::event_view> change_plan() {
    domain::event_settings settings;
    settings.prices = {5'000};
    return ask<messages::event_view>(
        node.router,
        messages::put_event{
            {}, id, settings, std::make_shared<const std::string>("two short rows"), plans["two short rows"]});
  }

  /// Tries many interleavings of a plan change and `request`, one event each: one begins some steps before the other,
  /// and which actor takes the next step is drawn. `prepare` is called before each, and `check` once everything is at
  /// rest, with the request's outcome.
  template <class Reply, class Prepare, class Request, class Check>
  void interleave(Prepare prepare, Request request, Check check) {
    constexpr int steps_max = 150; // enough for one to end before the other begins
    for (int lead = -steps_max; lead < steps_max; ++lead) {
      turn = lead + steps_max;
      id = domain::event_id{"event-" + std::to_string(turn)};
      put_on_sale();
      prepare();
      shared_outcome<messages::event_view> changed;
      shared_outcome<Reply> asked;
      if (lead < 0)
        asked = ask<Reply>(node.router, request());
      else
        changed = change_plan();
      std::mt19937 draw{static_cast<unsigned>(turn)};
      for (int i = 0; i < std::abs(lead); ++i)
        step(draw);
      if (lead < 0)
        changed = change_plan();
      else
        asked = ask<Reply>(node.router, request());
      while (step(draw)) {
      }
      pass(1s, 50ms); // whatever has to be undone is undone by then
      CHECK(changed->reply.has_value());
      REQUIRE(!asked->pending());
      ++(asked->reply ? granted : refused);
      check(*asked);
    }
    // Otherwise nothing was interleaved.
    CHECK(granted > 0);
    CHECK(refused > 0);
    CHECK(node.fatal->empty());
  }

  /// Lets one actor that has something to do take a step; false if there is none.
  bool step(std::mt19937& draw) {
    if (!sched.jobs.empty())
      std::swap(sched.jobs.front(), sched.jobs[draw() % sched.jobs.size()]);
    return sched.try_run_once();
  }

  /// What is written about a row.
  domain::seat_state written(std::uint16_t row, std::size_t seat) {
    domain::section section{plans["two rows"], domain::section_no{row}};
    for (const auto& fact : books->facts({domain::shard_kind::section, id, domain::section_no{row}}))
      section.apply(fact);
    return section.standing().at(seat).state;
  }

  domain::order_id order() const { return {9, static_cast<std::uint64_t>(turn)}; }

  static constexpr auto nothing = [] {};
};

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("a hold over two sections that was refused is held in neither") {
  interleave<messages::hold_granted>(
      nothing,
      [this] {
        auto both = wish(1, 0, 0);
        std::get<0>(both.wanted).push_back({domain::section_no{1}, domain::seats_wish{{domain::seat_no{1}}}});
        return both;
      },
      [this](const auto& asked) {
        CHECK_EQ(written(0, 0) == domain::seat_state::held, asked.reply.has_value());
        CHECK_EQ(written(1, 1) == domain::seat_state::held, asked.reply.has_value());
      });
}

SCENARIO("a search for the best places that was refused holds none") {
  interleave<messages::hold_granted>(
      nothing,
      [this] {
        auto best = wish(1, 0, 0);
        best.wanted = domain::best_wish{.quantity = 2};
        return best;
      },
      [this](const auto& asked) {
        auto held = 0;
        for (std::uint16_t row = 0; row < 2; ++row)
          for (std::size_t seat = 0; seat < 4; ++seat)
            held += written(row, seat) == domain::seat_state::held ? 1 : 0;
        CHECK_EQ(held, asked.reply.has_value() ? 2 : 0);
      });
}

SCENARIO("a release that was refused has released nothing") {
  interleave<done>(
      [this] { CHECK(hold(node, 1, 0, 1)->reply.has_value()); },
      [this] {
        return messages::release_hold{{}, id, {7, 1}, domain::buyer_id{"buyer-1"}, {domain::section_no{0}}};
      },
      [this](const auto& asked) { CHECK_EQ(written(0, 1) == domain::seat_state::free, asked.reply.has_value()); });
}

SCENARIO("an order that was refused is not begun, and one that was begun is charged") {
  interleave<messages::order_view>(
      [this] { CHECK(hold(node, 1, 0, 1)->reply.has_value()); },
      [this] {
        return messages::start_order{
            {}, id, order(), {7, 1}, domain::buyer_id{"buyer-1"}, {domain::section_no{0}}, "card", "key", 1};
      },
      [this](const auto& asked) {
        domain::event written_down;
        for (const auto& fact : books->facts({domain::shard_kind::event, id, {}}))
          written_down.apply(fact);
        CHECK_EQ(written_down.find_order(order()) != nullptr, asked.reply.has_value());
        if (asked.reply) {
          pass(2s, 100ms);
          CHECK_EQ(written(0, 1), domain::seat_state::sold);
        }
      });
  CHECK_EQ(charges->total_charges(), granted);
}

SCENARIO("blocking that was refused has blocked nothing") {
  interleave<messages::event_view>(
      nothing,
      [this] {
        return messages::block_seats{{}, id, {{domain::section_no{0}, {domain::seat_no{1}}, 0}}, true};
      },
      [this](const auto& asked) { CHECK_EQ(written(0, 1) == domain::seat_state::blocked, asked.reply.has_value()); });
}

SCENARIO("an event that cannot write what it has under way keeps its plan and goes on") {
  auto stayed = 0;
  for (turn = 0; turn < 400; ++turn) {
    id = domain::event_id{"event-" + std::to_string(turn)};
    put_on_sale();
    auto run = [this](int steps) {
      for (int i = 0; i < steps; ++i)
        sched.try_run_once();
    };
    auto changed = change_plan();
    run(turn / 20);
    auto held = ask<messages::hold_granted>(node.router, wish(1, 0, 1));
    run(turn % 20);
    books->set(store_fault::unavailable);
    pass(6s, 500ms);
    REQUIRE(!changed->pending());
    books->set(store_fault::none);
    pass(10s, 250ms);
    if (changed->refused && changed->refused->detail.find("Its plan is the old one") != std::string::npos) {
      ++stayed;
      CHECK(hold(node, 2, 0, 3)->reply.has_value());
    }
    CHECK_EQ(hold(node, 3, 0, 1)->refused_as(rejection::seat_taken), held->reply.has_value());
    CHECK(hold(node, 4, 0, 0)->reply.has_value());
  }
  CHECK(stayed > 0);
  CHECK(node.fatal->empty());
}

SCENARIO("an event stands down once what was in doubt is settled") {
  put_on_sale();
  books->set(store_fault::lost_answer);
  auto held = ask<messages::hold_granted>(node.router, wish(1, 0, 1));
  settle();
  CHECK(held->pending());
  CHECK_EQ(written(0, 1), domain::seat_state::held);
  books->set(store_fault::none);
  pass(600ms, 50ms); // the keeper has asked the store again, but the section does not know yet
  auto changed = change_plan();
  settle();
  CHECK(changed->pending());
  pass(1s, 50ms);
  CHECK(held->reply.has_value());
  CHECK(changed->reply.has_value());
  CHECK_EQ(written(0, 1), domain::seat_state::held);
}

END_FIXTURE_SCOPE()
