#pragma once

#include "cluster/census.hpp"
#include "cluster/link/link.hpp"
#include "cluster/serving_right.hpp"
#include "messages/type_ids.hpp"
#include "tests/simulation/agenda.hpp"
#include "tests/simulation/sim_network.hpp"
#include "tests/simulation/sim_store.hpp"
#include "tests/simulation/store_line.hpp"

#include <caf/actor_system.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace usher::simulation {

/// A simulated node among several that share the store, as `node/node_membership` is a real one: it joins, beats, and
/// says whether this node may answer.
class sim_member {
public:
  struct surroundings {
    agenda& when;
    sim_store& store;
    sim_network& network;
    store_client client;
    network_place place;
    std::function<void(const std::string& why)> stops; ///< the process cannot go on
  };

  sim_member(std::string name, surroundings around);
  ~sim_member();
  sim_member(const sim_member&) = delete;
  sim_member& operator=(const sim_member&) = delete;

  [[nodiscard]] std::unique_ptr<persistence::coordination> open();
  [[nodiscard]] std::shared_ptr<cluster::link> open_link(cluster::link_news news);
  [[nodiscard]] bool may_answer() const { return right_->holds(around_.place.now()); }
  void hear(const messages::store_cut_off& said);
  /// Joins, and then has a census. Blocks; throws what `cluster::join` throws.
  cluster::census_actor enter(caf::actor_system& system, const messages::keeper_actor& keeper,
                              const messages::switchboard_actor& switchboard);
  /// Null before it has joined.
  [[nodiscard]] const cluster::census_actor& census() const noexcept { return census_; }
  /// The process has ended: nobody listens any more.
  void end();

private:
  void pass_time();
  [[nodiscard]] std::string draw_owner();
  [[nodiscard]] cluster::census_settings settings() const;
  [[nodiscard]] cluster::census_ports ports(const messages::switchboard_actor& switchboard);
  [[nodiscard]] cluster::link_news overhear(cluster::link_news news);
  void tell(const messages::link_changed& news);

  const std::string name_;
  surroundings around_;
  std::shared_ptr<cluster::serving_right> right_ = std::make_shared<cluster::serving_right>();
  std::shared_ptr<sim_network::link_end> link_;
  cluster::census_actor census_;
  std::uint64_t lives_ = 0;
  std::shared_ptr<bool> ended_ = std::make_shared<bool>(false); ///< for what is planned outside
};

/// The process to whose life this belongs, by what the rows of its shards say.
[[nodiscard]] inline std::string process_of(const std::string& owner) {
  return owner.substr(0, owner.find('/'));
}

} // namespace usher::simulation
