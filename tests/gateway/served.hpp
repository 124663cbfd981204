#pragma once

#include "gateway/server.hpp"
#include "tests/gateway/client.hpp"
#include "tests/gateway/fake_router.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/scoped_actor.hpp>

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace usher::tests {

inline const headers operators_key{{"Authorization", "Bearer the operator's key"}};

inline gateway::options quick_options() {
  gateway::options configured;
  configured.buyers.port = 0;
  configured.operators.port = 0;
  configured.admin_key = "the operator's key";
  configured.limit_loopback = false;
  configured.per_buyer = {1e6, 1e6, 1000};
  return configured;
}

/// Says hello and sends a request that is never answered.
inline void ask_in_vain(websocket_client& client) {
  client.hello();
  client.send(R"({"type":"hold","id":"never","event":"open","seats":["S-A-2"]})");
  client.ask(R"({"type":"ping","id":"p"})", "p");
}

/// Stands in for what a node knows of its cluster.
class fake_cluster_desk {
public:
  using completion = std::function<void(gateway::cluster_answer)>;

  /// To whatever is asked from now on; with nothing whoever asks waits until there is something.
  void answer_with(std::optional<gateway::cluster_answer> what) {
    std::vector<completion> waiting;
    {
      std::lock_guard guard{lock_};
      answer_ = what;
      if (what)
        waiting.swap(waiting_);
    }
    for (const auto& done : waiting)
      done(*what);
  }
  [[nodiscard]] std::vector<gateway::cluster_request> heard() const {
    std::lock_guard guard{lock_};
    return heard_;
  }

  void serve(const gateway::cluster_request& wish, const completion& done) {
    std::optional<gateway::cluster_answer> said;
    {
      std::lock_guard guard{lock_};
      heard_.push_back(wish);
      said = answer_;
      if (!said)
        waiting_.push_back(done);
    }
    if (said)
      done(*std::move(said));
  }

private:
  mutable std::mutex lock_;
  std::optional<gateway::cluster_answer> answer_{R"({"nodes":[]})"};
  std::vector<gateway::cluster_request> heard_;
  std::vector<completion> waiting_;
};

/// A gateway in front of a fake router, on ports of its own.
class served {
public:
  explicit served(gateway::options configured = quick_options())
      : notes(std::make_shared<router_notes>()), router_(spawn_fake_router(system, notes)),
        server(std::make_unique<gateway::server>(std::move(configured), parts())) {
    server->start();
    if (!server->await_events({domain::event_id{"open"}, domain::event_id{"rock"}},
                              std::chrono::steady_clock::now() + std::chrono::seconds{20}))
      throw std::runtime_error{"the gateway's threads do not work"};
  }

  ~served() {
    server = nullptr;
    {
      std::lock_guard guard{notes->lock};
      notes->gateways.clear();
    }
    caf::scoped_actor self{system};
    self->send_exit(router_, caf::exit_reason::user_shutdown);
    self->wait_for(router_);
  }

  /// Waits until something is so that no frame tells. Throws after the deadline.
  static void await(const std::function<bool()>& so) {
    auto until = std::chrono::steady_clock::now() + std::chrono::seconds{20};
    while (!so()) {
      if (std::chrono::steady_clock::now() > until)
        throw std::runtime_error{"it did not become so within the deadline"};
      std::this_thread::yield();
    }
  }

  [[nodiscard]] std::uint16_t port() const { return server->buyers_port(); }
  [[nodiscard]] std::uint16_t operators() const { return server->operators_port(); }

  gateway::server_parts parts() {
    return {
        system,
        router_,
        "0123456789abcdef0123456789abcdef",
        [this] { return ready ? std::nullopt : std::optional<std::string>{"starting"}; },
        [this](messages::trace_id, const domain::event_id& event, std::function<void(gateway::audit_answer)> done) {
          auto finish = [event, done] { done(R"({"event":")" + event.value() + R"(","audit":"ok"})"); };
          if (audits_wait)
            waiting_audit = finish;
          else
            std::thread{finish}.detach();
        },
        [this](const gateway::cluster_request& wish, std::function<void(gateway::cluster_answer)> done) {
          std::thread{[desk = desk, wish, done] { desk->serve(wish, done); }}.detach();
        },
        [this] { return std::chrono::floor<domain::microseconds>(std::chrono::system_clock::now()) + ahead.load(); },
        [this] { return may_answer.load(); }};
  }

  /// As the end of a pass: a whole second of this machine's time.
  static domain::instant in_ten_minutes() {
    return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()) + std::chrono::minutes{10};
  }

  caf::actor_system_config config;
  caf::actor_system system{config};
  std::shared_ptr<router_notes> notes;
  std::atomic<bool> ready{true};
  std::atomic<bool> may_answer{true};
  std::atomic<bool> audits_wait{false};      ///< for the test, which ends the last one itself
  std::function<void()> waiting_audit;       ///< set by the gateway's thread
  std::atomic<std::chrono::seconds> ahead{}; ///< of this machine's clock: the time that the gateway is given
  std::shared_ptr<fake_cluster_desk> desk = std::make_shared<fake_cluster_desk>();

private:
  messages::router_actor router_;

public:
  std::unique_ptr<gateway::server> server;
};

} // namespace usher::tests
