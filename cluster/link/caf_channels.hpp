#pragma once

#include "cluster/link/link_sessions.hpp"

#include <caf/actor.hpp>
#include <caf/actor_control_block.hpp>
#include <caf/actor_system.hpp>
#include <caf/monitorable_actor.hpp>
#include <caf/node_id.hpp>

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace usher::cluster {

/// What channels tell, on CAF's threads or that of the one who opens them. It may use the channels.
struct channel_events {
  std::function<void(const link_sessions::channel& from, std::string word)> word;
  std::function<void(const link_sessions::channel& gone)> lost;
};

/// A connection of CAF's network: what is written goes to the other node's inbox.
class caf_channel final : public link_channel {
public:
  caf_channel(caf::strong_actor_ptr there, caf::strong_actor_ptr inbox, caf::actor broker)
      : there_(std::move(there)), inbox_(std::move(inbox)), broker_(std::move(broker)) {}

  void write(std::string word) override;
  void close() override;
  [[nodiscard]] const caf::node_id& node() const { return there_->node(); }

private:
  const caf::strong_actor_ptr there_; ///< the other node's inbox: CAF's proxy for it, which dies with the connection
  const caf::strong_actor_ptr inbox_; ///< of this node
  const caf::actor broker_;
};

/// The channels that are open, by the proxies of the other nodes' inboxes. May be used on any thread.
class caf_channels : public std::enable_shared_from_this<caf_channels> {
public:
  caf_channels(caf::actor broker, channel_events events) : broker_(std::move(broker)), events_(std::move(events)) {}

  /// The actor that other nodes send words to. It has no mailbox: words are told as CAF delivers them, in order.
  [[nodiscard]] caf::strong_actor_ptr make_inbox(caf::actor_system& system);
  /// The inbox's end; it tells other nodes that they have lost this one.
  void end_inbox();
  /// The channel to the node whose inbox this is.
  [[nodiscard]] link_sessions::channel open(const caf::strong_actor_ptr& there);
  /// From an inbox, to this node's.
  void deliver(const caf::strong_actor_ptr& from, std::string word);

private:
  void forget(caf::actor_control_block* there);

  const caf::actor broker_;
  const channel_events events_;
  std::mutex mutex_;
  caf::strong_actor_ptr inbox_;
  std::map<caf::actor_control_block*, std::shared_ptr<caf_channel>> open_;
};

} // namespace usher::cluster
