#pragma once

#include "codec/public_names.hpp"
#include "codec/tokens.hpp"
#include "gateway/buyer_places.hpp"
#include "gateway/client_address.hpp"
#include "gateway/gateway_metrics.hpp"
#include "gateway/http/compressor.hpp"
#include "gateway/node_functions.hpp"
#include "gateway/options.hpp"
#include "gateway/proxy_warning.hpp"
#include "gateway/request_limits.hpp"
#include "messages/interfaces.hpp"

#include <atomic>
#include <string>
#include <vector>

namespace caf {
class actor_system;
}

namespace usher::gateway {

class session_thread;

/// What all threads of one gateway share: never changed while they run, or thread-safe.
struct shared_parts {
  gateway::options options;
  codec::tokens tokens;
  networks proxies;
  networks unlimited; ///< see `options::unlimited_networks`
  caf::actor_system& system;
  messages::router_actor router;
  readiness unready;
  gateway::audit audit;
  gateway::cluster_desk cluster;
  time_source now;
  right_to_answer may_answer{};
  gateway_metrics metrics;
  const std::string process = codec::draw_name(); ///< unlike any other, also of this node
  std::atomic<bool> starting = true; ///< until all events of the store are known: see `server::await_events`
  std::atomic<bool> draining = false;
  proxy_warning unlisted_proxy{};
  buyer_places places{};
  buyer_places operators_places{};
  request_limits limits{options, *metrics.rate_limited};
  compressor packer{};
  std::vector<session_thread*> threads{}; ///< by their number; the last one serves operators
};

} // namespace usher::gateway
