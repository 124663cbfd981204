#include "node/application.hpp"

#include "codec/random.hpp"
#include "gateway/server.hpp"
#include "log/log.hpp"
#include "node/audit_desk.hpp"
#include "node/clock_correction.hpp"
#include "node/cluster_desk.hpp"
#include "node/endpoint.hpp"
#include "node/farewell.hpp"
#include "node/node_actors.hpp"
#include "node/option_defaults.hpp"
#include "node/store_watch.hpp"
#include "persistence/booking_store.hpp"

#include <algorithm>
#include <atomic>
#include <optional>
#include <thread>
#include <utility>

namespace usher::node {
namespace {

using namespace std::chrono_literals;

/// A gateway that does not know its router's events by then never will.
constexpr std::chrono::seconds announced_within{30};

settings with_admin_key(settings all) {
  if (all.gateway.admin_key.empty())
    all.gateway.admin_key = codec::random_hex(32);
  return all;
}

store_watch::opener opener_of(const std::string& url) {
  return [url] { return persistence::open_store(url); };
}

std::string own_secret(const std::string& url) {
  return persistence::open_store(url)->secret("tokens", [] { return codec::random_bytes(32); });
}

} // namespace

/// Members are declared in the order in which they are built.
class application::parts {
public:
  parts(const configuration& configured, fatal on_fatal)
      : settings_(with_admin_key(configured.node)), secret_(own_secret(settings_.store)),
        host_(settings_, configured.actor_system, std::move(on_fatal)),
        correction_(host_.clock(), host_.system().metrics()),
        watch_(opener_of(settings_.store), host_.system().clock(),
               [this](const actors::clock_reading& reading) { correction_.take(reading); }),
        audits_(opener_of(settings_.store)), cluster_(host_.for_cluster_desk(settings_)),
        gateway_(gateway_options_for(settings_),
                 {host_.system(), host_.router(), secret_, [this] { return unready(); },
                  [this](messages::trace_id trace, const domain::event_id& event, audit_desk::completion done) {
                    audits_.ask(trace, event, std::move(done));
                  },
                  [this](const gateway::cluster_request& wish, cluster_desk::completion done) {
                    cluster_.ask(wish, std::move(done));
                  },
                  [this] { return host_.clock().now(&host_.system()); }, [this] { return host_.may_answer(); }}) {
    // If a port is in use, this must show before the shards are taken over.
    gateway_.start();
    settings_.gateway.buyers.port = gateway_.buyers_port();
    settings_.gateway.operators.port = gateway_.operators_port();
    if (!gateway_.await_events(host_.start_shards(), std::chrono::steady_clock::now() + announced_within))
      log::of("node").error("some events of the store are not served");
    state_ = state::ready;
    host_.on_status([this](auto status) { farewell_.note(status); });
    log::of("node").info("ready; buyers at http://{}, operators at http://{}, store {}", to_string(buyers()),
                         to_string(operators()), persistence::without_password(settings_.store));
  }

  ~parts() { stop(); }

  void settle(std::chrono::steady_clock::time_point until) { host_.settle(until); }

  void announce_end() { gateway_.announce_end(); }

  [[nodiscard]] bool has_others() const { return host_.has_links(); }

  void stop() {
    end(
        settings_.stop_within, [this](auto until) { give_away(until); }, [this](auto until) { host_.settle(until); });
  }

  void give_up() {
    auto nothing = [](auto) {};
    end(std::min(settings_.stop_within, patience_when_giving_up), nothing, nothing);
  }

  [[nodiscard]] const endpoint& buyers() const { return settings_.gateway.buyers; }
  [[nodiscard]] const endpoint& operators() const { return settings_.gateway.operators; }
  [[nodiscard]] const std::string& admin_key() const { return settings_.gateway.admin_key; }

private:
  enum class state { starting, ready, stopping };

  /// Over what time clients are sent away at most.
  static constexpr std::chrono::seconds farewells_max{5};
  /// Those who are sent away last may await an answer.
  static constexpr std::chrono::seconds patience_with_the_last{1};
  /// What is in flight when a node gives up is probably somebody else's to answer.
  static constexpr std::chrono::seconds patience_when_giving_up{1};

  /// Until when clients go, of a stop that may take so long.
  static std::chrono::milliseconds farewells_in(std::chrono::seconds within) {
    return std::min<std::chrono::milliseconds>(within / 2, farewells_max);
  }

  /// Has others serve this node's shards, and then its clients, who have been served until then.
  void give_away(std::chrono::steady_clock::time_point until) {
    if (!host_.has_links())
      return;
    host_.give_shards_away(until);
    std::this_thread::sleep_for(settings_.cluster.drain_notice);
    auto spread = farewells_in(settings_.stop_within);
    gateway_.send_away(spread);
    gateway_.await_leaving(std::max(until, std::chrono::steady_clock::now() + spread + patience_with_the_last));
  }

  /// `give_away` has other nodes take this one's part, and `settle` waits for what the gateway's clients do not wait
  /// for, both until the time that they get.
  template <class GiveAway, class Settle>
  void end(std::chrono::seconds within, GiveAway give_away, Settle settle) {
    if (state_.exchange(state::stopping) == state::stopping)
      return;
    auto until = std::chrono::steady_clock::now() + within;
    host_.on_status({});
    farewell_.stop();
    gateway_.announce_end();
    give_away(until);
    gateway_.drain(std::chrono::duration_cast<std::chrono::seconds>(
        std::max(std::chrono::steady_clock::duration{1s}, until - std::chrono::steady_clock::now())));
    audits_.stop();
    cluster_.stop();
    gateway_.stop();
    settle(until);
    log::of("node").info("nothing is in flight any more; stopping");
    host_.stop();
  }

  /// Called on the gateway's threads.
  std::optional<std::string> unready() const {
    switch (state_.load()) {
      case state::starting:
        return "The node is starting.";
      case state::stopping:
        return "The node is stopping.";
      case state::ready:
        break;
    }
    if (!watch_.reachable())
      return "The store is out of reach.";
    if (auto why = host_.not_answering())
      return why;
    if (host_.journal().failure()) // and why is for the log: anybody may ask here
      return "The store answers, but takes no facts.";
    return std::nullopt;
  }

  settings settings_;
  std::string secret_;
  std::atomic<state> state_{state::starting};
  node_actors host_;
  clock_correction correction_;
  store_watch watch_;
  audit_desk audits_;
  cluster_desk cluster_;
  gateway::server gateway_;
  farewell farewell_{host_.system(),
                     host_.keeper(),
                     {[this] { gateway_.announce_end(); },
                      [this](std::chrono::milliseconds spread) { gateway_.send_away(spread); },
                      [this] { gateway_.go_on(); }},
                     {settings_.cluster.drain_notice, farewells_in(settings_.stop_within)}};
};

application::application(const configuration& configured, fatal on_fatal) {
  register_message_types();
  parts_ = std::make_unique<parts>(configured, std::move(on_fatal));
}

application::~application() = default;

void application::settle(std::chrono::steady_clock::time_point until) {
  parts_->settle(until);
}

bool application::has_others() const {
  return parts_->has_others();
}

void application::announce_end() {
  parts_->announce_end();
}

void application::stop() {
  parts_->stop();
}

void application::give_up() {
  parts_->give_up();
}

const gateway::listen_address& application::buyers() const {
  return parts_->buyers();
}

const gateway::listen_address& application::operators() const {
  return parts_->operators();
}

const std::string& application::admin_key() const {
  return parts_->admin_key();
}

} // namespace usher::node
