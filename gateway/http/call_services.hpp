#pragma once

#include "gateway/node_functions.hpp"

#include <atomic>
#include <functional>

namespace caf::telemetry {
class metric_registry;
}

namespace usher::codec {
class tokens;
}

namespace usher::gateway {

class buyer_index;
class compressor;
class directory;
class event_list;
class idempotency_table;
class own_things;
class pass_book;
class queue_answers;
class request_limits;
struct options;

/// Runs work on an exchange's thread, soon; called from any thread.
using on_own_thread = std::function<void(std::function<void()>)>;

// What calls work with besides their exchange. All of it belongs to the exchange's thread, or may be used by any; and
// it outlives every exchange.

/// What the calls of buyers work with.
struct buyer_call_services {
  const gateway::options& options;
  const codec::tokens& tokens;
  const time_source& now;
  request_limits& limits;
  idempotency_table& repeats;
  buyer_index& buyers;
  const queue_answers& places;
  own_things& own;
  const pass_book& passes;
};

/// What the calls that read events work with.
struct event_call_services {
  event_list& list;
  compressor& packer;
  on_own_thread post;
};

/// What the calls work with by which operators create and change events.
struct operator_call_services {
  const gateway::directory& directory;
  const gateway::audit& audit; ///< may be empty
  on_own_thread post;
};

/// What operators' calls about the cluster work with.
struct cluster_call_services {
  const gateway::cluster_desk& desk; ///< may be empty
  on_own_thread post;
};

/// What operators' calls about orders and tickets work with.
struct order_call_services {
  const codec::tokens& tokens;
};

/// What the calls about the node itself work with.
struct node_call_services {
  const readiness& unready; ///< may be empty
  const std::atomic<bool>& draining;
  const caf::telemetry::metric_registry& metrics;
};

/// What all calls work with, by what they are about.
struct call_services {
  buyer_call_services buyers;
  event_call_services events;
  operator_call_services operators;
  order_call_services orders;
  cluster_call_services cluster;
  node_call_services node;
};

} // namespace usher::gateway
