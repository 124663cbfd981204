#define CAF_SUITE gateway.bridge

#include "gateway/thread/bridge.hpp"
#include "messages/refusal.hpp"
#include "tests/gateway/fake_router.hpp"

#include <caf/test/bdd_dsl.hpp>

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

using namespace usher;
using namespace usher::tests;
using namespace std::chrono_literals;
using domain::rejection;

namespace {

const domain::event_id open{"open"};
const domain::buyer_id ada{"ada"};
const auto dropped = caf::make_error(caf::sec::broken_promise);

messages::hold_seats hold_of(std::uint32_t seat) {
  std::vector<messages::section_wish> wanted{{domain::section_no{0}, domain::seats_wish{{domain::seat_no{seat}}}}};
  return {{}, open, domain::hold_id{1, seat}, ada, std::move(wanted)};
}

/// A bridge to a fake router, with two seconds of patience, under a clock that the test moves.
struct bridged : test_coordinator_fixture<> {
  ~bridged() override {
    notes->gateways.clear();
    self->send_exit(bridge, caf::exit_reason::user_shutdown);
    self->send_exit(router, caf::exit_reason::user_shutdown);
    consume_messages();
  }

  void fails(std::size_t times, const caf::error& why) { notes->hold_fails.assign(times, why); }

  /// Asks, and lets everything happen that happens at once.
  void ask(messages::session_request request, std::uint64_t number = 1) {
    messages::session_requests batch;
    batch.requests.emplace_back(number, std::move(request));
    caf::anon_send(bridge, std::move(batch));
    consume_messages();
  }

  void pass(std::chrono::milliseconds time) {
    for (auto gone = 0ms; gone < time; gone += 10ms) {
      sched.advance_time(10ms);
      consume_messages();
    }
  }

  void collect(std::vector<gateway::delivery> group) {
    for (auto& one : group)
      if (auto* answer = std::get_if<gateway::answered>(&one))
        answers.push_back(std::move(*answer));
  }

  /// Whether there is one answer, and it is of this kind.
  template <class Kind>
  [[nodiscard]] bool only() const {
    return answers.size() == 1 && std::holds_alternative<Kind>(answers.front().what);
  }

  [[nodiscard]] bool only_refused(rejection reason) const {
    return only<domain::refusal>() && std::get<domain::refusal>(answers.front().what).reason == reason;
  }

  bool allowed = true;
  std::vector<gateway::answered> answers;
  std::shared_ptr<router_notes> notes = std::make_shared<router_notes>();
  messages::router_actor router = spawn_fake_router(sys, notes);
  messages::gateway_actor bridge = sys.spawn<gateway::bridge>(
      router, [this](std::vector<gateway::delivery> group) { collect(std::move(group)); }, 2s,
      [this] { return allowed; });
};

} // namespace

SCENARIO("a request whose outcome nobody knows is asked again") {
  GIVEN("holds whose first answers are errors of the actor system, or of shards that have been replaced") {
    for (const auto& why : {dropped, caf::make_error(caf::sec::request_receiver_down),
                            caf::make_error(caf::sec::request_timeout), caf::make_error(caf::sec::runtime_error),
                            messages::to_error(rejection::outcome_unknown), messages::to_error(rejection::moved)}) {
      CAF_MESSAGE(caf::to_string(why));
      bridged one;
      one.fails(1, why);
      one.ask(hold_of(2), 77);
      CHECK(one.answers.empty());
      one.pass(50ms);
      REQUIRE(one.only<messages::hold_granted>());
      CHECK_EQ(one.answers.front().number, 77u);
      CHECK(std::get<messages::hold_granted>(one.answers.front().what).hold == hold_of(2).hold);
      CHECK_EQ(one.notes->holds, 1u);
      one.pass(5s);
      CHECK_EQ(one.notes->holds, 1u);
    }
  }
  GIVEN("a hold whose answer is dropped for ever") {
    bridged one;
    one.fails(100, dropped);
    one.ask(hold_of(2));
    one.pass(1500ms);
    CHECK(one.answers.empty());
    CHECK_EQ(one.notes->hold_fails.size(), 95u); // after 0, 50, 150, 350 and 750 ms
    one.pass(500ms);
    CHECK(one.only<gateway::lost>());
    CHECK_EQ(one.notes->hold_fails.size(), 94u);
    one.pass(5s);
    CHECK_EQ(one.answers.size(), 1u);
    CHECK_EQ(one.notes->hold_fails.size(), 94u);
  }
  GIVEN("a hold whose answer comes too late to ask again") {
    bridged one;
    one.ask(hold_of(1)); // which is not answered
    one.pass(1960ms);
    caf::anon_send_exit(one.router, caf::exit_reason::kill);
    one.consume_messages();
    CHECK(one.only<gateway::lost>());
  }
}

SCENARIO("nobody is told that nothing has changed while that is in doubt") {
  GIVEN("a hold that may have been carried out, and then cannot be looked for") {
    bridged one;
    one.notes->hold_fails = {dropped, messages::to_error(rejection::overloaded),
                             messages::to_error(rejection::store_unavailable)};
    one.ask(hold_of(2));
    one.pass(300ms);
    CHECK(one.answers.empty());
    one.pass(100ms);
    CHECK(one.only<messages::hold_granted>());
  }
  GIVEN("one that is refused by somebody who would know") {
    bridged one;
    one.notes->hold_fails = {dropped, messages::to_error(rejection::seat_taken)};
    one.ask(hold_of(2));
    one.pass(100ms);
    CHECK(one.only_refused(rejection::seat_taken));
  }
  GIVEN("one that was certainly not carried out") {
    bridged one;
    one.notes->hold_fails = {messages::to_error(rejection::moved), messages::to_error(rejection::overloaded)};
    one.ask(hold_of(2));
    one.pass(100ms);
    CHECK(one.only_refused(rejection::overloaded));
  }
  GIVEN("one that is never carried out, because whoever should is only starting") {
    bridged one;
    one.fails(100, messages::to_error(rejection::moved));
    one.ask(hold_of(2));
    one.pass(3s);
    CHECK(one.only_refused(rejection::overloaded));
  }
  GIVEN("one whose first try is still being undone when it is asked again") {
    bridged one;
    one.notes->hold_fails = {messages::to_error(rejection::moved), messages::to_error(rejection::in_progress)};
    one.ask(hold_of(2));
    one.pass(300ms);
    CHECK(one.only<messages::hold_granted>());
  }
  GIVEN("one that is in progress when it is asked for the first time") {
    bridged one;
    one.fails(1, messages::to_error(rejection::in_progress));
    one.ask(hold_of(2));
    CHECK(one.only_refused(rejection::in_progress));
  }
}

SCENARIO("an operator's change is not repeated") {
  GIVEN("a PUT whose answer is dropped") {
    bridged one;
    one.notes->put_fails = dropped;
    one.ask(messages::put_event{{}, open, {}, nullptr, one.notes->plan});
    CHECK(one.only<gateway::lost>());
    one.pass(5s);
    CHECK_EQ(one.answers.size(), 1u);
  }
}

SCENARIO("not more requests than are allowed wait to be asked again") {
  GIVEN("one too many whose answers are dropped") {
    bridged one;
    constexpr auto most = gateway::bridge_state::retries_max;
    one.fails(most + 1, dropped);
    messages::session_requests batch;
    for (std::uint64_t number = 1; number <= most + 1; ++number)
      batch.requests.emplace_back(number, hold_of(2));
    caf::anon_send(one.bridge, std::move(batch));
    one.consume_messages();
    CHECK(one.only<gateway::lost>());
    one.pass(50ms);
    CHECK_EQ(one.answers.size(), most + 1);
    CHECK_EQ(
        std::ranges::count_if(
            one.answers, [](const auto& each) { return std::holds_alternative<messages::hold_granted>(each.what); }),
        static_cast<std::ptrdiff_t>(most));
    THEN("there is room again") {
      one.answers.clear();
      one.fails(1, dropped);
      one.ask(hold_of(2));
      one.pass(50ms);
      CHECK(one.only<messages::hold_granted>());
    }
  }
}

SCENARIO("a node that may not answer says nothing from memory") {
  GIVEN("one that may not when it is asked") {
    bridged one;
    one.allowed = false;
    one.ask(hold_of(2));
    CHECK(one.only_refused(rejection::store_unavailable));
    CHECK_EQ(one.notes->holds, 0u);
    THEN("the rooms hear all the same who has left") {
      one.ask(messages::people_left{open, {ada}}, 0);
      CHECK_EQ(one.notes->left.size(), 1u);
      CHECK_EQ(one.answers.size(), 1u);
    }
  }
  GIVEN("one that may when it is asked, and no longer when the answer is there") {
    for (const messages::session_request& request :
         {messages::session_request{hold_of(2)}, messages::session_request{hold_of(0)},
          messages::session_request{messages::read_section{{}, open, domain::section_no{0}}}}) {
      bridged one;
      one.consume_messages();
      messages::session_requests batch;
      batch.requests.emplace_back(1, request);
      caf::anon_send(one.bridge, std::move(batch));
      one.sched.run_once();
      CHECK(one.answers.empty());
      one.allowed = false;
      one.consume_messages();
      CHECK(one.only<gateway::lost>());
    }
  }
}
