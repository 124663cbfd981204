#include "node/farewell.hpp"

#include "log/log.hpp"

#include <caf/actor_system.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>

#include <cstdint>
#include <utility>

namespace usher::node {
namespace {

using persistence::node_status;

/// Is told whether the node drains.
class draining_state {
public:
  static inline const char* name = "usher.farewell";

  draining_state(caf::event_based_actor* self, messages::keeper_actor keeper, farewell_calls calls,
                 farewell_times times)
      : self_(self), keeper_(std::move(keeper)), calls_(std::move(calls)), times_(times) {}

  caf::behavior make_behavior() {
    return {[this](bool drains) {
      if (std::exchange(drains_, drains) != drains)
        drains ? begin() : end();
    }};
  }

private:
  void begin() {
    log::of("node").info("this node drains: its clients go to others once its shards have");
    calls_.announce();
    self_->request(keeper_, caf::infinite, messages::shards_left{})
        .then([this, round = ++round_] { in_this(round, [this] { wait_for_notice(); }); },
              [](const caf::error&) {}); // the keeper is gone, and soon this is, too
  }

  void wait_for_notice() {
    self_->run_delayed(times_.notice, [this, round = round_] {
      in_this(round, [this] {
        log::of("node").info("this node's clients are sent to others");
        calls_.send_away(times_.spread);
      });
    });
  }

  void end() {
    ++round_;
    log::of("node").info("this node drains no longer: whoever is left may stay");
    calls_.go_on();
  }

  template <class Work>
  void in_this(std::uint64_t round, Work work) {
    if (round == round_)
      work();
  }

  caf::event_based_actor* self_;
  messages::keeper_actor keeper_;
  farewell_calls calls_;
  farewell_times times_;
  bool drains_ = false;
  std::uint64_t round_ = 0; ///< grows with each beginning and end
};

} // namespace

struct farewell::parts {
  caf::actor_system& system;
  caf::actor actor;
};

farewell::farewell(caf::actor_system& system, const messages::keeper_actor& keeper, farewell_calls calls,
                   farewell_times times)
    : parts_(new parts{system, system.spawn<caf::stateful_actor<draining_state>>(keeper, std::move(calls), times)}) {}

farewell::~farewell() {
  stop();
}

void farewell::note(std::optional<node_status> status) {
  // A node that was ended comes back as one that takes part, or as one that still drains.
  if (status == node_status::draining || status == node_status::up)
    caf::anon_send(parts_->actor, status == node_status::draining);
}

void farewell::stop() {
  caf::scoped_actor self{parts_->system};
  self->send_exit(parts_->actor, caf::exit_reason::user_shutdown);
  self->wait_for(parts_->actor);
}

} // namespace usher::node
