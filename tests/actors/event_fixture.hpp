#pragma once

#include "actors/event.hpp"
#include "actors/shared_epoch.hpp"
#include "actors/waiting_room.hpp"
#include "tests/actors/scripted_provider.hpp"
#include "tests/actors/shard_fixture.hpp"

#include <caf/send.hpp>

#include <algorithm>
#include <functional>
#include <initializer_list>
#include <utility>

namespace usher::tests {

/// What the gateway heard of orders, in order.
using heard_states = std::vector<domain::order_state>;

/// Two rows of four seats at 50.00, left and right, and a floor of ten places at 30.00.
[[nodiscard]] inline domain::shared_plan two_rows_and_a_floor() {
  auto row = [](const std::string& id) {
    domain::section_plan result{id, id, {"A"}, {}, 0, {}};
    for (int i = 1; i <= 4; ++i)
      result.seats.push_back({id + std::to_string(i), std::to_string(i), domain::category_no{0}, 0, {i * 1.0, 0}});
    return result;
  };
  domain::section_plan floor{"floor", "Floor", {}, {}, 10, domain::category_no{1}};
  return std::make_shared<domain::seating_plan>("Hall", std::vector<std::string>{"Seat", "Standing"},
                                                std::vector{row("left"), row("right"), floor});
}

/// What becomes of what is asked of a section behind a door.
struct door_script {
  messages::section_actor home;     ///< the section
  bool loses_holds = false;         ///< holds are carried out, and their answers lost
  bool loses_releases = false;      ///< releases do not arrive, and nobody says so
  std::uint64_t claims_asked = 0;   ///< how often it was asked for what it holds
  std::uint64_t passed_on = 0;      ///< how many other messages went through
  caf::strong_actor_ptr last_asker; ///< who sent the last of these
};

/// An address of a section that stays the same when the section is started again.
inline caf::behavior section_door(caf::event_based_actor* self, const std::shared_ptr<door_script>& script) {
  self->set_default_handler([script](caf::scheduled_actor* door, caf::message& what) -> caf::skippable_result {
    const auto* asked = door->current_mailbox_element();
    ++script->passed_on;
    script->last_asker = asked->sender;
    caf::actor_cast<caf::strong_actor_ptr>(script->home)
        ->enqueue(asked->sender, asked->mid, std::move(what), door->context());
    return caf::delegated<caf::message>{};
  });
  return {
      [=](messages::hold_in_section& wish) -> caf::result<messages::hold_granted> {
        if (!script->loses_holds)
          return self->delegate(script->home, std::move(wish));
        caf::anon_send(script->home, std::move(wish));
        return caf::make_error(caf::sec::request_timeout);
      },
      [=](const messages::list_claims& question) {
        ++script->claims_asked;
        return self->delegate(script->home, question);
      },
      [=](messages::release_hold& wish) -> caf::result<void> {
        if (script->loses_releases)
          return caf::make_error(caf::sec::request_timeout);
        return self->delegate(script->home, std::move(wish));
      },
  };
}

/// An address that stays the same when another actor takes over from the one it stands for.
template <class Handle>
caf::behavior plain_door(caf::event_based_actor* self, const std::shared_ptr<Handle>& home) {
  self->set_default_handler([home](caf::scheduled_actor* door, caf::message& what) -> caf::skippable_result {
    const auto* asked = door->current_mailbox_element();
    caf::actor_cast<caf::strong_actor_ptr>(*home)->enqueue(asked->sender, asked->mid, std::move(what), door->context());
    return caf::delegated<caf::message>{};
  });
  return {[](caf::ok_atom) {}}; // it listens for ever
}

/// A whole event over a store in memory: the event, its three sections and its waiting room, with a scripted payment
/// provider. It can be killed and restarted from what it has written.
class event_fixture : public shard_fixture {
public:
  const domain::section_no left{0}, right{1}, floor{2};

  event_fixture() {
    memory_store{books}.add_event({id, "plan"}, 3);
    keeper = working_keeper(keeper_heard);
    start();
    domain::event_settings settings;
    settings.prices = {5'000, 3'000};
    settings.hold_ttl = domain::seconds{300};
    settings.max_seats_per_buyer = 4;
    settings.rehold = {0s};
    CAF_REQUIRE(define(settings)->reply.has_value());
    CAF_REQUIRE(change_state(domain::event_state::open)->reply.has_value());
  }

  ~event_fixture() override {
    books->set(store_fault::none);
    stop();
  }

  // ---- starting and killing ----

  void start() {
    writer = working_journal();
    event = spawn_event("test");
    sections.clear();
    for (std::uint16_t i = 0; i < 3; ++i)
      sections.push_back(spawn_section(domain::section_no{i}));
    room = spawn_room();
    introduce();
    settle();
  }

  /// Another actor takes over the event, as on another node. The one that served it, which is returned, is alive and
  /// has not noticed.
  messages::event_actor replace_event() {
    auto replaced = std::exchange(event, spawn_event("another"));
    keep(caf::actor_cast<caf::actor>(replaced));
    introduce();
    settle();
    return replaced;
  }

  /// Nothing is left of the event's actor but what it has sent.
  void kill_event() { self->send_exit(event, caf::exit_reason::kill); }

  /// Starts the event again, behind the same door.
  void start_event() {
    event = spawn_event("test");
    introduce();
  }

  /// The waiting room's actor is lost, and another one is started behind the same door.
  void restart_room() {
    self->send_exit(room, caf::exit_reason::kill);
    room = spawn_room();
    room_address();
    settle();
  }

  /// Starts everything again, with doors in front of all shards.
  void put_up_doors() {
    stop();
    event_home_ = std::make_shared<messages::event_actor>();
    event_door_ =
        caf::actor_cast<messages::event_actor>(keep(sys.spawn(plain_door<messages::event_actor>, event_home_)));
    room_home_ = std::make_shared<messages::waiting_room_actor>();
    room_door_ = caf::actor_cast<messages::waiting_room_actor>(
        keep(sys.spawn(plain_door<messages::waiting_room_actor>, room_home_)));
    for (std::size_t i = 0; i < 3; ++i) {
      doors.push_back(std::make_shared<door_script>());
      door_actors_.push_back(caf::actor_cast<messages::section_actor>(keep(sys.spawn(section_door, doors.back()))));
    }
    start();
  }

  /// The sections' addresses as their event knows them.
  std::vector<messages::section_actor> peers() {
    for (std::size_t i = 0; i < doors.size(); ++i)
      doors[i]->home = sections[i];
    return doors.empty() ? sections : door_actors_;
  }

  /// The event's address as its sections and its waiting room know it.
  messages::event_actor event_address() {
    if (!event_door_)
      return event;
    *event_home_ = event;
    return event_door_;
  }

  /// The waiting room's address as the event knows it.
  messages::waiting_room_actor room_address() {
    if (!room_door_)
      return room;
    *room_home_ = room;
    return room_door_;
  }

  messages::event_actor spawn_event(const char* owner) {
    auto history = *memory_store{books}.claim({domain::shard_kind::event, id, {}}, owner, {});
    event_epoch = history.epoch;
    return actors::spawn_event(sys, {id, plan, std::move(history), writer, keeper, clock, provider, limits});
  }

  /// Claims and starts a room without settings, as a keeper does.
  messages::waiting_room_actor spawn_room() {
    auto history = *memory_store{books}.claim({domain::shard_kind::waiting_room, id, {}}, "test", {});
    return actors::spawn_waiting_room(
        sys, {id, {}, std::move(history), writer, keeper, clock, {}, event_epoch, event_address()});
  }

  /// Claims and starts a section without terms, as a keeper does.
  messages::section_actor spawn_section(domain::section_no number) {
    auto history = *memory_store{books}.claim({domain::shard_kind::section, id, number}, "test", {});
    return actors::spawn_section(
        sys, {id, plan, number, {}, std::move(history), event_address(), writer, keeper, clock, {}});
  }

  /// Nothing is left of one section's actor. What is asked of it from now on does not arrive.
  void kill_section(domain::section_no number) {
    self->send_exit(sections[number.value()], caf::exit_reason::kill);
    settle();
  }

  /// Starts one section again, behind the same door.
  void start_section(domain::section_no number) {
    sections[number.value()] = spawn_section(number);
    peers();
    settle();
  }

  /// As after SIGKILL: nothing is left of the actors, only what is in the store.
  void stop() {
    auto kill = [this](const auto& actor) { self->send_exit(actor, caf::exit_reason::kill); };
    kill(event);
    kill(room);
    kill(writer);
    for (const auto& section : sections)
      kill(section);
    settle();
  }

  void restart() {
    stop();
    start();
  }

  messages::gateway_actor gateway() {
    if (!gateway_)
      gateway_ = caf::actor_cast<messages::gateway_actor>(keep(sys.spawn([this](caf::event_based_actor*) {
        return caf::behavior{
            [this](const messages::order_changed& news) { states.push_back(news.order.state); },
            [](const messages::queue_moved&) {},
        };
      })));
    return gateway_;
  }

  // ---- asking ----

  template <class Reply, class Message>
  shared_outcome<Reply> asked(Message what) {
    auto result = ask<Reply>(event, std::move(what));
    settle();
    return result;
  }

  shared_outcome<messages::event_view> define(const domain::event_settings& settings) {
    return asked<messages::event_view>(messages::define_event{{}, settings});
  }

  /// `edit` makes the change.
  shared_outcome<messages::event_view> change(const std::function<void(messages::change_event&)>& edit) {
    messages::change_event wish;
    edit(wish);
    return asked<messages::event_view>(std::move(wish));
  }

  shared_outcome<messages::event_view> change_state(domain::event_state state) {
    return change([state](messages::change_event& wish) { wish.state = state; });
  }

  shared_outcome<messages::event_view> change_price(const std::string& category, domain::minor_units price) {
    return change([=](messages::change_event& wish) { wish.prices = {{category, price}}; });
  }

  messages::event_view view() { return *asked<messages::event_view>(messages::describe_event{})->reply; }

  static domain::buyer_id buyer(std::uint64_t number) { return domain::buyer_id{"buyer-" + std::to_string(number)}; }
  static domain::hold_id hold_of(std::uint64_t number) { return {7, number}; }
  static domain::order_id order_of(std::uint64_t number) { return {9, number}; }

  static messages::section_wish seats(domain::section_no section, std::initializer_list<std::uint32_t> numbers) {
    domain::seats_wish wish;
    for (auto number : numbers)
      wish.seats.emplace_back(number);
    return {section, wish};
  }

  static messages::hold_seats wish(std::uint64_t hold, std::uint64_t who, std::vector<messages::section_wish> parts) {
    return {{}, domain::event_id{"rock"}, hold_of(hold), buyer(who), std::move(parts), hold};
  }

  shared_outcome<messages::hold_granted> hold(std::uint64_t hold, std::uint64_t who,
                                              std::vector<messages::section_wish> parts) {
    return asked<messages::hold_granted>(wish(hold, who, std::move(parts)));
  }

  shared_outcome<messages::hold_granted> best(std::uint64_t hold, std::uint64_t who, std::uint32_t quantity,
                                              const std::string& category = "Seat") {
    auto anywhere = wish(hold, who, {});
    anywhere.wanted = domain::best_wish{.quantity = quantity};
    anywhere.category = category;
    return asked<messages::hold_granted>(anywhere);
  }

  shared_outcome<done> release(std::uint64_t hold, std::uint64_t who, std::vector<domain::section_no> where) {
    return asked<done>(messages::release_hold{{}, id, hold_of(hold), buyer(who), std::move(where)});
  }

  /// Begins an order with the same number as its hold.
  shared_outcome<messages::order_view> order(std::uint64_t number, std::uint64_t who,
                                             std::vector<domain::section_no> where) {
    return asked<messages::order_view>(messages::start_order{
        {}, id, order_of(number), hold_of(number), buyer(who), std::move(where), "card", "key", number});
  }

  /// The buyer with this number holds the left section's first seat and orders it, under the same number. Runs no
  /// further than to the answer: what follows can be interrupted after any message.
  void just_begin_order(std::uint64_t number) {
    CAF_REQUIRE(hold(number, number, {seats(left, {0})})->reply.has_value());
    auto begun = ask<messages::order_view>(
        event,
        messages::start_order{{}, id, order_of(number), hold_of(number), buyer(number), {left}, "card", "key", number});
    while (!begun->reply && sched.try_run_once()) {
    }
  }

  shared_outcome<messages::order_view> find(std::uint64_t number, std::uint64_t who) {
    return asked<messages::order_view>(messages::find_order{{}, id, order_of(number), buyer(who)});
  }

  shared_outcome<messages::order_view> cancel(std::uint64_t number, std::uint64_t who) {
    return asked<messages::order_view>(messages::cancel_order{{}, id, order_of(number), buyer(who)});
  }

  shared_outcome<messages::order_view> refund(std::uint64_t number) {
    return asked<messages::order_view>(messages::refund_order{{}, id, order_of(number)});
  }

  shared_outcome<messages::refund_progress> refund_all() {
    return asked<messages::refund_progress>(messages::refund_orders{{}, id});
  }

  /// The numbers of the orders that an operator finds.
  std::vector<std::uint64_t> found(const std::function<void(messages::list_orders&)>& edit) {
    messages::list_orders wish;
    wish.event = id;
    edit(wish);
    std::vector<std::uint64_t> numbers;
    for (const auto& order : asked<messages::order_list>(wish)->reply->orders)
      numbers.push_back(order.order.low);
    return numbers;
  }

  domain::order_state state_of(std::uint64_t number, std::uint64_t who) { return find(number, who)->reply->state; }

  /// How many people the waiting room has let in.
  std::uint64_t ask_admitted() {
    auto figures = ask<domain::waiting_room::figures>(room, messages::count_people{});
    settle();
    return figures->reply->admitted;
  }

  std::string status(domain::section_no section) {
    auto result = ask<messages::section_view>(sections[section.value()], messages::read_section{{}, id, section});
    settle();
    return result->reply->status;
  }

  domain::event_id id{"rock"};
  domain::shared_plan plan = two_rows_and_a_floor();
  actors::event_limits limits;
  std::shared_ptr<scripted_provider> provider = std::make_shared<scripted_provider>();
  std::shared_ptr<heard> keeper_heard = std::make_shared<heard>();
  messages::keeper_actor keeper;
  messages::journal_actor writer;
  messages::event_actor event;
  domain::epoch event_epoch; ///< of the event's shard
  std::vector<messages::section_actor> sections;
  std::vector<std::shared_ptr<door_script>> doors; ///< one for each section, or none
  messages::waiting_room_actor room;
  heard_states states;

private:
  /// Tells the event who its peers are.
  void introduce() {
    event_address();
    self->send(event, messages::event_peers{}, peers(), room_address());
    self->send(event, messages::subscribe{}, gateway());
  }

  messages::gateway_actor gateway_;
  std::shared_ptr<messages::event_actor> event_home_;
  messages::event_actor event_door_; ///< none without doors
  std::shared_ptr<messages::waiting_room_actor> room_home_;
  messages::waiting_room_actor room_door_; ///< none without doors
  std::vector<messages::section_actor> door_actors_;
};

} // namespace usher::tests
