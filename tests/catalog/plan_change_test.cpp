#define CAF_SUITE cluster.plan_change

#include "catalog/plan_change.hpp"

#include "tests/catalog/keeper_fixture.hpp"
#include "tests/support/temporary_folder.hpp"

#include <caf/test/bdd_dsl.hpp>

#include <cstdlib>

using namespace usher;
using namespace usher::tests;
using domain::rejection;

namespace {

struct fixture : keeper_fixture {
  /// A hall with one row of these seats in each section.
  static domain::shared_plan hall(const std::vector<std::pair<std::string, std::vector<std::string>>>& rows) {
    std::vector<domain::section_plan> sections;
    for (const auto& [section, guids] : rows) {
      domain::section_plan row{section, section, {"A"}, {}, 0, {}};
      for (const auto& guid : guids)
        row.seats.push_back({guid, guid, domain::category_no{0}, 0, {row.seats.size() * 1.0, 0}});
      sections.push_back(std::move(row));
    }
    return std::make_shared<domain::seating_plan>("Hall", std::vector<std::string>{"Seat"}, std::move(sections));
  }

  fixture() {
    plans["turned"] = hall({{"row1", {"row1-1", "row1-0"}}, {"row0", {"row0-2", "row0-1", "row1-2", "row0-0"}}});
    plans["one row"] = rows(1);
  }

  /// A process with an event that is on sale.
  process start_selling(const std::string& name) {
    auto node = start_process(name);
    put(node, "two rows");
    open_sale(node);
    return node;
  }

  /// The event's plan as announced to gateways.
  domain::shared_plan announced_by(const process& node) {
    domain::shared_plan plan;
    auto gateway = sys.spawn([&plan, this](messages::gateway_actor::pointer) -> messages::gateway_actor::behavior_type {
      return {
          [](messages::session_requests&) {},
          [&plan, this](const messages::event_announced& news) {
            if (news.id == id)
              plan = news.plan;
          },
          [](const messages::seats_changed&) {},
          [](const messages::hold_expired&) {},
          [](const messages::order_changed&) {},
          [](const messages::people_admitted&) {},
          [](const messages::place_given_up&) {},
          [](const messages::queue_moved&) {},
          [](messages::flush) {},
      };
    });
    self->send(node.router, messages::subscribe{}, gateway);
    settle();
    self->send_exit(gateway, caf::exit_reason::user_shutdown);
    settle();
    return plan;
  }

  shared_outcome<messages::hold_granted> hold(const process& whom, std::uint64_t number, domain::seat_place place) {
    return keeper_fixture::hold(whom, number, place.section.value(), place.seat.value());
  }
  using keeper_fixture::hold;

  std::vector<std::uint64_t> epochs() {
    std::vector<std::uint64_t> result;
    for (const auto& row : memory_store{books}.shards(id))
      result.push_back(row.epoch.value());
    return result;
  }
};

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("in the middle of a sale seats may be dropped, moved and added around those that are held") {
  auto node = start_selling("first");
  REQUIRE(hold(node, 1, 0, 1)->reply.has_value());
  REQUIRE(hold(node, 2, 1, 0)->reply.has_value());
  REQUIRE(put(node, "turned")->reply.has_value());
  auto check_sale = [this](const process& seller, std::uint64_t next) {
    auto plan = announced_by(seller);
    REQUIRE(plan != nullptr);
    CHECK(plan->find_section("row0") == domain::section_no{0});
    CHECK((plan->order() == std::vector{domain::section_no{1}, domain::section_no{0}}));
    CHECK(hold(seller, next, plan->find_seat("row0-1").value())->refused_as(rejection::seat_taken));
    CHECK(hold(seller, next + 1, plan->find_seat("row1-0").value())->refused_as(rejection::seat_taken));
    // Their old numbers mean no other seats.
    CHECK(hold(seller, next + 2, 0, 3)->refused_as(rejection::not_found));
    CHECK(hold(seller, next + 3, 1, 2)->refused_as(rejection::not_found));
    CHECK_EQ(plan->find_seat("row1-2")->section, domain::section_no{0});
    CHECK_EQ(plan->find_seat("row1-2")->seat, domain::seat_no{4});
    auto view = asked<messages::event_view>(seller, messages::describe_event{{}, id});
    CHECK_EQ(view->reply->sections[0].free + view->reply->sections[0].held, 4u);
    CHECK_EQ(view->reply->sections[1].free + view->reply->sections[1].held, 2u);
  };
  check_sale(node, 10);
  CHECK(hold(node, 20, announced_by(node)->find_seat("row1-2").value())->reply.has_value());
  CHECK(node.fatal->empty());
  auto second = start_process("second");
  check_sale(second, 30);
  CHECK(hold(second, 40, 0, 4)->refused_as(rejection::seat_taken));
  CHECK(second.fatal->empty());
}

SCENARIO("a plan that somebody's seat is in the way of is refused by name, and the sale goes on undisturbed") {
  auto node = start_selling("first");
  REQUIRE(hold(node, 1, 0, 0)->reply.has_value());
  REQUIRE(hold(node, 2, 1, 1)->reply.has_value());
  auto before = epochs();
  auto refused = put(node, "one row");
  REQUIRE(refused->refused_as(rejection::plan_in_use));
  CHECK((refused->refused->guids == std::vector<std::string>{"row1-1"}));
  CHECK(refused->refused->detail.find("within 5 minutes") != std::string::npos);
  CHECK((epochs() == before));
  // Once it is free again, its section may go.
  asked<done>(node, messages::release_hold{{}, id, {7, 2}, domain::buyer_id{"buyer-2"}, {domain::section_no{1}}});
  REQUIRE(put(node, "one row")->reply.has_value());
  CHECK(hold(node, 3, 0, 0)->refused_as(rejection::seat_taken));
  CHECK(hold(node, 4, 1, 1)->refused_as(rejection::not_found));
  // And come back, with what its places were called.
  REQUIRE(put(node, "two rows")->reply.has_value());
  CHECK(hold(node, 5, 1, 1)->reply.has_value());
  CHECK(node.fatal->empty());
}

SCENARIO("a blocked seat may be dropped, but not moved to another section") {
  auto node = start_selling("first");
  auto block = [&](std::uint32_t seat) {
    return asked<messages::event_view>(
        node, messages::block_seats{{}, id, {{domain::section_no{1}, {domain::seat_no{seat}}, 0}}, true});
  };
  REQUIRE(block(3)->reply.has_value());
  REQUIRE(block(2)->reply.has_value());
  auto refused = put(node, "turned");
  REQUIRE(refused->refused_as(rejection::plan_in_use));
  CHECK((refused->refused->guids == std::vector<std::string>{"row1-2"}));
  REQUIRE(put(node, "two short rows")->reply.has_value());
  auto view = asked<messages::event_view>(node, messages::describe_event{{}, id});
  CHECK_EQ(view->reply->sections[1].blocked, 0u);
  CHECK_EQ(view->reply->sections[1].free, 2u);
}

SCENARIO("whatever comes between, a hold is granted or the plan drops its seat, and never both") {
  auto node = start_process("first");
  auto plan_changed = false;
  auto hold_granted = false;
  for (int lead = -40; lead < 40; ++lead) { // how many steps the plan comes before the hold, or after it
    id = domain::event_id{"event-" + std::to_string(lead + 40)};
    put(node, "two rows");
    open_sale(node);
    domain::event_settings settings;
    settings.prices = {5'000};
    messages::put_event change{{}, id, settings, std::make_shared<const std::string>("one row"), plans["one row"]};
    shared_outcome<messages::event_view> changed;
    shared_outcome<messages::hold_granted> held;
    if (lead >= 0)
      changed = ask<messages::event_view>(node.router, change);
    else
      held = ask<messages::hold_granted>(node.router, wish(1, 1, 0));
    for (int i = 0; i < std::abs(lead); ++i)
      sched.try_run_once();
    if (lead >= 0)
      held = ask<messages::hold_granted>(node.router, wish(1, 1, 0));
    else
      changed = ask<messages::event_view>(node.router, change);
    settle();
    CHECK(!changed->pending());
    CHECK(!held->pending());
    CHECK(!(changed->reply.has_value() && held->reply.has_value()));
    plan_changed = plan_changed || changed->reply.has_value();
    hold_granted = hold_granted || held->reply.has_value();
    // What is written agrees: nobody has a seat that the plan does not have.
    auto plan = announced_by(node);
    REQUIRE(plan != nullptr);
    CHECK_EQ(plan->find_section("row1").has_value(), !changed->reply.has_value());
    domain::section written{plan, domain::section_no{1}};
    for (const auto& fact : books->facts({domain::shard_kind::section, id, domain::section_no{1}}))
      written.apply(fact);
    auto standing = written.standing();
    CHECK(!changed->reply.has_value() || standing.front().state == domain::seat_state::free);
    // Nor is it held when its buyer was told that it is not.
    CHECK_EQ(standing.front().state == domain::seat_state::held, held->reply.has_value());
  }
  CHECK(plan_changed);
  CHECK(hold_granted);
  CHECK(node.fatal->empty());
  auto second = start_process("second");
  CHECK(second.fatal->empty());
  CHECK_EQ(asked<std::vector<domain::event_id>>(second, messages::list_events{})->reply->size(), 80u);
}

SCENARIO("a process that dies after it replaced a plan leaves its settings, too") {
  start_selling("first");
  auto dying = memory_store{books};
  cluster::shard_claims claims{{open}, "dying"};
  auto histories = claims.take_over(id, 2).value();
  domain::event_settings settings;
  settings.name = "Shorter";
  settings.prices = {7'000};
  messages::put_event wish{
      {}, id, settings, std::make_shared<const std::string>("two short rows"), plans["two short rows"]};
  auto next = catalog::change_plan(plans["two rows"], wish, histories, dying.now());
  REQUIRE(std::holds_alternative<catalog::next_plan>(next));
  REQUIRE(dying.replace_plan(std::get<catalog::next_plan>(next).stored, 2, histories.event.epoch));
  auto heir = start_process("heir");
  auto view = asked<messages::event_view>(heir, messages::describe_event{{}, id});
  REQUIRE(view->reply.has_value());
  CHECK_EQ(view->reply->settings.name, "Shorter");
  CHECK_EQ(hold(heir, 1, 0, 0)->reply->sections.front().seats.front().price, 7'000);
  CHECK(hold(heir, 2, 0, 3)->refused_as(rejection::not_found));
  // They are written only once: later settings stay.
  messages::change_event change;
  change.event = id;
  change.prices = {{"Seat", 8'000}};
  REQUIRE(asked<messages::event_view>(heir, change)->reply.has_value());
  auto next_heir = start_process("next heir");
  CHECK_EQ(hold(next_heir, 3, 0, 1)->reply->sections.front().seats.front().price, 8'000);
  CHECK(next_heir.fatal->empty());
}

SCENARIO("a plan cannot be replaced by a process that the event was taken from") {
  start_selling("first");
  cluster::shard_claims claims{{open}, "late"};
  auto histories = claims.take_over(id, 2).value();
  auto second = start_process("second");
  CHECK(!memory_store{books}.replace_plan({id, "one row", {}}, 1, histories.event.epoch));
  CHECK(hold(second, 1, 1, 0)->reply.has_value());
}

SCENARIO("a process that lost the event does not put its own plan back, however late it notices") {
  auto first = start_selling("first");
  auto second = start_process("second");
  REQUIRE(put(second, "turned")->reply.has_value());
  auto plan = announced_by(second);
  REQUIRE(plan != nullptr);
  auto moved = plan->find_seat("row1-2").value();
  REQUIRE(hold(second, 1, moved)->reply.has_value());
  auto before = epochs();
  CHECK(put(first, "two short rows")->refused.has_value());
  REQUIRE_EQ(first.fatal->size(), 1u);
  CHECK(first.fatal->front().find("was taken over by another process") != std::string::npos);
  CHECK((epochs() == before));
  CHECK_EQ(memory_store{books}.events().front().plan, "turned");
  pass(3s, 50ms); // Nor does it start the event once more.
  CHECK((epochs() == before));
  CHECK(second.fatal->empty());
  CHECK(hold(second, 2, moved)->refused_as(rejection::seat_taken));
  CHECK(hold(second, 3, plan->find_seat("row0-0").value())->reply.has_value());
}

SCENARIO("an event that another process took is not started once more by the one that lost it") {
  auto first = start_selling("first");
  cluster::shard_claims claims{{open}, "late"};
  REQUIRE(claims.take_over(id, 2).has_value());
  cluster::shard_claims later{{open}, "later"};
  REQUIRE(later.take_over(id, 2).has_value());
  auto before = epochs();
  CHECK(!claims.take_over(id, 2).has_value());
  CHECK((epochs() == before));
  CHECK(later.take_over(id, 2).has_value());
}

SCENARIO("of two processes that take an event over at the same time one goes on") {
  /// A connection that lets another process in before one of its claims, or before it reads what it has claimed.
  struct interrupted_store : memory_store {
    interrupted_store(std::shared_ptr<memory_books> where, std::function<void()> before_call)
        : memory_store(std::move(where)), before_call_(std::move(before_call)) {}
    std::vector<std::optional<domain::epoch>> claim_shards(std::span<const persistence::wanted_shard> wanted,
                                                           std::string_view owner) override {
      before_call_();
      return memory_store::claim_shards(wanted, owner);
    }
    std::vector<std::optional<persistence::shard_history>>
    histories(std::span<const persistence::owned_shard> owned) override {
      before_call_();
      return memory_store::histories(owned);
    }
    std::function<void()> before_call_;
  };
  constexpr std::uint16_t sections = 2;
  constexpr int calls = 4; // the event's claim and history, then all others'
  for (int round = 0; round <= calls; ++round) {
    auto where = std::make_shared<memory_books>();
    memory_store{where}.add_event({id, "two rows", {}}, sections);
    cluster::shard_claims second{{[where] { return std::make_unique<memory_store>(where); }}, "second"};
    std::optional<cluster::event_histories> taken_by_second;
    int calls_to_go = round;
    auto let_in = [&] {
      if (calls_to_go-- == 0)
        taken_by_second = second.take_over(id, sections);
    };
    cluster::shard_claims first{{[&] { return std::make_unique<interrupted_store>(where, let_in); }}, "first"};
    auto taken_by_first = first.take_over(id, sections);
    if (round == calls) // the other one never came
      CHECK(taken_by_first.has_value() && !taken_by_second.has_value());
    else if (round == 0) // it came before the first claim, and is taken over from
      CHECK(taken_by_first.has_value() && second.lost(id).has_value());
    else
      CHECK(!taken_by_first.has_value() && taken_by_second.has_value() && !second.lost(id).has_value());
  }
}

SCENARIO("settings without a plan keep the plan that runs") {
  auto node = start_selling("first");
  REQUIRE(put(node, "turned")->reply.has_value());
  domain::event_settings settings;
  settings.prices = {7'000};
  messages::put_event of_old{{}, id, settings, nullptr, plans["two rows"]};
  REQUIRE(asked<messages::event_view>(node, of_old)->reply.has_value());
  auto plan = announced_by(node);
  REQUIRE(plan != nullptr);
  CHECK_EQ(plan->find_seat("row1-2")->section, domain::section_no{0});
  CHECK_EQ(hold(node, 1, 0, 0)->reply->sections.front().seats.front().price, 7'000);
  CHECK_EQ(memory_store{books}.events().front().plan, "turned");
  plans["other categories"] = std::make_shared<domain::seating_plan>("Hall", std::vector<std::string>{"Stalls"},
                                                                     std::vector<domain::section_plan>{});
  messages::put_event of_other{{}, id, settings, nullptr, plans["other categories"]};
  CHECK(asked<messages::event_view>(node, of_other)->refused_as(rejection::in_progress));
  CHECK(node.fatal->empty());
}

SCENARIO("a category that was named is the same one under a plan that lists them in another order") {
  auto now = domain::seating_plan{
      "Hall",
      {"Seat", "Box"},
      {{"row", "Row", {"A"}, {{"a", "1", domain::category_no{0}, 0, {}}, {"b", "2", domain::category_no{1}, 0, {}}}}}};
  auto next = domain::seating_plan{
      "Hall",
      {"Box", "Seat"},
      {{"row", "Row", {"A"}, {{"a", "1", domain::category_no{1}, 0, {}}, {"b", "2", domain::category_no{0}, 0, {}}}}}};
  plans["seats first"] = std::make_shared<domain::seating_plan>(std::move(now));
  plans["boxes first"] = std::make_shared<domain::seating_plan>(std::move(next));
  auto node = start_process("first");
  auto put_with = [&](const std::string& plan, std::vector<domain::price> prices) {
    domain::event_settings settings;
    settings.prices = std::move(prices);
    return asked<messages::event_view>(
        node, messages::put_event{{}, id, settings, std::make_shared<const std::string>(plan), plans[plan]});
  };
  REQUIRE(put_with("seats first", {1'000, 9'000})->reply.has_value());
  open_sale(node);
  REQUIRE(put_with("boxes first", {9'000, 1'000})->reply.has_value());
  messages::change_event dearer;
  dearer.event = id;
  dearer.prices = {{"Box", 9'500}};
  REQUIRE(asked<messages::event_view>(node, dearer)->reply.has_value());
  auto box = wish(1, 0, 0);
  box.wanted = domain::best_wish{};
  box.category = "Box";
  auto granted = asked<messages::hold_granted>(node, box);
  REQUIRE(granted->reply.has_value());
  CHECK_EQ(granted->reply->sections.front().seats.front().price, 9'500);
  CHECK(granted->reply->sections.front().seats.front().seat == domain::seat_no{1});
}

SCENARIO("what is not said with a new plan stays, and prices follow their categories") {
  auto node = start_process("first");
  domain::event_settings settings;
  settings.name = "Gala";
  settings.prices = {8'500};
  settings.waiting_room = false;
  settings.max_seats_per_buyer = 2;
  settings.closes_at = clock.now(self.ptr()) + 1h;
  auto text_of = [](const std::string& name) { return std::make_shared<const std::string>(name); };
  REQUIRE(
      asked<messages::event_view>(node, messages::put_event{{}, id, settings, text_of("two rows"), plans["two rows"]})
          ->reply.has_value());
  open_sale(node);
  REQUIRE(hold(node, 1, 0, 0)->reply.has_value());
  domain::settings_change renamed;
  renamed.name = "Gala Night";
  auto wanted = settings;
  wanted.name = "Gala Night";
  auto without_plan =
      asked<messages::event_view>(node, messages::put_event{{}, id, renamed, nullptr, plans["two rows"]});
  REQUIRE(without_plan->reply.has_value());
  CHECK(without_plan->reply->settings == wanted);
  // With another plan, whose second category is new. The answer counts what is held.
  std::vector<domain::section_plan> sections{plans["two rows"]->sections()};
  plans["boxes"] = std::make_shared<domain::seating_plan>("Hall", std::vector<std::string>{"Box", "Seat"}, [&] {
    for (auto& section : sections)
      for (auto& seat : section.seats)
        seat.category = domain::category_no{1};
    return sections;
  }());
  auto with_plan = asked<messages::event_view>(node, messages::put_event{{}, id, {}, text_of("boxes"), plans["boxes"]});
  REQUIRE(with_plan->reply.has_value());
  wanted.prices = {{}, 8'500};
  CHECK(with_plan->reply->settings == wanted);
  REQUIRE_EQ(with_plan->reply->sections.size(), 2u);
  CHECK_EQ(with_plan->reply->sections[0].held, 1u);
  CHECK_EQ(with_plan->reply->sections[0].free, 3u);
  CHECK_EQ(with_plan->reply->sections[1].free, 4u);
  CHECK_EQ(hold(node, 2, 1, 0)->reply->sections.front().seats.front().price, 8'500);
  CHECK(node.fatal->empty());
}

SCENARIO("a new event is called as its plan is, or by its id") {
  auto node = start_process("first");
  plans["nameless"] = std::make_shared<domain::seating_plan>("", plans["two rows"]->categories(),
                                                             std::vector{plans["two rows"]->sections()});
  for (const auto& [plan, name] : std::map<std::string, std::string>{{"two rows", "Hall"}, {"nameless", "rock-2"}}) {
    id = domain::event_id{plan == "nameless" ? "rock-2" : "rock"};
    auto made = asked<messages::event_view>(
        node, messages::put_event{{}, id, {}, std::make_shared<const std::string>(plan), plans[plan]});
    REQUIRE(made->reply.has_value());
    CHECK_EQ(made->reply->settings.name, name);
    CHECK(made->reply->settings.waiting_room);
  }
}

SCENARIO("an event whose first keeper died before it was defined gets its name all the same") {
  memory_store{books}.add_event({id, "two rows", {}}, 2);
  auto node = start_process("heir");
  auto defined = asked<messages::event_view>(
      node, messages::put_event{{}, id, {}, std::make_shared<const std::string>("two rows"), plans["two rows"]});
  REQUIRE(defined->reply.has_value());
  CHECK_EQ(defined->reply->settings.name, "Hall");
  CHECK(!defined->reply->settings.prices.front().has_value());
}

SCENARIO("no sale begins without a price, and nothing is created") {
  auto node = start_process("first");
  auto refused = asked<messages::event_view>(
      node,
      messages::put_event{
          {}, id, {}, std::make_shared<const std::string>("two rows"), plans["two rows"], domain::event_state::open});
  REQUIRE(refused->refused_as(rejection::bad_request));
  CHECK_EQ(refused->refused->setting, "prices");
  CHECK(memory_store{books}.events().empty());
}

SCENARIO("an error that nobody expected ends the process with a sentence, and not the keeper alone") {
  open = []() -> std::unique_ptr<persistence::booking_store> { throw std::logic_error{"one row too many"}; };
  auto node = start_process("first");
  REQUIRE_EQ(node.fatal->size(), 1u);
  CHECK(node.fatal->front().find("one row too many") != std::string::npos);
  CHECK(put(node, "two rows")->refused_as(rejection::store_unavailable));
}

SCENARIO("settings that the event refuses leave it on its old plan") {
  auto node = start_selling("first");
  domain::event_settings settings;
  settings.prices = {5'000, 6'000};
  auto refused = asked<messages::event_view>(
      node, messages::put_event{{}, id, settings, std::make_shared<const std::string>("one row"), plans["one row"]});
  CHECK(refused->refused_as(rejection::bad_request));
  CHECK(hold(node, 1, 1, 0)->reply.has_value());
}

SCENARIO("settings that cannot be any more are refused before the sale is interrupted") {
  auto node = start_selling("first");
  REQUIRE(hold(node, 1, 0, 0)->reply.has_value());
  messages::start_order order{{},     id,    {9, 1}, {7, 1}, domain::buyer_id{"buyer-1"}, {domain::section_no{0}},
                              "card", "key", 1};
  REQUIRE(asked<messages::order_view>(node, order)->reply.has_value());
  auto before = epochs();
  domain::event_settings settings;
  settings.prices = {5'000};
  settings.currency = "CHF";
  auto refused = asked<messages::event_view>(
      node, messages::put_event{{}, id, settings, std::make_shared<const std::string>("one row"), plans["one row"]});
  REQUIRE(refused->refused_as(rejection::bad_request));
  CHECK(refused->refused->detail.find("currency") != std::string::npos);
  CHECK((epochs() == before));
  CHECK(hold(node, 2, 1, 0)->reply.has_value());
}

SCENARIO("a sale on SQLite goes on under another plan after a restart") {
  temporary_folder folder;
  open = [url = "sqlite:" + (folder.path() / "sale.db").string()] { return persistence::open_store(url); };
  auto first = start_selling("first");
  REQUIRE(hold(first, 1, 0, 1)->reply.has_value());
  REQUIRE(put(first, "turned")->reply.has_value());
  REQUIRE(hold(first, 2, announced_by(first)->find_seat("row1-2").value())->reply.has_value());
  auto second = start_process("second");
  auto plan = announced_by(second);
  REQUIRE(plan != nullptr);
  CHECK(hold(second, 3, plan->find_seat("row1-2").value())->refused_as(rejection::seat_taken));
  CHECK(hold(second, 4, plan->find_seat("row0-1").value())->refused_as(rejection::seat_taken));
  CHECK(hold(second, 5, plan->find_seat("row0-0").value())->reply.has_value());
  CHECK(second.fatal->empty());
}

END_FIXTURE_SCOPE()
