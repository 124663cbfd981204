#include "tests/simulation/sim_network.hpp"

#include <algorithm>
#include <utility>

namespace usher::simulation {

using namespace std::chrono_literals;
using cluster::reach;

namespace {

/// Less often than in production: they cost the simulation time, and nothing depends on how many there are.
constexpr auto heartbeat = 500ms;
/// Until somebody who hears nothing from a host gives up.
constexpr auto patience = 1s;
/// Between two looks whether a cut, or a sleep, is over.
constexpr auto look = 20ms;

cluster::link_limits limits() {
  cluster::link_limits result;
  result.pulse.beat = heartbeat;
  return result;
}

} // namespace

class sim_network::channel final : public cluster::link_channel {
public:
  channel(sim_network& in, std::uint64_t number, std::size_t side) : network_(in), number_(number), side_(side) {}

  void write(std::string word) override { network_.write(number_, side_, std::move(word)); }
  void close() override { network_.close(number_, side_); }

private:
  sim_network& network_;
  const std::uint64_t number_;
  const std::size_t side_;
};

// ---- one process's end -------------------------------------------------------------

sim_network::link_end::link_end(sim_network& in, network_place where, const std::string& name, cluster::link_news news)
    : network_(in), where_(std::move(where)),
      sessions_(
          {"the store", name}, std::move(news),
          [this](const std::string& line) { network_.told_.noted(where_.process + ": " + line); }, limits()) {}

void sim_network::link_end::seek(cluster::incarnation me, std::vector<cluster::link_peer> others) {
  sessions_.seek(me, std::move(others), where_.now());
  step();
}

void sim_network::link_end::send(cluster::incarnation to, std::uint64_t session, std::string frame) {
  auto [over, theirs] = sessions_.find(to, session);
  if (over)
    over->write(cluster::write({theirs, cluster::link_payload{std::move(frame)}}));
}

void sim_network::link_end::end(cluster::incarnation with, std::uint64_t session) {
  sessions_.end(with, session, where_.now());
}

void sim_network::link_end::step() {
  for (const auto& whom : sessions_.advance(where_.now()))
    network_.attempt(*this, whom);
}

// ---- who is on it --------------------------------------------------------------------

sim_network::sim_network(agenda& when, seeded_random& chance, listener told)
    : when_(when), chance_(chance), told_(std::move(told)) {}

std::shared_ptr<sim_network::link_end> sim_network::attach(network_place where, const std::string& name,
                                                           cluster::link_news news) {
  auto process = where.process;
  cluster::link_news overheard{
      [this, process, up = news.up](cluster::incarnation node, std::uint64_t session) {
        told_.session(process, true);
        up(node, session);
      },
      [this, process, down = news.down](cluster::incarnation node, std::uint64_t session, bool refused) {
        told_.session(process, false);
        down(node, session, refused);
      },
      news.frame};
  auto fresh = std::make_shared<link_end>(*this, std::move(where), name, std::move(overheard));
  ends_[process] = fresh;
  return fresh;
}

void sim_network::detach(const std::string& process) {
  ends_.erase(process);
  for (auto& [number, one] : connections_)
    for (std::size_t side : {0, 1})
      if (one.processes[side] == process) {
        write(number, side, std::nullopt);
        one.to[side].is_deaf = true;
      }
}

std::shared_ptr<sim_network::link_end> sim_network::find(const std::string& process) const {
  auto found = ends_.find(process);
  return found == ends_.end() ? nullptr : found->second.lock();
}

void sim_network::when_awake(const std::string& process, std::function<void(link_end&)> happens) {
  auto one = find(process);
  if (!one)
    return;
  if (auto until = one->where_.sleeps_until())
    return when_.in(std::min(*until - when_.now(), moment{look}),
                    [this, process, happens] { when_awake(process, happens); });
  happens(*one);
}

moment sim_network::latency(const std::string& from, const std::string& to) {
  return slow_.contains(std::minmax(from, to)) ? chance_.wait(100ms, 300ms) : chance_.wait(50us, 5ms);
}

// ---- attempts ------------------------------------------------------------------------

void sim_network::attempt(const link_end& by, const cluster::link_attempt& whom) {
  auto to = find(whom.whom.address);
  auto far = to ? to->where_.host : by.where_.host;
  when_.in(latency(by.where_.host, far), [this, from = by.where_.process, whom] { arrive(from, whom); });
}

/// A process that stands still listens all the same: its system answers for it.
void sim_network::arrive(const std::string& from, const cluster::link_attempt& whom) {
  auto by = find(from);
  if (!by)
    return;
  auto to = find(whom.whom.address);
  auto is_silent = to && (is_cut(by->where_.host, to->where_.host) || is_cut(to->where_.host, by->where_.host));
  auto how = !to ? reach::refused : is_silent ? reach::silent : reach::open;
  auto wait = is_silent ? moment{patience} : latency(by->where_.host, to ? to->where_.host : by->where_.host);
  when_.in(wait, [this, from, whom, how] { come_back(from, whom, how); });
}

void sim_network::come_back(const std::string& to, const cluster::link_attempt& whom, reach how) {
  when_awake(to, [this, whom, how](link_end& by) {
    auto there = find(whom.whom.address);
    cluster::link_sessions::channel made;
    if (how == reach::open && there && whom.dials)
      made = connect(by, *there);
    by.sessions_.tried(whom.whom.node, how, made, by.where_.now());
  });
}

std::shared_ptr<sim_network::channel> sim_network::connect(const link_end& from, const link_end& to) {
  auto number = ++connected_;
  auto& fresh = connections_[number];
  fresh.processes = {from.where_.process, to.where_.process};
  fresh.hosts = {from.where_.host, to.where_.host};
  for (std::size_t side : {0, 1})
    fresh.ends[side] = std::make_shared<channel>(*this, number, side);
  return fresh.ends[0];
}

// ---- what is under way ---------------------------------------------------------------

void sim_network::write(std::uint64_t number, std::size_t from, std::optional<std::string> word) {
  auto found = connections_.find(number);
  auto to = 1 - from;
  if (found == connections_.end() || found->second.to[to].is_deaf)
    return;
  auto& one = found->second;
  auto& under_way = one.to[to].under_way;
  auto arrives = when_.now() + latency(one.hosts[from], one.hosts[to]);
  if (!under_way.empty())
    arrives = std::max(arrives, under_way.back().arrives);
  under_way.push_back({arrives, std::move(word)});
  if (!one.to[to].is_planned)
    plan(number, to, arrives - when_.now());
}

void sim_network::close(std::uint64_t number, std::size_t by) {
  auto found = connections_.find(number);
  if (found == connections_.end() || found->second.to[by].is_deaf)
    return;
  write(number, by, std::nullopt);
  found->second.to[by].is_deaf = true;
  found->second.to[by].under_way.clear();
}

void sim_network::plan(std::uint64_t number, std::size_t to, moment wait) {
  connections_.at(number).to[to].is_planned = true;
  when_.in(wait, [this, number, to] { deliver(number, to); });
}

void sim_network::deliver(std::uint64_t number, std::size_t to) {
  auto found = connections_.find(number);
  if (found == connections_.end())
    return;
  auto& one = found->second;
  one.to[to].is_planned = false;
  auto receiver = find(one.processes[to]);
  if (one.to[to].is_deaf || !receiver) {
    one.to[to].under_way.clear();
    return;
  }
  if (is_cut(one.hosts[1 - to], one.hosts[to]))
    return plan(number, to, look);
  if (auto until = receiver->where_.sleeps_until())
    return plan(number, to, std::min(*until - when_.now(), moment{look}));
  hand_over(number, to, *receiver);
}

void sim_network::hand_over(std::uint64_t number, std::size_t to, link_end& receiver) {
  auto here = connections_.at(number).ends[to];
  while (connections_.contains(number)) {
    auto& way = connections_.at(number).to[to];
    if (way.is_deaf || way.under_way.empty())
      return;
    if (way.under_way.front().arrives > when_.now())
      return plan(number, to, way.under_way.front().arrives - when_.now());
    auto word = std::move(way.under_way.front().word);
    way.under_way.pop_front();
    if (word) {
      receiver.sessions_.take(here, *std::move(word), receiver.where_.now());
    } else {
      connections_.erase(number);
      receiver.sessions_.lost(here, receiver.where_.now());
    }
  }
}

// ---- faults --------------------------------------------------------------------------

void sim_network::reset(const std::string& one, const std::string& other) {
  for (auto& [number, each] : connections_)
    if (std::minmax(each.hosts[0], each.hosts[1]) == std::minmax(one, other))
      for (std::size_t side : {0, 1}) {
        each.to[side].under_way.clear();
        write(number, 1 - side, std::nullopt);
      }
}

void sim_network::heal() {
  cuts_.clear();
  slow_.clear();
}

} // namespace usher::simulation
