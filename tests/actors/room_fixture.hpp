#pragma once

#include "actors/waiting_room.hpp"
#include "tests/actors/shard_fixture.hpp"

#include <caf/send.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace usher::tests {

/// An event's waiting room with a working journal and keeper, and a gateway that listens.
class room_fixture : public shard_fixture {
public:
  room_fixture() {
    memory_store{books}.add_event({event, "plan"}, 0);
    keeper = working_keeper(keeper_heard);
    event_actor = caf::actor_cast<messages::event_actor>(listen(event_heard));
    gateway = listening_gateway(gateway_heard);
  }

  [[nodiscard]] domain::shard_id shard() const { return {domain::shard_kind::waiting_room, event, {}}; }

  void start(messages::room_settings settings, actors::waiting_room_limits limits = {}) {
    auto history = memory_store{books}.claim(shard(), "test", {});
    room = actors::spawn_waiting_room(
        sys, {event, settings, *history, working_journal(), keeper, clock, limits, {}, event_actor});
    keep(caf::actor_cast<caf::actor>(room));
    self->send(room, messages::subscribe{}, gateway);
    settle();
  }

  static domain::buyer_id buyer(int number) { return domain::buyer_id{"buyer-" + std::to_string(number)}; }

  shared_outcome<domain::queue_place> join(int number, bool connected = true,
                                           std::optional<domain::queue_number> proof = {}) {
    return join(number, connected, proof, gateway);
  }

  shared_outcome<domain::queue_place> join(int number, bool connected, std::optional<domain::queue_number> proof,
                                           const messages::gateway_actor& where) {
    auto result =
        ask<domain::queue_place>(room, messages::join_queue{{}, event, buyer(number), proof, connected}, where);
    settle();
    return result;
  }

  /// Does not wait for the answers.
  void join_many(int from, int to) {
    for (int i = from; i < to; ++i)
      caf::anon_send(room, messages::join_queue{{}, event, buyer(i), {}, true}, gateway);
    settle();
  }

  shared_outcome<domain::queue_place> place(int number, std::optional<domain::queue_number> proof = {}) {
    auto result = ask<domain::queue_place>(room, messages::ask_place{{}, event, buyer(number), proof});
    settle();
    return result;
  }

  domain::waiting_room::figures count() {
    auto figures = ask<domain::waiting_room::figures>(room, messages::count_people{});
    settle();
    return *figures->reply;
  }

  /// Answered when the room is at rest.
  shared_outcome<done> stand_down() {
    auto result = ask<done>(room, messages::stand_down{});
    settle();
    return result;
  }

  void carry_on() {
    self->send(room, messages::carry_on{});
    settle();
  }

  void change(messages::room_settings settings) {
    self->send(room, settings);
    settle();
  }

  [[nodiscard]] std::vector<std::uint64_t> admitted() const {
    std::vector<std::uint64_t> result;
    for (const auto& news : gateway_heard->admitted)
      for (const auto& person : news.people)
        result.push_back(person.number.value());
    return result;
  }

  domain::event_id event{"rock"};
  std::shared_ptr<heard> gateway_heard = std::make_shared<heard>();
  std::shared_ptr<heard> event_heard = std::make_shared<heard>();
  std::shared_ptr<heard> keeper_heard = std::make_shared<heard>();
  messages::keeper_actor keeper;
  messages::event_actor event_actor;
  messages::gateway_actor gateway;
  messages::waiting_room_actor room;
};

[[nodiscard]] constexpr messages::room_settings open_at(std::uint32_t rate, std::uint32_t cap = 0) {
  return {rate, cap, domain::event_state::open};
}

} // namespace usher::tests
