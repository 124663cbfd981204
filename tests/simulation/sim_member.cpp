#include "tests/simulation/sim_member.hpp"

#include "tests/simulation/sim_coordination.hpp"
#include "tests/simulation/waiting.hpp"

#include <caf/send.hpp>

#include <utility>

namespace usher::simulation {

using namespace std::chrono_literals;

namespace {

/// As `cluster/wake_watch` and a link's thread do it.
constexpr auto pace = 100ms;

} // namespace

sim_member::sim_member(std::string name, surroundings around) : name_(std::move(name)), around_(std::move(around)) {
  pass_time();
}

sim_member::~sim_member() {
  end();
}

void sim_member::end() {
  *ended_ = true;
  if (link_)
    around_.network.detach(around_.place.process);
}

/// Only while the process is awake.
void sim_member::pass_time() {
  if (!around_.place.sleeps_until()) {
    right_->note_time(around_.place.now());
    if (link_)
      link_->step();
  }
  around_.when.in(pace, [this, ended = ended_] {
    if (!*ended)
      pass_time();
  });
}

std::unique_ptr<persistence::coordination> sim_member::open() {
  return std::make_unique<sim_coordination>(around_.store, around_.client);
}

std::string sim_member::draw_owner() {
  return around_.place.process + "/" + std::to_string(++lives_);
}

cluster::census_settings sim_member::settings() const {
  cluster::census_settings result;
  result.card.name = name_;
  result.card.link = around_.place.process;
  result.links = true;
  return result;
}

cluster::census_ports sim_member::ports(const messages::switchboard_actor& switchboard) {
  cluster::census_ports result;
  result.open = [this] { return open(); };
  result.draw_owner = [this] { return draw_owner(); };
  result.right = right_;
  result.now = around_.place.now;
  result.on_fatal = around_.stops;
  result.switchboard = switchboard;
  result.cut_off_from_store = [switchboard](bool cut_off) {
    caf::anon_send(switchboard, messages::store_cut_off{0, cut_off});
  };
  return result;
}

cluster::census_actor sim_member::enter(caf::actor_system& system, const messages::keeper_actor& keeper,
                                        const messages::switchboard_actor& switchboard) {
  auto all = ports(switchboard);
  auto first = cluster::join(settings(), all, [this](auto time) {
    wait_in(around_.when, time, around_.client.wake);
    if (around_.client.dead())
      throw persistence::store_unavailable{"the process has ended"};
  });
  census_ = cluster::spawn_census(system, settings(), all, first, keeper, cluster::census_thread::shared);
  return census_;
}

// ---- links ------------------------------------------------------------------------

std::shared_ptr<cluster::link> sim_member::open_link(cluster::link_news news) {
  link_ = around_.network.attach(around_.place, name_, overhear(std::move(news)));
  return link_;
}

/// The same news, after the census has heard of what they say about links.
cluster::link_news sim_member::overhear(cluster::link_news news) {
  using messages::link_state;
  auto up = [this, then = std::move(news.up)](cluster::incarnation node, std::uint64_t session) {
    tell({node.value(), session, link_state::up});
    then(node, session);
  };
  auto down = [this, then = std::move(news.down)](cluster::incarnation node, std::uint64_t session, bool refused) {
    tell({node.value(), session, refused ? link_state::refused : link_state::silent});
    then(node, session, refused);
  };
  return {std::move(up), std::move(down), std::move(news.frame)};
}

void sim_member::tell(const messages::link_changed& news) {
  if (census_)
    caf::anon_send(census_, news);
}

void sim_member::hear(const messages::store_cut_off& said) {
  if (census_)
    caf::anon_send(census_, said);
}

} // namespace usher::simulation
