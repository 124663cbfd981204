#pragma once

#include "gateway/thread/thread_parts.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace usher::tests {

/// The parts of a gateway's thread without the thread and without actors: nothing happens but what a test does. What
/// the actors would be asked is kept for the test.
struct still_thread {
  still_thread(gateway::options configured, gateway::time_source now)
      : shared{.options = std::move(configured),
               .tokens = codec::tokens{{std::string(32, 's'), {}, true}},
               .proxies = {},
               .unlimited = {},
               .system = system,
               .router = {},
               .unready = {},
               .audit = {},
               .cluster = {},
               .now = std::move(now),
               .metrics = gateway::gateway_metrics{system}} {
    shared.starting = false;
  }

  /// Does everything that can be done without waiting; false when that was nothing.
  bool run() {
    context.restart();
    return context.poll() > 0;
  }

  /// What was asked since the last time, each with the number that its answer needs.
  auto asked() {
    parts.requests.flush();
    return std::exchange(asked_, {});
  }

  caf::actor_system_config config;
  caf::actor_system system{config};
  gateway::shared_parts shared;

private:
  std::vector<std::pair<std::uint64_t, messages::session_request>> asked_;

public:
  gateway::thread_parts parts{
      shared,
      0,
      {.post = [this](std::function<void()> work) { boost::asio::post(context, std::move(work)); },
       .send =
           [this](messages::session_requests batch) {
             for (auto& one : batch.requests)
               asked_.push_back(std::move(one));
           },
       .plan = [] {},
       .find_peer = [this](std::size_t number) { return number == 0 ? &parts.resumptions : nullptr; }}};
  boost::asio::io_context context; ///< last: its pending work may hold connections, which use the parts
};

} // namespace usher::tests
