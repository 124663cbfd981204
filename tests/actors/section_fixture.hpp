#pragma once

#include "tests/actors/shard_fixture.hpp"

#include "domain/section.hpp"

#include <initializer_list>
#include <utility>

namespace usher::tests {

/// A section of ten seats (or a floor of a hundred places) with a working journal and keeper, and a fake event and
/// gateway.
class section_fixture : public shard_fixture {
public:
  static constexpr auto hold_ttl = 300s;

  section_fixture() {
    memory_store{books}.add_event({event, "plan"}, 2);
    keeper = working_keeper(keeper_heard);
    event_actor = caf::actor_cast<messages::event_actor>(listen(event_heard));
    gateway = listening_gateway(gateway_heard);
  }

  [[nodiscard]] domain::shard_id shard(std::uint16_t number = 0) const {
    return {domain::shard_kind::section, event, domain::section_no{number}};
  }

  /// Claims and starts a section as a keeper does.
  messages::section_actor start(const messages::journal_actor& journal, std::uint16_t number = 0,
                                actors::section_limits limits = {}) {
    auto history = memory_store{books}.claim(shard(number), "test", {});
    section = actors::spawn_section(sys, {event,
                                          plan,
                                          domain::section_no{number},
                                          {{5'000, 3'000}, hold_ttl, false},
                                          *history,
                                          event_actor,
                                          journal,
                                          keeper,
                                          clock,
                                          limits});
    keep(caf::actor_cast<caf::actor>(section));
    settle();
    return section;
  }

  /// A section with a fake journal: facts are durable when the test says so.
  messages::section_actor start_on_silent_journal(actors::section_limits limits = {}) {
    return start(caf::actor_cast<messages::journal_actor>(listen(journal_heard)), 0, limits);
  }

  /// Makes everything that the fake journal has heard of durable.
  void make_durable() {
    const auto& last = journal_heard->appended.back();
    self->send(journal_heard->writing_shard,
               messages::facts_durable{last.epoch, domain::fact_seq{last.first.value() + last.facts.size() - 1}});
    settle();
  }

  /// Writes to the store what the fake journal was asked to.
  void write(const messages::append_facts& facts) {
    std::vector<persistence::journal_entry> group;
    auto seq = facts.first.value();
    for (const auto& fact : facts.facts)
      group.push_back({facts.shard, facts.epoch, domain::fact_seq{seq++}, facts.at, fact});
    memory_store{books}.append(group);
  }

  static std::vector<domain::seat_no> seats(std::initializer_list<std::uint32_t> numbers) {
    std::vector<domain::seat_no> result;
    for (auto number : numbers)
      result.emplace_back(number);
    return result;
  }

  static domain::buyer_id buyer(std::uint64_t number) { return domain::buyer_id{"buyer-" + std::to_string(number)}; }

  /// The holds of this test are numbered; each belongs to the buyer with its number.
  static domain::hold_id hold_of(std::uint64_t number) { return {7, number}; }
  static domain::order_id order_of(std::uint64_t number) { return {9, number}; }

  static messages::hold_in_section wish(std::uint64_t number, domain::wish wanted) {
    return {{}, hold_of(number), buyer(number), std::move(wanted), 1, {}};
  }

  shared_outcome<messages::hold_granted> hold(std::uint64_t number, std::initializer_list<std::uint32_t> wanted) {
    auto result = ask<messages::hold_granted>(section, wish(number, domain::seats_wish{seats(wanted)}));
    settle();
    return result;
  }

  shared_outcome<done> release(std::uint64_t number) {
    auto result =
        ask<done>(section, messages::release_hold{{}, event, hold_of(number), buyer(number), {domain::section_no{0}}});
    settle();
    return result;
  }

  shared_outcome<done> pay(std::uint64_t number, domain::seconds at_least) {
    auto result =
        ask<done>(section, messages::start_payment{{}, hold_of(number), order_of(number), buyer(number), at_least});
    settle();
    return result;
  }

  shared_outcome<done> sell(std::uint64_t number, std::initializer_list<std::uint32_t> sold) {
    messages::sell_seats wanted{{}, hold_of(number), order_of(number), buyer(number), {}};
    for (auto seat : sold)
      wanted.seats.push_back({domain::seat_no{seat}, 5'000});
    auto result = ask<done>(section, wanted);
    settle();
    return result;
  }

  messages::section_view view() {
    auto result = ask<messages::section_view>(section, messages::read_section{{}, event, {}});
    settle();
    CAF_REQUIRE(result->reply.has_value());
    return *result->reply;
  }

  messages::section_view watch() {
    auto result = ask<messages::section_view>(section, messages::watch_section{{}, event, {}}, gateway);
    settle();
    CAF_REQUIRE(result->reply.has_value());
    return *result->reply;
  }

  [[nodiscard]] std::vector<domain::hold_id> allowances_back() const {
    std::vector<domain::hold_id> result;
    for (const auto& news : event_heard->allowances)
      result.push_back(news.hold);
    return result;
  }

  domain::event_id event{"rock"};
  domain::shared_plan plan = small_plan();
  std::shared_ptr<heard> event_heard = std::make_shared<heard>();
  std::shared_ptr<heard> gateway_heard = std::make_shared<heard>();
  std::shared_ptr<heard> keeper_heard = std::make_shared<heard>();
  std::shared_ptr<heard> journal_heard = std::make_shared<heard>();
  messages::keeper_actor keeper;
  messages::event_actor event_actor;
  messages::gateway_actor gateway;
  messages::section_actor section;
};

} // namespace usher::tests
