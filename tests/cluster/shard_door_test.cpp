#define CAF_SUITE cluster.shard_door

#include "cluster/shard_door.hpp"

#include "tests/actors/shard_fixture.hpp"

#include <caf/actor_system_config.hpp>
#include <caf/scheduled_actor.hpp>
#include <caf/test/bdd_dsl.hpp>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

using namespace usher;
using namespace usher::cluster;
using namespace usher::tests;
using domain::rejection;

namespace {

using door = shard_door<caf::actor>;

/// Doubles what it is asked, and remembers what it heard.
caf::behavior double_it(const std::shared_ptr<std::vector<int>>& heard) {
  return {
      [heard](int number) {
        heard->push_back(number);
        return 2 * number;
      },
  };
}

struct fixture : shard_fixture {
  using numbers = std::shared_ptr<std::vector<int>>;

  caf::actor serve(const numbers& where) {
    return keep(sys.spawn([where](caf::event_based_actor*) { return double_it(where); }));
  }

  shared_outcome<int> request(const door& at, int number) { return ask<int>(at.address(), number); }

  /// How many alarms are set, of all doors.
  [[nodiscard]] std::size_t alarms() { return sched.clock().schedule.size(); }

  std::shared_ptr<door_frame> frame_with(door_limits limits) { return std::make_shared<door_frame>(sys, limits); }

  numbers heard = std::make_shared<std::vector<int>>();
  std::shared_ptr<door_frame> frame = frame_with({});
};

/// Asks any number of doors, and counts the answers to each question: nobody may be answered twice.
class questioner final : public caf::monitorable_actor {
public:
  static constexpr std::size_t questions = 20'000;

  questioner() : caf::monitorable_actor(caf::actor_config{}.add_flag(caf::abstract_actor::is_hidden_flag)) {}

  bool enqueue(caf::mailbox_element_ptr what, caf::execution_unit*) override {
    ++answers_.at(what->mid.request_id().integer_value() - 1);
    ++(what->payload.match_elements<int>() ? done_ : refused_);
    if (++answered_ >= questions) {
      std::lock_guard lock{mutex_};
      all_answered_.notify_all();
    }
    return true;
  }

  void ask(const caf::actor& whom, std::size_t number) {
    caf::actor_cast<caf::abstract_actor*>(whom)->enqueue(
        caf::make_mailbox_element(ctrl(), caf::make_message_id(number + 1), {}, static_cast<int>(number)), nullptr);
  }

  [[nodiscard]] bool wait_for_all(std::chrono::seconds longest) {
    std::unique_lock lock{mutex_};
    return all_answered_.wait_for(lock, longest, [this] { return answered_ >= questions; });
  }
  [[nodiscard]] bool each_once() const {
    return std::all_of(answers_.begin(), answers_.end(), [](const auto& count) { return count == 1; });
  }
  [[nodiscard]] std::size_t done() const { return done_; }
  [[nodiscard]] std::size_t refused() const { return refused_; }

  [[nodiscard]] const char* name() const override { return "questioner"; }
  void setup_metrics() {}

private:
  std::vector<std::atomic<int>> answers_ = std::vector<std::atomic<int>>(questions);
  std::atomic<std::size_t> answered_{0};
  std::atomic<std::size_t> done_{0};
  std::atomic<std::size_t> refused_{0};
  std::mutex mutex_;
  std::condition_variable all_answered_;
};

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("what comes to an open door is answered by the shard behind it, whoever passes it on") {
  GIVEN("an open door, and an actor that passes on what is for it") {
    door at{frame};
    at.open(serve(heard));
    auto router = keep(sys.spawn([home = at.address()](caf::event_based_actor* passes) -> caf::behavior {
      return {[passes, home](int number) { return passes->delegate(home, number); }};
    }));
    auto direct = request(at, 1);
    settle();
    auto passed_on = ask<int>(router, 2);
    settle();
    self->send(at.address(), 3);
    settle();
    CHECK_EQ(direct->reply.value(), 2);
    CHECK_EQ(passed_on->reply.value(), 4);
    CHECK((*heard == std::vector{1, 2, 3}));
    WHEN("it is closed") {
      at.close();
      direct = request(at, 4);
      passed_on = ask<int>(router, 5);
      self->send(at.address(), 6);
      settle();
      THEN("requests are certainly not done, and news is forgotten") {
        CHECK(direct->refused_as(rejection::overloaded));
        CHECK(passed_on->refused_as(rejection::overloaded));
        CHECK_EQ(heard->size(), 3u);
        CHECK_EQ(alarms(), 0u);
      }
    }
  }
}

SCENARIO("a door that was never opened refuses at once") {
  GIVEN("a door that is only made") {
    door at{frame};
    auto refused = request(at, 1);
    settle();
    CHECK(refused->refused_as(rejection::overloaded));
  }
}

SCENARIO("what waits at a door is served first, in its order, when the door opens") {
  GIVEN("requests and news at a door behind which somebody will be soon") {
    door at{frame};
    at.keep_waiting();
    std::vector<shared_outcome<int>> waiting;
    for (int i = 0; i < 5; ++i) {
      waiting.push_back(request(at, 2 * i));
      settle();
      self->send(at.address(), 2 * i + 1);
    }
    settle();
    CHECK_EQ(frame->waiting(), 10u);
    CHECK(heard->empty());
    WHEN("it opens") {
      at.open(serve(heard));
      waiting.push_back(request(at, 10));
      settle();
      THEN("all are served in the order in which they came") {
        for (int i = 0; i <= 5; ++i)
          CHECK_EQ(waiting[static_cast<std::size_t>(i)]->reply.value(), 4 * i);
        CHECK((*heard == std::vector{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10}));
        CHECK_EQ(frame->waiting(), 0u);
        pass(3s);
        CHECK_EQ(heard->size(), 11u);
      }
    }
  }
}

SCENARIO("who waits too long at a door is refused, and not earlier") {
  GIVEN("three who come at different times") {
    door at{frame};
    at.keep_waiting();
    std::vector<shared_outcome<int>> waiting;
    for (int i = 0; i < 3; ++i) {
      waiting.push_back(request(at, i));
      pass(500ms);
      CHECK_EQ(alarms(), 1u);
    }
    for (std::size_t i = 0; i < 3; ++i) {
      pass(490ms);
      CHECK(waiting[i]->pending());
      pass(10ms);
      CHECK(waiting[i]->refused_as(rejection::overloaded));
      CHECK_EQ(frame->waiting(), 2 - i);
      CHECK_EQ(alarms(), i < 2 ? 1u : 0u);
    }
    WHEN("the door opens after all") {
      at.open(serve(heard));
      settle();
      CHECK(heard->empty());
    }
  }
}

SCENARIO("a door that opened in between has one alarm only, and refuses nobody too early") {
  GIVEN("a door that has people wait, opens, and has people wait again") {
    door at{frame};
    at.keep_waiting();
    auto first = request(at, 1);
    pass(1500ms);
    at.open(serve(heard));
    settle();
    CHECK_EQ(first->reply.value(), 2);
    at.keep_waiting();
    auto second = request(at, 2);
    settle();
    CHECK_EQ(alarms(), 1u);
    pass(1s); // the first one's alarm rings
    CHECK(second->pending());
    CHECK_EQ(alarms(), 1u);
    at.close();
    settle();
    CHECK(second->refused_as(rejection::overloaded));
    at.keep_waiting();
    auto third = request(at, 3);
    settle();
    CHECK_EQ(alarms(), 1u);
    pass(1990ms);
    CHECK(third->pending());
    CHECK_EQ(alarms(), 1u);
    pass(10ms);
    CHECK(third->refused_as(rejection::overloaded));
    CHECK_EQ(alarms(), 0u);
  }
}

SCENARIO("so many may wait at one door, and so many at all doors of a node") {
  GIVEN("doors with room for three, of five in all") {
    frame = frame_with({.waiting_max = 3, .waiting_in_all_max = 5});
    door one{frame};
    auto other = std::make_unique<door>(frame);
    one.keep_waiting();
    other->keep_waiting();
    std::vector<shared_outcome<int>> at_one;
    std::vector<shared_outcome<int>> at_other;
    for (int i = 0; i < 4; ++i) {
      at_one.push_back(request(one, i));
      settle();
    }
    for (int i = 0; i < 3; ++i) {
      at_other.push_back(request(*other, i));
      settle();
    }
    CHECK(at_one[2]->pending());
    CHECK(at_one[3]->refused_as(rejection::overloaded));
    CHECK(at_other[1]->pending());
    CHECK(at_other[2]->refused_as(rejection::overloaded));
    CHECK_EQ(frame->waiting(), 5u);
    WHEN("one of them opens") {
      one.open(serve(heard));
      at_other.push_back(request(*other, 3));
      settle();
      THEN("there is room at the other") {
        CHECK_EQ(at_one[2]->reply.value(), 4);
        CHECK(at_other[3]->pending());
        CHECK_EQ(frame->waiting(), 3u);
      }
    }
    AND("the other is gone") {
      other.reset();
      settle();
      THEN("its room is free, and whoever waited there is refused") {
        CHECK_EQ(frame->waiting(), 0u);
        for (const auto& each : at_other)
          CHECK(each->refused_as(rejection::overloaded));
        pass(3s);
      }
    }
  }
}

SCENARIO(
    "what was in the mailbox of an actor that ended may have been done, and what comes then goes to the next one") {
  GIVEN("an actor that ends with two requests in its mailbox") {
    door at{frame};
    auto home = keep(sys.spawn([to = heard](caf::event_based_actor* ends) -> caf::behavior {
      return {[ends](caf::ok_atom) { ends->quit(caf::sec::runtime_error); },
              [to](int number) {
                to->push_back(number);
                return number;
              }};
    }));
    at.open(home);
    settle();
    self->send(home, caf::ok_atom_v); // comes before them
    std::vector<shared_outcome<int>> asked{request(at, 1), request(at, 2)};
    settle();
    at.keep_waiting();
    auto late = request(at, 3);
    settle();
    CHECK(heard->empty());
    for (const auto& one : asked)
      CHECK(one->refused_as(rejection::outcome_unknown));
    CHECK(late->pending());
    WHEN("the next one serves") {
      auto next_heard = std::make_shared<std::vector<int>>();
      at.open(serve(next_heard));
      settle();
      CHECK_EQ(late->reply.value(), 6);
      CHECK((*next_heard == std::vector{3}));
    }
  }
  GIVEN("an actor that ends, and a door that nobody has told") {
    door at{frame};
    auto home = serve(heard);
    at.open(home);
    caf::anon_send_exit(home, caf::exit_reason::kill);
    settle();
    auto asked = request(at, 1);
    settle();
    CHECK(asked->refused_as(rejection::outcome_unknown));
  }
}

SCENARIO("an address of a door never grows stale") {
  GIVEN("a door that is opened to one actor after the other") {
    door at{frame};
    auto address = at.address();
    auto first = sys.spawn([heard = heard](caf::event_based_actor*) { return double_it(heard); });
    at.open(first);
    auto watched = caf::actor_cast<caf::weak_actor_ptr>(first);
    auto next_heard = std::make_shared<std::vector<int>>();
    at.open(serve(next_heard));
    caf::anon_send_exit(first, caf::exit_reason::user_shutdown);
    first = nullptr;
    settle();
    CHECK(!watched.lock());
    auto asked = ask<int>(address, 4);
    settle();
    CHECK_EQ(asked->reply.value(), 8);
    CHECK((*next_heard == std::vector{4}));
    CHECK(heard->empty());
  }
}

SCENARIO("nothing that watches a door, or would end it, reaches the shard") {
  GIVEN("an open door that is monitored, linked, and sent an exit") {
    door at{frame};
    at.open(serve(heard));
    auto downs = std::make_shared<int>(0);
    auto watcher = keep(sys.spawn([downs, home = at.address()](caf::event_based_actor* me) -> caf::behavior {
      me->monitor(home);
      me->set_down_handler([downs](caf::down_msg&) { ++*downs; });
      return {[me, home](const std::string&) { me->demonitor(home); }};
    }));
    auto linked = sys.spawn([home = at.address()](caf::event_based_actor* me) -> caf::behavior {
      me->link_to(home);
      return {[](int) {}};
    });
    settle();
    caf::anon_send_exit(linked, caf::exit_reason::kill);
    caf::anon_send_exit(at.address(), caf::exit_reason::kill);
    self->send(at.address(), caf::down_msg{watcher.address(), {}});
    settle();
    auto asked = request(at, 1);
    settle();
    CHECK_EQ(asked->reply.value(), 2);
    CHECK_EQ(*downs, 0);
    self->send(watcher, std::string{"enough"});
    settle();
    WHEN("an exit comes while the door has people wait") {
      at.keep_waiting();
      caf::anon_send_exit(at.address(), caf::exit_reason::kill);
      settle();
      at.open(serve(heard));
      asked = request(at, 2);
      settle();
      CHECK_EQ(asked->reply.value(), 4);
    }
  }
}

SCENARIO("doors keep neither each other nor the actors behind them alive") {
  GIVEN("two shards that know each other's doors, and a third door with a request and an alarm") {
    std::vector<caf::weak_actor_ptr> watched;
    auto watch = [&](const caf::actor& one) { watched.push_back(caf::actor_cast<caf::weak_actor_ptr>(one)); };
    auto waiting = std::make_unique<door>(frame);
    waiting->keep_waiting();
    auto asked = request(*waiting, 1);
    settle();
    watch(waiting->address());
    {
      door one{frame};
      door other{frame};
      auto knows = [&](const door& peer) {
        auto shard = sys.spawn([heard = heard, peer = peer.address()](caf::event_based_actor*) -> caf::behavior {
          return {[heard, peer](int number) { return 2 * number; }};
        });
        watch(shard);
        return shard;
      };
      watch(one.address());
      watch(other.address());
      one.open(knows(other));
      other.open(knows(one));
      settle();
      for (std::size_t i = 3; i < 5; ++i)
        caf::anon_send_exit(caf::actor_cast<caf::actor>(watched[i].lock()), caf::exit_reason::user_shutdown);
      settle();
    }
    waiting.reset();
    settle();
    CHECK(asked->refused_as(rejection::overloaded));
    for (const auto& one : watched)
      CHECK(!one.lock());
    pass(3s);
  }
}

END_FIXTURE_SCOPE()

SCENARIO("however many threads ask while a door opens, has them wait, and closes, each is answered once") {
  GIVEN("a system of several threads, four that ask, and one that works the door") {
    caf::actor_system_config config;
    config.set("caf.scheduler.max-threads", 3);
    caf::actor_system system{config};
    auto frame =
        std::make_shared<door_frame>(system, door_limits{.waiting_max = 200, .patience = std::chrono::milliseconds{2}});
    auto asks = caf::make_actor<questioner, caf::strong_actor_ptr>(system.next_actor_id(), system.node(), &system);
    auto& all = static_cast<questioner&>(*caf::actor_cast<caf::abstract_actor*>(asks));
    door at{frame};
    auto start = [&] {
      return system.spawn([](caf::event_based_actor*) -> caf::behavior { return {[](int number) { return number; }}; });
    };
    std::atomic<std::size_t> next{0};
    std::atomic<std::size_t> turns{0};
    std::vector<std::thread> threads;
    threads.reserve(4);
    for (int i = 0; i < 4; ++i)
      threads.emplace_back([&] {
        for (auto number = next++; number < questioner::questions; number = next++) {
          while (number > 20 * turns)
            std::this_thread::yield();
          all.ask(at.address(), number);
        }
      });
    caf::actor home;
    for (; next < questioner::questions; ++turns) {
      at.keep_waiting();
      if (home && turns % 3 == 0)
        caf::anon_send_exit(home, caf::exit_reason::user_shutdown);
      std::this_thread::yield();
      if (!home || turns % 3 == 0)
        home = start();
      at.open(home);
      std::this_thread::yield();
      if (turns % 5 == 0)
        at.close();
    }
    for (auto& thread : threads)
      thread.join();
    at.keep_waiting(); // whoever comes last is refused by the alarm
    REQUIRE(all.wait_for_all(std::chrono::seconds{60}));
    CHECK(all.each_once());
    CHECK_GT(all.done(), 0u);
    CHECK_EQ(frame->waiting(), 0u);
    MESSAGE(turns << " turns of the door, " << all.done() << " done, " << all.refused() << " refused");
    at.close();
    caf::anon_send_exit(home, caf::exit_reason::user_shutdown);
  }
}
