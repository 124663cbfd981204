#pragma once

#include "log/log.hpp"
#include "messages/refusal.hpp"
#include "messages/type_ids.hpp"

#include <caf/actor_cast.hpp>
#include <caf/scheduled_actor.hpp>
#include <caf/sec.hpp>

#include <chrono>
#include <exception>
#include <utility>

namespace usher::actors {

/// What a shard's journal asks of the outside world. `actor_port` does it with messages.
class journal_port {
public:
  virtual ~journal_port() = default;

  virtual void append(messages::append_facts facts) = 0;
  virtual void keep(messages::keep_snapshot snapshot) = 0;
  /// Answered later by `shard_journal::reclaimed` or `shard_journal::reclaim_failed`.
  virtual void reclaim(messages::reclaim_shard wish) = 0;
  /// After `wait`, `shard_journal::reclaim_again` is due.
  virtual void wake(std::chrono::milliseconds wait) = 0;
  virtual void stopped(messages::shard_stopped notice) = 0;
};

/// A port over the shard's own actor.
///
/// `Self` is the actor's typed pointer; `Shard` is its state class, which has `journal()` and
/// `rebuild(messages::shard_reclaimed&)`. A broken invariant in the shard's code stops the shard and is reported to the
/// keeper.
template <class Self, class Shard>
class actor_port final : public journal_port {
public:
  actor_port(Self self, Shard& shard, domain::shard_id name, messages::journal_actor writer,
             messages::keeper_actor keeper)
      : self_(self), shard_(shard), writer_(std::move(writer)), keeper_(std::move(keeper)) {
    self_->set_exception_handler(
        [this, name = std::move(name)](std::exception_ptr& thrown) { return stop_for(name, thrown); });
  }

  void append(messages::append_facts facts) override {
    self_->send(writer_, std::move(facts), caf::actor_cast<messages::shard_actor>(self_.ctrl()));
  }

  void keep(messages::keep_snapshot snapshot) override { self_->send(writer_, std::move(snapshot)); }

  void reclaim(messages::reclaim_shard wish) override {
    self_->request(keeper_, longest_reclaim, std::move(wish))
        .then([this](messages::shard_reclaimed& history) { shard_.rebuild(history); },
              [this](const caf::error& why) { shard_.journal().reclaim_failed(messages::to_refusal(why)); });
  }

  void wake(std::chrono::milliseconds wait) override {
    self_.internal_ptr()->run_delayed(wait, [this] { shard_.journal().reclaim_again(); });
  }

  void stopped(messages::shard_stopped notice) override { self_->send(keeper_, std::move(notice)); }

private:
  /// The keeper may have to wait for a store that is slow to fail.
  static constexpr std::chrono::seconds longest_reclaim{30};

  caf::error stop_for(const domain::shard_id& name, const std::exception_ptr& thrown) {
    try {
      std::rethrow_exception(thrown);
    } catch (const std::exception& broken) {
      log::of("actors").critical("shard {} stops: {}", to_string(name), broken.what());
      stopped({name, messages::append_failure::disagreed, broken.what()});
    }
    return caf::make_error(caf::sec::runtime_error);
  }

  Self self_;
  Shard& shard_;
  messages::journal_actor writer_;
  messages::keeper_actor keeper_;
};

} // namespace usher::actors
