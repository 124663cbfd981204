#include "node/node_membership.hpp"

#include "codec/random.hpp"
#include "node/endpoint.hpp"
#include "persistence/coordination.hpp"

#include <caf/exit_reason.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

#include <fmt/format.h>

#include <atomic>
#include <mutex>
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

cluster::census_settings census_settings_for(const settings& configured, const std::string& owner) {
  cluster::census_settings result;
  result.card = card_of(configured);
  result.links = !configured.cluster.link.listen.empty();
  if (!configured.cluster.name.empty() && !configured.cluster.allow_sandbox)
    result.objection = [host = host_in_owner_name(owner)](const persistence::member& other) {
      return objection_to_sandboxes(host, other);
    };
  return result;
}

} // namespace

/// Outlives the object: connections ask for it.
struct node_membership::present_life {
  static constexpr int nobody = -1;

  [[nodiscard]] std::optional<persistence::node_status> present() const {
    auto known = status.load();
    return known == nobody ? std::nullopt : std::optional{static_cast<persistence::node_status>(known)};
  }

  void becomes(std::optional<persistence::node_status> next) {
    std::lock_guard lock{mutex};
    status = next ? static_cast<int>(*next) : nobody;
    if (listener)
      listener(next);
  }

  std::atomic<std::uint64_t> number{0};
  std::atomic<int> status{nobody};
  std::mutex mutex; ///< of those who change the status, and of the listener
  std::function<void(std::optional<persistence::node_status>)> listener;
};

/// Outlives the object: links tell it their news.
struct node_membership::present_census {
  template <class News>
  void tell(const News& news) {
    std::lock_guard lock{mutex};
    if (actor)
      caf::anon_send(actor, news);
  }

  std::mutex mutex;
  cluster::census_actor actor; ///< null before it has joined, and after it has left
};

node_membership::node_membership(const settings& configured, std::function<void(const std::string&)> on_fatal,
                                 std::function<std::string()> figures)
    : now_(std::make_shared<present_life>()),
      right_(std::make_shared<cluster::serving_right>(limits_for(configured.cluster))), awake_(right_),
      owner_(draw_owner_name()), settings_(census_settings_for(configured, owner_)),
      census_(std::make_shared<present_census>()) {
  ports_.open = [url = configured.store] { return persistence::open_coordination(url); };
  ports_.draw_owner = [first = owner_, is_drawn = false]() mutable {
    return std::exchange(is_drawn, true) ? draw_owner_name() : first;
  };
  ports_.right = right_;
  ports_.on_fatal = std::move(on_fatal);
  ports_.figures = std::move(figures);
  ports_.status_changed = [now = now_](std::optional<persistence::node_status> status) { now->becomes(status); };
  ports_.joined = [now = now_](persistence::incarnation it) { now->number = it.value(); };
}

void node_membership::enter(caf::actor_system& system, const messages::keeper_actor& keeper,
                            const messages::switchboard_actor& switchboard) {
  if (census_->actor)
    return;
  ports_.switchboard = switchboard;
  if (switchboard)
    ports_.cut_off_from_store = [switchboard](bool cut_off) {
      caf::anon_send(switchboard, messages::store_cut_off{0, cut_off});
    };
  auto first = cluster::join(settings_, ports_, [](auto time) { std::this_thread::sleep_for(time); });
  ports_.draw_owner = draw_owner_name;
  std::lock_guard lock{census_->mutex};
  census_->actor = cluster::spawn_census(system, settings_, ports_, first, keeper);
}

cluster::link_news node_membership::overhear(cluster::link_news news) const {
  auto changed = [census = census_](cluster::incarnation node, std::uint64_t session, messages::link_state how) {
    census->tell(messages::link_changed{node.value(), session, how});
  };
  auto up = [changed, then = std::move(news.up)](cluster::incarnation node, std::uint64_t session) {
    changed(node, session, messages::link_state::up);
    then(node, session);
  };
  auto down = [changed, then = std::move(news.down)](cluster::incarnation node, std::uint64_t session, bool refused) {
    changed(node, session, refused ? messages::link_state::refused : messages::link_state::silent);
    then(node, session, refused);
  };
  return {std::move(up), std::move(down), std::move(news.frame)};
}

std::function<void(const messages::store_cut_off&)> node_membership::on_cut_off() const {
  return [census = census_](const messages::store_cut_off& said) { census->tell(said); };
}

void node_membership::start_draining() {
  auto store = ports_.open();
  store->change_status(persistence::incarnation{now_->number.load()}, persistence::node_status::draining);
}

std::optional<persistence::node_status> node_membership::status() const {
  return now_->present();
}

void node_membership::on_status(std::function<void(std::optional<persistence::node_status>)> listener) {
  std::lock_guard lock{now_->mutex};
  now_->listener = std::move(listener);
  if (now_->listener)
    now_->listener(now_->present());
}

void node_membership::end(caf::scoped_actor& self) {
  cluster::census_actor leaves;
  {
    std::lock_guard lock{census_->mutex};
    leaves.swap(census_->actor);
  }
  if (!leaves)
    return;
  self->send_exit(leaves, caf::exit_reason::user_shutdown);
  self->wait_for(leaves);
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

std::string host_in_owner_name(const std::string& owner) {
  return owner.substr(0, owner.rfind(':'));
}

persistence::node_card card_of(const settings& configured) {
  const auto& of = configured.cluster;
  persistence::node_card card;
  card.name = of.name;
  card.weight = of.weight;
  card.link = of.address.empty() ? of.link.listen : of.address;
  card.http = to_string(configured.gateway.buyers);
  card.release = USHER_VERSION;
  return card;
}

std::optional<std::string> objection_to_sandboxes(const std::string& host, const persistence::member& other) {
  auto others = host_in_owner_name(other.card.owner);
  if (others == host)
    return std::nullopt;
  return fmt::format("node {} (\"{}\") is on another host, {}, and this one on {}: each host has a payment sandbox of "
                     "its own, so that payments which one began are unknown on the other. For trying things out, "
                     "cluster.allow-sandbox = true allows it",
                     other.number.value(), other.card.name, others, host);
}

} // namespace usher::node
