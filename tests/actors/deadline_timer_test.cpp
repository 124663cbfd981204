#define CAF_SUITE actors.deadline_timer

#include "actors/deadline_timer.hpp"

#include "messages/type_ids.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/test/bdd_dsl.hpp>
#include <caf/typed_actor_pointer.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <atomic>
#include <chrono>
#include <memory>

using namespace usher;
using namespace std::chrono_literals;

namespace {

using ticking = caf::typed_actor<caf::result<void>(messages::deadline_reached)>;
using shared_count = std::shared_ptr<std::atomic<int>>;

/// Waits for one moment as shards do: whenever its timer rings too early, it asks again. Counts the rings.
class waiting_state {
public:
  using self_pointer = ticking::pointer_view;
  static inline const char* name = "test.waiting";

  waiting_state(self_pointer self, domain::instant due, shared_count rings)
      : due_(due), rings_(std::move(rings)), timer_(self) {}

  ticking::behavior_type make_behavior() {
    wait();
    return {[this](messages::deadline_reached) {
      ++*rings_;
      timer_.rang(now());
      wait();
    }};
  }

private:
  static domain::instant now() {
    return std::chrono::time_point_cast<domain::microseconds>(std::chrono::system_clock::now());
  }

  void wait() {
    if (now() < due_)
      timer_.wake_at(due_, now());
  }

  domain::instant due_;
  shared_count rings_;
  actors::deadline_timer<ticking> timer_;
};

/// How often an actor is woken within a tenth of a second that waits for this moment, by the real clock.
int rings_until(domain::instant due) {
  auto rings = std::make_shared<std::atomic<int>>(0);
  caf::actor_system_config configuration;
  caf::actor_system system{configuration};
  auto waiting = system.spawn<ticking::stateful_impl<waiting_state>>(due, rings);
  caf::scoped_actor self{system};
  self->receive(caf::after(100ms) >> [] {});
  self->send_exit(waiting, caf::exit_reason::kill);
  self->wait_for(waiting);
  return *rings;
}

} // namespace

SCENARIO("an actor that waits for a time further off than its clock can count is not woken all the time") {
  using std::chrono::sys_days;
  using std::chrono::year;
  for (auto far : {year{2400}, year{2500}, year{9999}})
    CHECK_EQ(rings_until(sys_days{far / 12 / 31}), 0);
}

SCENARIO("an actor is woken at the time that it waits for") {
  auto soon = std::chrono::time_point_cast<domain::microseconds>(std::chrono::system_clock::now()) + 10ms;
  CHECK_GE(rings_until(soon), 1);
}
