#define CAF_SUITE cluster.single_shards

#include "tests/catalog/keeper_fixture.hpp"

#include <caf/action.hpp>
#include <caf/test/bdd_dsl.hpp>

#include <algorithm>
#include <stdexcept>

using namespace usher;
using namespace usher::tests;
using domain::rejection;

namespace {

/// How often a keeper's store was asked what costs a round trip.
struct call_counts {
  int claims = 0;
  int histories = 0;
  int shards = 0;
};

struct counting_store : memory_store {
  counting_store(std::shared_ptr<memory_books> books, std::shared_ptr<call_counts> counts)
      : memory_store(std::move(books)), counts_(std::move(counts)) {}

  std::vector<std::optional<domain::epoch>> claim_shards(std::span<const persistence::wanted_shard> wanted,
                                                         std::string_view owner) override {
    ++counts_->claims;
    return memory_store::claim_shards(wanted, owner);
  }
  std::vector<std::optional<persistence::shard_history>>
  histories(std::span<const persistence::owned_shard> owned) override {
    ++counts_->histories;
    return memory_store::histories(owned);
  }
  std::vector<persistence::stored_shard> shards(const domain::event_id& event) override {
    ++counts_->shards;
    return memory_store::shards(event);
  }

private:
  std::shared_ptr<call_counts> counts_;
};

/// What a gateway heard of the events.
struct gateway_heard {
  std::vector<messages::event_announced> announced;
  std::vector<messages::hold_expired> expired;
  std::vector<messages::queue_moved> moved;
  std::vector<messages::seats_changed> seats;
};

/// One process, one of whose shards breaks.
struct fixture : keeper_fixture {
  fixture() {
    plans["fifty rows"] = rows(50);
    open = [where = books, counts = counts] { return std::make_unique<counting_store>(where, counts); };
  }

  process start_selling(const std::string& plan) {
    auto node = start_process("first");
    put(node, plan);
    open_sale(node);
    gateway = caf::actor_cast<messages::gateway_actor>(keep(sys.spawn([to = heard](caf::event_based_actor*) {
      return caf::behavior{
          [to](const messages::event_announced& news) { to->announced.push_back(news); },
          [to](const messages::hold_expired& news) { to->expired.push_back(news); },
          [to](const messages::queue_moved& news) { to->moved.push_back(news); },
          [to](const messages::seats_changed& news) { to->seats.push_back(news); },
          [](const messages::order_changed&) {},
          [](const messages::people_admitted&) {},
          [](const messages::place_given_up&) {},
      };
    })));
    self->send(node.router, messages::subscribe{}, gateway);
    settle();
    return node;
  }

  [[nodiscard]] domain::shard_id event_shard() const { return {domain::shard_kind::event, id, {}}; }
  [[nodiscard]] domain::shard_id room() const { return {domain::shard_kind::waiting_room, id, {}}; }
  [[nodiscard]] domain::shard_id section(std::uint16_t number) const {
    return {domain::shard_kind::section, id, domain::section_no{number}};
  }

  /// The present actor of a shard has a programmer's error.
  void stumble(const domain::shard_id& shard) {
    auto fall = caf::make_action([] { throw std::logic_error{"a programmer's error"}; });
    auto first = caf::make_message_id(caf::message_priority::high);
    caf::actor_cast<caf::abstract_actor*>(shard_actors.at(shard).back().actor)
        ->enqueue(caf::make_mailbox_element(nullptr, first, {}, fall), nullptr);
    settle();
  }

  /// Only this shard has had a second actor, and only its first one has ended.
  void check_only_one_began_anew(const domain::shard_id& which) {
    for (const auto& [shard, actors] : shard_actors) {
      CHECK_EQ(actors.size(), shard == which ? 2u : 1u);
      CHECK_EQ(*actors.front().ended, shard == which);
      CHECK(!*actors.back().ended || shard != which);
    }
    CHECK_EQ(sys.metrics().gauge_singleton("usher", "shards-stopped", "")->value(), 0);
  }

  /// A hold by a buyer of one's choice.
  shared_outcome<messages::hold_granted> hold_for(const process& whom, const std::string& buyer, std::uint64_t number,
                                                  std::uint16_t row, std::uint32_t seat) {
    auto what = wish(number, row, seat);
    what.buyer = domain::buyer_id{buyer};
    return asked<messages::hold_granted>(whom, what);
  }

  std::shared_ptr<call_counts> counts = std::make_shared<call_counts>();
  std::shared_ptr<gateway_heard> heard = std::make_shared<gateway_heard>();
  messages::gateway_actor gateway;
};

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("a section that breaks is followed by another one, and those who ask meanwhile wait") {
  auto node = start_selling("three rows");
  CHECK(hold(node, 1, 0, 0)->reply.has_value());
  CHECK(hold(node, 2, 1, 0)->reply.has_value());
  auto watched =
      ask<messages::section_view>(node.router, messages::watch_section{{}, id, domain::section_no{0}}, gateway);
  settle();
  REQUIRE(watched->reply.has_value());
  auto announced = heard->announced.size();
  stumble(section(0));
  CHECK(*shard_actors.at(section(0)).front().ended);
  auto seen = asked<messages::section_view>(node, messages::read_section{{}, id, domain::section_no{0}});
  auto held = hold(node, 3, 0, 1);
  auto taken = hold(node, 4, 0, 0);
  CHECK(seen->pending());
  CHECK(held->pending());
  CHECK(hold(node, 5, 1, 1)->reply.has_value());
  pass(100ms);
  CHECK(seen->reply.has_value());
  // The next one knows no prices yet when it answers those who have waited: gateways ask again.
  CHECK((held->reply || held->refused_as(rejection::moved)));
  CHECK((taken->refused_as(rejection::seat_taken) || taken->refused_as(rejection::moved)));
  CHECK(hold(node, 3, 0, 1)->reply.has_value());
  CHECK(hold(node, 4, 0, 0)->refused_as(rejection::seat_taken));
  check_only_one_began_anew(section(0));
  // Gateways are told, so that whoever watches asks the new section, and hear from it like from the old one.
  CHECK_GT(heard->announced.size(), announced);
  CHECK(heard->expired.empty());
  watched = ask<messages::section_view>(node.router, messages::watch_section{{}, id, domain::section_no{0}}, gateway);
  settle();
  REQUIRE(watched->reply.has_value());
  CHECK_GT(watched->reply->epoch.value(), 1u);
  heard->seats.clear();
  pass(302s, 1s);
  CHECK_EQ(heard->expired.size(), 4u);
  CHECK(!heard->seats.empty());
  CHECK(hold(node, 6, 0, 0)->reply.has_value());
  CHECK(node.fatal->empty());
}

SCENARIO("an event that breaks is followed by another one, which knows what every buyer has") {
  auto node = start_selling("three rows");
  for (std::uint32_t seat = 0; seat < 7; ++seat)
    REQUIRE(hold_for(node, "them", seat, static_cast<std::uint16_t>(seat / 4), seat % 4)->reply.has_value());
  stumble(event_shard());
  auto granted = hold_for(node, "them", 7, 1, 3);
  auto view = asked<messages::event_view>(node, messages::describe_event{{}, id});
  CHECK(granted->pending());
  CHECK(view->pending());
  CHECK(asked<messages::section_view>(node, messages::read_section{{}, id, domain::section_no{0}})->reply.has_value());
  pass(100ms);
  // The next one does not know yet what its sections hold when it answers those who have waited: gateways ask again.
  CHECK((granted->reply || granted->refused_as(rejection::moved)));
  CHECK(hold_for(node, "them", 7, 1, 3)->reply.has_value());
  REQUIRE(view->reply.has_value());
  CHECK(view->reply->state == domain::event_state::open);
  check_only_one_began_anew(event_shard());
  CHECK(hold_for(node, "them", 8, 2, 0)->refused_as(rejection::limit_exceeded));
  CHECK(asked<done>(node, messages::release_hold{{}, id, {7, 0}, domain::buyer_id{"them"}, {domain::section_no{0}}})
            ->reply.has_value());
  CHECK(hold_for(node, "them", 9, 2, 0)->reply.has_value());
  CHECK(hold_for(node, "them", 10, 2, 1)->refused_as(rejection::limit_exceeded));
  CHECK(hold(node, 11, 2, 1)->reply.has_value());
  CHECK(node.fatal->empty());
}

SCENARIO("what buyers have stays within the limit while a section breaks and comes back") {
  auto node = start_selling("three rows");
  for (std::uint32_t seat = 0; seat < 6; ++seat)
    REQUIRE(hold_for(node, "them", seat, static_cast<std::uint16_t>(seat / 4), seat % 4)->reply.has_value());
  stumble(section(0));
  auto seventh = hold_for(node, "them", 6, 2, 0);
  auto eighth = hold_for(node, "them", 7, 2, 1);
  auto ninth = hold_for(node, "them", 8, 2, 2);
  pass(1s);
  CHECK(seventh->reply.has_value());
  CHECK(eighth->reply.has_value());
  CHECK(ninth->refused_as(rejection::limit_exceeded));
  CHECK(hold_for(node, "them", 9, 1, 3)->refused_as(rejection::limit_exceeded));
  check_only_one_began_anew(section(0));
}

SCENARIO("a room that breaks is followed by another one, and its gateways are told") {
  auto node = start_selling("two rows");
  auto join = [&](const std::string& buyer) {
    auto result = ask<domain::queue_place>(
        node.router, messages::join_queue{{}, id, domain::buyer_id{buyer}, std::nullopt, true}, gateway);
    settle();
    return result;
  };
  auto first = join("first");
  pass(100ms);
  REQUIRE(first->reply.has_value());
  auto epoch = heard->announced.back().room.epoch;
  auto moved = heard->moved.size();
  stumble(room());
  auto waiting = join("second");
  CHECK(waiting->pending());
  CHECK(hold(node, 1, 0, 0)->reply.has_value());
  pass(2s);
  CHECK(waiting->reply.has_value());
  check_only_one_began_anew(room());
  CHECK_EQ(heard->announced.back().room.epoch.value(), epoch.value() + 1);
  CHECK_GT(heard->moved.size(), moved);
  CHECK(node.fatal->empty());
}

SCENARIO("requests at the door of a shard that stays away are refused in time, and others are served") {
  auto node = start_selling("two rows");
  for (int i = 0; i < 7; ++i) { // pauses of 50, 100, ..., 3200 ms
    stumble(section(0));
    if (i < 6)
      pass(4s, 10ms);
  }
  auto seen = asked<messages::section_view>(node, messages::read_section{{}, id, domain::section_no{0}});
  pass(1990ms);
  CHECK(seen->pending());
  pass(10ms);
  CHECK(seen->refused_as(rejection::overloaded));
  CHECK(hold(node, 1, 1, 0)->reply.has_value());
  pass(2s);
  CHECK(hold(node, 2, 0, 0)->reply.has_value());
}

SCENARIO("an outage that leaves fifty sections in doubt is over with few calls of the store") {
  auto node = start_selling("fifty rows");
  for (std::uint16_t row = 0; row < 50; ++row)
    REQUIRE(hold(node, row + 1, row, 0)->reply.has_value());
  for (auto fault : {store_fault::unavailable, store_fault::lost_answer}) {
    auto shift = fault == store_fault::unavailable ? 1u : 2u;
    books->set(fault);
    std::vector<shared_outcome<messages::hold_granted>> doubtful;
    for (std::uint16_t row = 0; row < 50; ++row)
      doubtful.push_back(hold(node, 100 * shift + row, row, shift));
    pass(3s, 50ms);
    books->set(store_fault::none);
    *counts = {};
    pass(3s, 50ms);
    auto is_open = [](const auto& one) { return one->pending(); };
    CHECK(std::none_of(doubtful.begin(), doubtful.end(), is_open));
    CHECK_LE(counts->claims, 8);
    CHECK_LE(counts->histories, 8);
    CHECK_LE(counts->shards, 8);
    MESSAGE(counts->claims << " claims, " << counts->histories << " reads of histories, " << counts->shards
                           << " reads of shards");
  }
  for (std::uint16_t row = 0; row < 50; ++row)
    CHECK(hold(node, 1'000 + row, row, 3)->reply.has_value());
  for (const auto& [shard, actors] : shard_actors)
    CHECK_EQ(actors.size(), 1u);
  CHECK(node.fatal->empty());
}

SCENARIO("a claim of its own that comes late ends the actor that it fences, and nothing else") {
  auto node = start_selling("two rows");
  CHECK(hold(node, 1, 0, 0)->reply.has_value());
  const persistence::wanted_shard late{section(0)};
  REQUIRE(memory_store{books}.claim_shards({&late, 1}, "first").front().has_value());
  auto fenced = hold(node, 2, 0, 1);
  pass(3s);
  CHECK(!fenced->pending());
  check_only_one_began_anew(section(0));
  CHECK(hold(node, 3, 0, 0)->refused_as(rejection::seat_taken));
  CHECK(hold(node, 4, 0, 2)->reply.has_value());
  CHECK(node.fatal->empty());
}

SCENARIO("an actor that has ended claims nothing from the one that came after it") {
  auto node = start_selling("two rows");
  auto old = shard_actors.at(section(0)).front().actor;
  // It asks for its next epoch, and breaks before the keeper has asked the store.
  auto wish = caf::make_mailbox_element(caf::actor_cast<caf::strong_actor_ptr>(old), caf::make_message_id(99), {},
                                        messages::reclaim_shard{section(0), domain::epoch{1}});
  auto* keeper = caf::actor_cast<caf::abstract_actor*>(node.keeper);
  keeper->enqueue(std::move(wish), nullptr);
  messages::shard_stopped news{section(0), messages::append_failure::disagreed, "a test says so"};
  keeper->enqueue(
      caf::make_mailbox_element(caf::actor_cast<caf::strong_actor_ptr>(old), caf::make_message_id(), {}, news),
      nullptr);
  pass(3s);
  check_only_one_began_anew(section(0));
  for (const auto& row : memory_store{books}.shards(id))
    CHECK_EQ(row.epoch.value(), row.shard == section(0) ? 2u : 1u);
  CHECK(hold(node, 1, 0, 0)->reply.has_value());
}

END_FIXTURE_SCOPE()
