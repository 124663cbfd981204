#include "cluster/link/caf_channels.hpp"

#include "cluster/link/caf_broker.hpp"

#include <caf/actor_cast.hpp>
#include <caf/actor_config.hpp>
#include <caf/exit_reason.hpp>
#include <caf/mailbox_element.hpp>

#include <utility>

namespace usher::cluster {

namespace {

class inbox_actor final : public caf::monitorable_actor {
public:
  explicit inbox_actor(std::weak_ptr<caf_channels> channels)
      : caf::monitorable_actor(caf::actor_config{}.add_flag(caf::abstract_actor::is_hidden_flag)),
        channels_(std::move(channels)) {}

  /// Whatever is no word of another node ends here.
  bool enqueue(caf::mailbox_element_ptr what, caf::execution_unit*) override {
    auto channels = channels_.lock();
    if (!channels || !what->sender || what->sender->node() == node() || !what->payload.match_elements<std::string>())
      return false;
    channels->deliver(what->sender, std::move(what->payload.get_mutable_as<std::string>(0)));
    return true;
  }

  [[nodiscard]] const char* name() const override { return "usher.link"; }
  void setup_metrics() {} ///< CAF calls it for every new actor

private:
  const std::weak_ptr<caf_channels> channels_;
};

} // namespace

void caf_channel::write(std::string word) {
  there_->enqueue(inbox_, caf::make_message_id(), caf::make_message(std::move(word)), nullptr);
}

void caf_channel::close() {
  break_connection(broker_, node());
}

caf::strong_actor_ptr caf_channels::make_inbox(caf::actor_system& system) {
  inbox_ = caf::make_actor<inbox_actor, caf::strong_actor_ptr>(system.next_actor_id(), system.node(), &system,
                                                               weak_from_this());
  return inbox_;
}

void caf_channels::end_inbox() {
  auto* inbox = static_cast<inbox_actor*>(caf::actor_cast<caf::abstract_actor*>(inbox_));
  inbox->cleanup(caf::exit_reason::user_shutdown, nullptr);
}

/// CAF may find at once that the connection is gone again, on this very thread: so nothing is locked by then.
link_sessions::channel caf_channels::open(const caf::strong_actor_ptr& there) {
  std::unique_lock lock{mutex_};
  auto [known, is_new] = open_.try_emplace(there.get());
  if (is_new)
    known->second = std::make_shared<caf_channel>(there, inbox_, broker_);
  link_sessions::channel result = known->second;
  lock.unlock();
  if (is_new)
    there->get()->attach_functor([channels = weak_from_this(), key = there.get()] {
      if (auto living = channels.lock())
        living->forget(key);
    });
  return result;
}

void caf_channels::deliver(const caf::strong_actor_ptr& from, std::string word) {
  events_.word(open(from), std::move(word));
}

void caf_channels::forget(caf::actor_control_block* there) {
  link_sessions::channel gone;
  {
    std::lock_guard lock{mutex_};
    auto found = open_.find(there);
    if (found == open_.end())
      return;
    gone = std::move(found->second);
    open_.erase(found);
  }
  events_.lost(gone);
}

} // namespace usher::cluster
