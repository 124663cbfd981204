#pragma once

#include "cluster/link/link.hpp"
#include "cluster/outgoing.hpp"
#include "cluster/parking.hpp"
#include "messages/type_ids.hpp"

#include <caf/fwd.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>

namespace usher::cluster {

struct switchboard_limits {
  outgoing_limits out{}; ///< for each other node
  parking_limits parked{};
  std::size_t awaited_max = 200'000; ///< answers from all other nodes
  /// What another node may have asked here without having got an answer, before it is kept from sending more.
  std::size_t unanswered_max = 20'000;
  std::size_t gateways_max = 64; ///< of each other node
  /// An answer that has not come by then is unknown.
  std::chrono::milliseconds patience{8'000};
  std::chrono::milliseconds sweep{500}; ///< between looks at who has waited for too long
  std::size_t looks_max = 1'000;        ///< that other nodes have been asked for (`messages::event_written`)
  /// Whoever has not looked into the store by then is not waited for: it will by itself.
  std::chrono::milliseconds look{3'000};
};

struct switchboard_ports {
  /// Makes the link, which tells its news to this.
  std::function<std::shared_ptr<link>(link_news)> open_link;
  std::function<bool()> may_answer; ///< from memory (`serving_right`)
  /// Another node says that it cannot reach the store, or that it can again.
  std::function<void(const messages::store_cut_off&)> on_cut_off{};
  switchboard_limits limits{};
};

/// Starts the actor that carries requests, answers and news between the shards and gateways of this node and those of
/// others, in batches.
///
/// A request goes to the node that serves the shard, and if the shard passes it on, to the node of the next one; the
/// answer comes from there straight to the node that has asked. While nobody is known to serve a shard, its requests
/// wait here. Every request is answered: by the shard; as `overloaded`, or as `moved` when its shard is not where it
/// was thought to be, both of which mean that it was certainly not done; or as unknown, when a session with a node has
/// ended meanwhile, or nobody answers in time. It is never sent twice, and no node holds what another one has asked for
/// longer than their session lasts: whoever wants to may ask again.
///
/// What shards tell gateways and each other may be lost with a session. Then, and whenever a shard is served elsewhere
/// than before, all who listened to it are told so: the gateways by the router, an event by `section_closed`, its
/// sections and its waiting room by `event_reopened`.
[[nodiscard]] messages::switchboard_actor spawn_switchboard(caf::actor_system& system, switchboard_ports ports);

} // namespace usher::cluster
