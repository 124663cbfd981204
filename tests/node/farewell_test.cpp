#define CAF_SUITE node.farewell

#include "node/farewell.hpp"

#include <caf/actor_cast.hpp>
#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>
#include <caf/test/bdd_dsl.hpp>

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

using namespace usher;
using namespace std::chrono_literals;
using persistence::node_status;

namespace {

using texts = std::vector<std::string>;

/// What was called, in order.
struct noted_calls {
  void add(std::string what) {
    std::lock_guard lock{mutex};
    all.push_back(std::move(what));
    changed.notify_all();
  }

  /// Once there are so many, or after some seconds.
  texts await(std::size_t count) {
    std::unique_lock lock{mutex};
    changed.wait_for(lock, 20s, [&] { return all.size() >= count; });
    return all;
  }

  std::mutex mutex;
  std::condition_variable changed;
  texts all;
};

/// Answers questions for the shards when it is told that they are away.
caf::behavior keeper_of_shards(caf::event_based_actor* self, const std::shared_ptr<noted_calls>& calls) {
  auto waiting = std::make_shared<std::vector<caf::response_promise>>();
  return {
      [=](messages::shards_left) {
        waiting->push_back(self->make_response_promise());
        calls->add("asked");
        return waiting->back();
      },
      [=](messages::flush) {
        for (auto& one : std::exchange(*waiting, {}))
          one.deliver();
      },
  };
}

struct fixture {
  ~fixture() {
    farewell.stop();
    caf::scoped_actor self{system};
    self->send_exit(keeper, caf::exit_reason::user_shutdown);
    self->wait_for(keeper);
  }

  void shards_are_away() { caf::anon_send(keeper, messages::flush{}); }

  caf::actor_system_config configuration;
  caf::actor_system system{configuration.set("caf.scheduler.max-threads", 1)};
  std::shared_ptr<noted_calls> calls = std::make_shared<noted_calls>();
  caf::actor keeper = system.spawn(keeper_of_shards, calls);
  node::farewell farewell{
      system,
      caf::actor_cast<messages::keeper_actor>(keeper),
      {[this] { calls->add("announce"); },
       [this](std::chrono::milliseconds spread) { calls->add("away within " + std::to_string(spread.count())); },
       [this] { calls->add("go on"); }},
      {1ms, 5s}};
};

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("a drained node says so at once, and sends its clients away when its shards are with others") {
  GIVEN("a node that takes part, and is drained then") {
    farewell.note(std::nullopt);
    farewell.note(node_status::joining);
    farewell.note(node_status::up);
    farewell.note(node_status::draining);
    farewell.note(node_status::draining);
    CHECK_EQ(calls->await(2), (texts{"announce", "asked"}));
    shards_are_away();
    CHECK_EQ(calls->await(3), (texts{"announce", "asked", "away within 5000"}));
    WHEN("it is ended and comes back as one that drains") {
      farewell.note(std::nullopt);
      farewell.note(node_status::joining);
      farewell.note(node_status::draining);
      farewell.note(node_status::up);
      THEN("nothing happens until it is undrained") {
        CHECK_EQ(calls->await(4), (texts{"announce", "asked", "away within 5000", "go on"}));
      }
    }
  }
}

SCENARIO("the clients of a node that is undrained in time stay") {
  GIVEN("a node that is undrained before its shards are away") {
    farewell.note(node_status::draining);
    calls->await(2);
    farewell.note(node_status::up);
    CHECK_EQ(calls->await(3), (texts{"announce", "asked", "go on"}));
    shards_are_away();
    WHEN("it is drained once more") {
      farewell.note(node_status::draining);
      calls->await(5);
      shards_are_away();
      THEN("they are sent away once") {
        CHECK_EQ(calls->await(6), (texts{"announce", "asked", "go on", "announce", "asked", "away within 5000"}));
      }
    }
  }
}

SCENARIO("nothing is called any more once it has stopped") {
  farewell.note(node_status::draining);
  calls->await(2);
  farewell.stop();
  farewell.stop();
  farewell.note(node_status::up);
  shards_are_away();
  CHECK_EQ(calls->await(0), (texts{"announce", "asked"}));
}

END_FIXTURE_SCOPE()
