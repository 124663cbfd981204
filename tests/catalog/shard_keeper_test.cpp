#define CAF_SUITE cluster.shard_keeper

#include "tests/actors/scripted_provider.hpp"
#include "tests/catalog/keeper_fixture.hpp"
#include "tests/support/temporary_folder.hpp"

#include <caf/test/bdd_dsl.hpp>

#include <algorithm>

using namespace usher;
using namespace usher::tests;
using domain::rejection;

namespace {

struct fixture : keeper_fixture {
  /// A process with an event that is on sale.
  process start_selling(const std::string& name) {
    auto node = start_process(name);
    put(node, "two rows");
    open_sale(node);
    return node;
  }

  /// A process grants no hold while the store has this fault, and does so some time after, unless it was written.
  void sells_on_after(store_fault fault, std::chrono::milliseconds lasting) {
    auto node = start_selling("first");
    books->set(fault);
    auto first = hold(node, 1, 0, 0);
    CHECK(first->pending());
    pass(lasting, 50ms);
    books->set(store_fault::none);
    pass(5s, 50ms);
    CHECK_EQ(first->reply.has_value(), fault == store_fault::lost_answer);
    CHECK_EQ(first->refused_as(rejection::store_unavailable), fault != store_fault::lost_answer);
    CHECK_EQ(hold(node, 2, 0, 0)->reply.has_value(), fault != store_fault::lost_answer);
    CHECK(hold(node, 3, 0, 1)->reply.has_value());
    CHECK(node.fatal->empty());
  }

  /// Tells the keeper what this actor of an event would tell it.
  void stop_as_if(const process& node, const domain::shard_id& shard, messages::append_failure why,
                  const messages::event_actor& actor) {
    auto news = caf::make_mailbox_element(caf::actor_cast<caf::strong_actor_ptr>(actor), caf::make_message_id(), {},
                                          messages::shard_stopped{shard, why, "a test says so"});
    caf::actor_cast<caf::abstract_actor*>(node.keeper)->enqueue(std::move(news), nullptr);
    settle();
  }
  void stop_as_if(const process& node, const domain::shard_id& shard, messages::append_failure why) {
    stop_as_if(node, shard, why, event_actors.back());
  }
};

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("an event that is created can be sold, and is there again after a restart") {
  auto node = start_process("first");
  REQUIRE(put(node, "two rows")->reply.has_value());
  open_sale(node);
  CHECK(hold(node, 1, 0, 0)->reply.has_value());
  auto next = start_process("second");
  CHECK(hold(next, 2, 0, 0)->refused_as(rejection::seat_taken));
  CHECK(hold(next, 3, 1, 0)->reply.has_value());
  auto view = asked<messages::event_view>(next, messages::describe_event{{}, id});
  REQUIRE(view->reply.has_value());
  CHECK(view->reply->settings.prices == std::vector<domain::price>{5'000});
}

SCENARIO("when a start is answered, buyers find every event") {
  auto first = start_process("first");
  put(first, "two rows");
  id = domain::event_id{"jazz"};
  put(first, "two rows");
  auto second = new_process("second");
  auto start = ask<done>(second.keeper, messages::start_shards{});
  while (start->pending() && sched.try_run_once()) {
  }
  REQUIRE(start->reply.has_value());
  CHECK_EQ(asked<std::vector<domain::event_id>>(second, messages::list_events{})->reply->size(), 2u);
  auto again = ask<done>(second.keeper, messages::start_shards{});
  settle();
  CHECK(again->reply.has_value());
}

SCENARIO("a process that starts while the store is away starts its events when it is back, however long that takes") {
  auto first = start_process("first");
  put(first, "two rows");
  open_sale(first);
  auto second = new_process("second");
  books->set(store_fault::unavailable);
  auto start = ask<done>(second.keeper, messages::start_shards{});
  pass(10s, 250ms);
  CHECK(start->refused_as(rejection::store_unavailable));
  CHECK(hold(second, 1, 0, 0)->refused.has_value());
  books->set(store_fault::none);
  pass(2s, 250ms);
  CHECK(hold(second, 2, 0, 0)->reply.has_value());
  CHECK(second.fatal->empty());
}

SCENARIO("a second process on the same store takes over: the first acknowledges nothing more and says why") {
  auto first = start_selling("first");
  CHECK(hold(first, 1, 0, 0)->reply.has_value());
  auto second = start_process("second");
  CHECK(hold(first, 2, 0, 1)->refused_as(rejection::store_unavailable));
  CHECK(hold(first, 3, 0, 2)->refused.has_value());
  REQUIRE_EQ(first.fatal->size(), 1u);
  CHECK(first.fatal->front().find("rock/0 was taken over by another process") != std::string::npos);
  CHECK(first.fatal->front().find("epoch is now 2") != std::string::npos);
  CHECK(hold(second, 4, 0, 1)->reply.has_value());
  CHECK(second.fatal->empty());
}

SCENARIO("a process that nobody asks anything notices a takeover within a second or so") {
  auto first = start_process("first");
  put(first, "two rows");
  id = domain::event_id{"jazz"};
  put(first, "two rows");
  pass(3s, 50ms);
  CHECK(first.fatal->empty());
  auto second = start_process("second");
  pass(1100ms, 50ms);
  REQUIRE_EQ(first.fatal->size(), 1u);
  CHECK(first.fatal->front().find("was taken over by another process") != std::string::npos);
  CHECK(first.fatal->front().find("epoch is now 2") != std::string::npos);
  pass(3s, 50ms);
  CHECK_EQ(first.fatal->size(), 1u);
  CHECK(second.fatal->empty());
}

SCENARIO("how far the journals reach is noted within a second or so") {
  auto node = start_selling("first");
  CHECK(hold(node, 1, 0, 0)->reply.has_value());
  pass(1100ms, 50ms);
  for (const auto& row : memory_store{books}.shards(id))
    CHECK_EQ(row.noted.value(), books->facts(row.shard).size());
}

SCENARIO("a process whose store takes no facts any more ends with a sentence") {
  auto node = start_selling("first");
  books->set(store_fault::broken);
  CHECK(hold(node, 1, 0, 0)->refused_as(rejection::store_unavailable));
  REQUIRE_EQ(node.fatal->size(), 1u);
  CHECK(node.fatal->front().find("The store cannot be used") != std::string::npos);
}

SCENARIO("a shard that its store contradicts is started again a few times, while all others go on") {
  provider = std::make_shared<scripted_provider>();
  auto node = start_selling("first");
  domain::order_id theirs{.high = 9, .low = 9};
  books->forge_sale(id, {domain::section_no{0}, domain::seat_no{1}, 1, true, theirs, domain::buyer_id{"them"}, 5'000});
  CHECK(hold(node, 1, 0, 1)->reply.has_value());
  messages::start_order wish{
      {}, id, {.high = 8, .low = 8}, {7, 1}, domain::buyer_id{"buyer-1"}, {domain::section_no{0}}, "card", "key", 1};
  CHECK(asked<messages::order_view>(node, wish)->reply.has_value());
  auto epoch_of = [&](domain::shard_kind kind) {
    for (const auto& row : memory_store{books}.shards(id))
      if (row.shard == domain::shard_id{kind, id, {}})
        return row.epoch.value();
    return std::uint64_t{0};
  };
  auto* stopped = sys.metrics().gauge_singleton("usher", "shards-stopped", "");
  pass(1s, 10ms);
  CHECK_GE(epoch_of(domain::shard_kind::section), 3u);
  // The order's seat stays contradicted, so its section stops as often as it is started.
  pass(120s, 100ms);
  CHECK_EQ(stopped->value(), 1);
  CHECK_EQ(epoch_of(domain::shard_kind::section), 11u);
  CHECK_EQ(epoch_of(domain::shard_kind::event), 1u);
  CHECK(hold(node, 2, 0, 2)->refused_as(rejection::overloaded));
  CHECK(hold(node, 3, 1, 2)->reply.has_value());
  CHECK(node.fatal->empty());
}

SCENARIO("a shard that lost facts is not started again") {
  auto node = start_selling("first");
  CHECK(hold(node, 1, 0, 0)->reply.has_value());
  auto epochs = [&] {
    std::vector<std::uint64_t> all;
    for (const auto& row : memory_store{books}.shards(id))
      all.push_back(row.epoch.value());
    return all;
  };
  auto before = epochs();
  const domain::shard_id event{domain::shard_kind::event, id, {}};
  stop_as_if(node, event, messages::append_failure::lost);
  pass(60s, 100ms);
  CHECK(epochs() == before);
  CHECK_EQ(sys.metrics().gauge_singleton("usher", "shards-stopped", "")->value(), 1);
  CHECK(node.fatal->empty());
}

SCENARIO("an event one of whose shards stopped once sells on, with all its holds, without a restart of the process") {
  auto node = start_selling("first");
  CHECK(hold(node, 1, 0, 0)->reply.has_value());
  stop_as_if(node, {domain::shard_kind::event, id, {}}, messages::append_failure::disagreed);
  auto* stopped = sys.metrics().gauge_singleton("usher", "shards-stopped", "");
  CHECK_EQ(stopped->value(), 1);
  pass(5s, 50ms);
  CHECK_EQ(stopped->value(), 0);
  CHECK(hold(node, 2, 0, 0)->refused_as(rejection::seat_taken));
  CHECK(hold(node, 3, 0, 1)->reply.has_value());
  CHECK(hold(node, 4, 1, 0)->reply.has_value());
  CHECK(node.fatal->empty());
}

SCENARIO("an event that cannot be started again ends neither the process nor other events") {
  auto node = start_selling("first");
  const auto broken = id;
  id = domain::event_id{"jazz"};
  put(node, "two rows");
  open_sale(node);
  fails_to_start = broken;
  id = broken;
  stop_as_if(node, {domain::shard_kind::event, broken, {}}, messages::append_failure::disagreed, event_actors.front());
  pass(5s, 50ms);
  CHECK(node.fatal->empty());
  id = domain::event_id{"jazz"};
  CHECK(hold(node, 1, 0, 0)->reply.has_value());
}

SCENARIO("an event that the store does not take is refused, and the process goes on") {
  struct particular_store : memory_store {
    using memory_store::memory_store;
    bool add_event(const persistence::stored_event& event, std::uint16_t sections) override {
      if (event.plan == "three rows")
        throw persistence::data_refused{"no such letter"};
      return memory_store::add_event(event, sections);
    }
  };
  open = [where = books] { return std::make_unique<particular_store>(where); };
  auto node = start_process("first");
  auto refused = put(node, "three rows");
  REQUIRE(refused->refused_as(rejection::bad_request));
  CHECK(refused->refused->detail.find("no such letter") != std::string::npos);
  CHECK(put(node, "two rows")->reply.has_value());
  CHECK(node.fatal->empty());
}

SCENARIO("settings that come with a state that cannot be change nothing") {
  plans["one row"] = rows(1);
  auto node = start_selling("first");
  domain::event_settings settings;
  settings.prices = {7'000};
  for (const auto* text : {"two rows", "one row"}) {
    messages::put_event wish{{}, id, settings, std::make_shared<const std::string>(text), plans[text]};
    wish.state = domain::event_state::scheduled;
    auto refused = asked<messages::event_view>(node, wish);
    CHECK(refused->refused_as(rejection::bad_request));
    CHECK_EQ(memory_store{books}.events().front().plan, "two rows");
    CHECK_EQ(hold(node, 1, 0, 0)->reply.value().sections.front().seats.front().price, 5'000);
  }
  domain::event_id other{"other"};
  messages::put_event fresh{{}, other, settings, std::make_shared<const std::string>("one row"), plans["one row"]};
  fresh.state = domain::event_state::paused;
  CHECK(asked<messages::event_view>(node, fresh)->refused_as(rejection::bad_request));
  CHECK_EQ(memory_store{books}.events().size(), 1u);
  fresh.state = domain::event_state::open;
  CHECK(asked<messages::event_view>(node, fresh)->reply.value().state == domain::event_state::open);
}

SCENARIO("processes without events have nothing that the other one could take over") {
  auto first = start_process("first");
  auto second = start_process("second");
  pass(3s, 50ms);
  put(first, "two rows");
  id = domain::event_id{"jazz"};
  put(second, "two rows");
  pass(3s, 50ms);
  CHECK(first.fatal->empty());
  CHECK(second.fatal->empty());
}

SCENARIO("a takeover is a takeover with SQLite, too") {
  temporary_folder folder;
  open = [url = "sqlite:" + (folder.path() / "sale.db").string()] { return persistence::open_store(url); };
  auto first = start_process("first");
  REQUIRE(put(first, "two rows")->reply.has_value());
  open_sale(first);
  CHECK(hold(first, 1, 0, 0)->reply.has_value());
  auto second = start_process("second");
  CHECK(!hold(first, 2, 0, 1)->reply.has_value());
  CHECK_EQ(first.fatal->size(), 1u);
  CHECK(hold(second, 3, 0, 0)->refused_as(rejection::seat_taken));
  CHECK(hold(second, 4, 0, 1)->reply.has_value());
  CHECK(second.fatal->empty());
}

SCENARIO("settings of an event that is there are changed by putting it again") {
  auto node = start_selling("first");
  hold(node, 1, 0, 0);
  domain::event_settings settings;
  settings.prices = {9'000};
  auto again = asked<messages::event_view>(
      node, messages::put_event{{}, id, settings, std::make_shared<const std::string>("two rows"), plans["two rows"]});
  REQUIRE(again->reply.has_value());
  CHECK(again->reply->state == domain::event_state::open);
  CHECK_EQ(hold(node, 2, 0, 1)->reply->sections.front().seats.front().price, 9'000);
}

SCENARIO("sections may be added while seats are held") {
  auto node = start_selling("first");
  hold(node, 1, 0, 0);
  REQUIRE(put(node, "three rows")->reply.has_value());
  CHECK(hold(node, 2, 2, 0)->reply.has_value());
  CHECK(hold(node, 3, 0, 0)->refused_as(rejection::seat_taken));
  CHECK(node.fatal->empty());
}

SCENARIO("settings that cannot be are refused and create nothing") {
  auto node = start_process("first");
  domain::event_settings settings;
  settings.prices = {-1};
  auto refused = asked<messages::event_view>(
      node, messages::put_event{{}, id, settings, std::make_shared<const std::string>("two rows"), plans["two rows"]});
  CHECK(refused->refused_as(rejection::bad_request));
  CHECK(asked<std::vector<domain::event_id>>(node, messages::list_events{})->reply->empty());
  CHECK(memory_store{books}.events().empty());
}

SCENARIO("shards that are in doubt are claimed again when the store is back") {
  sells_on_after(store_fault::lost_answer, 3s);
}

SCENARIO("claims of its own that were not answered are no takeover") {
  sells_on_after(store_fault::lost_claim, 10s);
  auto shards = memory_store{books}.shards(id);
  CHECK(std::any_of(shards.begin(), shards.end(), [](const auto& each) { return each.epoch.value() > 3; }));
}

SCENARIO("a claim of its own that was not answered and somebody else's claim of the same epoch are told apart") {
  auto first = start_selling("first");
  books->set(store_fault::unavailable);
  CHECK(hold(first, 1, 0, 0)->pending()); // claims epoch 2, and hears nothing
  books->set(store_fault::none);
  auto second = start_process("second"); // has epoch 2
  pass(1100ms, 50ms);
  REQUIRE_EQ(first.fatal->size(), 1u);
  CHECK(first.fatal->front().find("epoch is now 2") != std::string::npos);
  pass(5s, 50ms);
  CHECK(second.fatal->empty());
  CHECK(hold(second, 2, 0, 0)->reply.has_value());
}

END_FIXTURE_SCOPE()
