#pragma once

#include "cluster/link/link.hpp"
#include "cluster/link/link_sessions.hpp"
#include "tests/simulation/agenda.hpp"
#include "tests/simulation/seeded_random.hpp"

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>

namespace usher::simulation {

/// What the network needs of a process that is on it.
struct network_place {
  std::string process;
  std::string host;
  std::function<std::optional<moment>()> sleeps_until; ///< nothing while it is awake
  std::function<cluster::tick()> now;                  ///< by its own clock
};

/// The network between nodes: connections that carry words in order, late and as long as nothing breaks them. A process
/// listens at its own name.
///
/// What is real is above the connections: who dials, who says hello, heartbeats, and when a session counts as down are
/// `cluster/link/link_sessions`.
class sim_network {
public:
  struct listener {
    std::function<void(const std::string& process, bool up)> session; ///< one is up, or down, for this end
    std::function<void(const std::string& what)> noted;               ///< for the trace
  };

  sim_network(agenda& when, seeded_random& chance, listener told);

  /// A process's link, which does something only when it is told to `step`.
  class link_end;
  [[nodiscard]] std::shared_ptr<link_end> attach(network_place where, const std::string& name, cluster::link_news news);
  /// The process has ended: whoever is connected hears so soon, and nobody listens there any more.
  void detach(const std::string& process);

  // ---- faults ----

  /// Nothing gets from one host to the other; what is under way waits.
  void cut(const std::string& from, const std::string& to) { cuts_.emplace(from, to); }
  void mend(const std::string& from, const std::string& to) { cuts_.erase({from, to}); }
  /// Everything between the two takes long.
  void slow_down(const std::string& one, const std::string& other) { slow_.insert(std::minmax(one, other)); }
  void speed_up(const std::string& one, const std::string& other) { slow_.erase(std::minmax(one, other)); }
  /// Connections of the two break, with what is under way.
  void reset(const std::string& one, const std::string& other);
  /// All is well again.
  void heal();

private:
  class channel;
  struct parcel {
    moment arrives;
    std::optional<std::string> word; ///< none: the other end has closed the connection
  };
  struct direction {
    std::deque<parcel> under_way;
    bool is_planned = false; ///< somebody looks at what is under way when it may arrive
    bool is_deaf = false;    ///< its receiver has closed the connection
  };
  struct connection {
    std::array<std::string, 2> processes;
    std::array<std::string, 2> hosts;
    std::array<std::shared_ptr<channel>, 2> ends;
    std::array<direction, 2> to;
  };

  [[nodiscard]] moment latency(const std::string& from, const std::string& to);
  [[nodiscard]] bool is_cut(const std::string& from, const std::string& to) const { return cuts_.contains({from, to}); }
  [[nodiscard]] std::shared_ptr<link_end> find(const std::string& process) const;
  /// Has the process do something as soon as it is awake, unless it has ended by then.
  void when_awake(const std::string& process, std::function<void(link_end&)> happens);

  void attempt(const link_end& by, const cluster::link_attempt& whom);
  void arrive(const std::string& from, const cluster::link_attempt& whom);
  void come_back(const std::string& to, const cluster::link_attempt& whom, cluster::reach how);
  [[nodiscard]] std::shared_ptr<channel> connect(const link_end& from, const link_end& to);

  void write(std::uint64_t number, std::size_t from, std::optional<std::string> word);
  void close(std::uint64_t number, std::size_t by);
  void plan(std::uint64_t number, std::size_t to, moment wait);
  void deliver(std::uint64_t number, std::size_t to);
  void hand_over(std::uint64_t number, std::size_t to, link_end& receiver);

  agenda& when_;
  seeded_random& chance_;
  listener told_;
  std::map<std::string, std::weak_ptr<link_end>> ends_; ///< by process
  std::map<std::uint64_t, connection> connections_;
  std::uint64_t connected_ = 0;
  std::set<std::pair<std::string, std::string>> cuts_; ///< of hosts, from and to
  std::set<std::pair<std::string, std::string>> slow_; ///< pairs of hosts
};

/// One process's end of all its links.
class sim_network::link_end final : public cluster::link {
public:
  link_end(sim_network& in, network_place where, const std::string& name, cluster::link_news news);

  void seek(cluster::incarnation me, std::vector<cluster::link_peer> others) override;
  void send(cluster::incarnation to, std::uint64_t session, std::string frame) override;
  void end(cluster::incarnation with, std::uint64_t session) override;
  /// Does what is due. To be called several times between two heartbeats, as long as the process is awake.
  void step();

private:
  friend class sim_network;

  sim_network& network_;
  network_place where_;
  cluster::link_sessions sessions_;
};

} // namespace usher::simulation
