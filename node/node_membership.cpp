#include "node/node_membership.hpp"

#include "codec/random.hpp"
#include "node/endpoint.hpp"
#include "persistence/coordination.hpp"

#include <caf/exit_reason.hpp>
#include <caf/scoped_actor.hpp>

#include <fmt/format.h>

#include <atomic>
#include <thread>
#include <utility>

#include <unistd.h>

namespace usher::node {
namespace {

/// A node that has its store alone goes on refusing while that is away, as nobody can have replaced it unseen.
cluster::serving_right_limits limits_for(const cluster_settings& configured) {
  cluster::serving_right_limits limits;
  if (configured.name.empty())
    limits.lease.reset();
  return limits;
}

cluster::census_settings census_settings_for(const settings& configured) {
  cluster::census_settings result;
  result.card.name = configured.cluster.name;
  result.card.weight = configured.cluster.weight;
  result.card.http = to_string(configured.gateway.buyers);
  result.card.release = USHER_VERSION;
  return result;
}

} // namespace

/// Outlives the object: connections ask for it.
struct node_membership::present_life {
  std::atomic<std::uint64_t> number{0};
};

node_membership::node_membership(const settings& configured, std::function<void(const std::string&)> on_fatal)
    : now_(std::make_shared<present_life>()),
      right_(std::make_shared<cluster::serving_right>(limits_for(configured.cluster))), awake_(right_),
      settings_(census_settings_for(configured)), owner_(draw_owner_name()) {
  ports_.open = [url = configured.store] { return persistence::open_coordination(url); };
  ports_.draw_owner = [first = owner_, is_drawn = false]() mutable {
    return std::exchange(is_drawn, true) ? draw_owner_name() : first;
  };
  ports_.right = right_;
  ports_.on_fatal = std::move(on_fatal);
  ports_.joined = [now = now_](persistence::incarnation it) { now->number = it.value(); };
}

void node_membership::enter(caf::actor_system& system, const messages::keeper_actor& keeper) {
  if (census_)
    return;
  auto first = cluster::join(settings_, ports_, [](auto time) { std::this_thread::sleep_for(time); });
  ports_.draw_owner = draw_owner_name;
  census_ = cluster::spawn_census(system, settings_, ports_, first, keeper);
}

void node_membership::end(caf::scoped_actor& self) {
  if (!census_)
    return;
  self->send_exit(census_, caf::exit_reason::user_shutdown);
  self->wait_for(census_);
  census_ = nullptr;
}

std::function<std::string()> node_membership::session() const {
  return [now = now_] { return persistence::session_of(persistence::incarnation{now->number.load()}); };
}

/// Host and process id do not tell two containers apart, so it includes randomness.
std::string draw_owner_name() {
  char host[256] = {};
  if (::gethostname(host, sizeof host - 1) != 0)
    host[0] = '\0';
  return fmt::format("{}:{}/{}", host, ::getpid(), codec::random_hex(8));
}

} // namespace usher::node
