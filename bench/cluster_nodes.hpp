#pragma once

#include "bench/child_node.hpp"
#include "bench/node_log.hpp"
#include "domain/ids.hpp"
#include "persistence/coordination.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace usher::bench {

/// Which node has each shard of an event: a name; empty while nobody who lives has it.
using shard_homes = std::map<domain::shard_id, std::string>;

/// How often each node has a shard, and which sections are on one.
[[nodiscard]] std::map<std::string, std::size_t> counts_of(const shard_homes& homes);
[[nodiscard]] std::vector<std::uint16_t> sections_on(const shard_homes& homes, const std::string& node);

/// How a node is started, where it differs from another.
struct node_wiring {
  std::string store = {};      ///< its store's url; empty: that of the others
  std::uint16_t link_port = 0; ///< where it listens for other nodes; 0: any free port
  std::uint16_t link_told = 0; ///< where others are told to reach it; 0: where it listens
};

/// Three nodes with links on one PostgreSQL store, and an event of floors whose shards they share. All calls are for
/// one thread.
class cluster_nodes {
public:
  /// Every wait for the nodes ends by then, in `std::runtime_error`.
  static constexpr std::chrono::seconds patience{120};

  /// Nothing is started yet.
  cluster_nodes(std::filesystem::path program, std::string store, std::string event);

  // ---- nodes ----

  void start(const std::string& name, const node_wiring& wiring = {});
  /// A node that has ended, or is ended now. What its log said is kept.
  void remove(const std::string& name);
  /// Ends all in an orderly way, the youngest first.
  void stop_all();
  [[nodiscard]] child_node& at(const std::string& name) { return *nodes_.at(name); }
  [[nodiscard]] bool has(const std::string& name) const { return nodes_.contains(name); }
  /// Those that were started and not removed.
  [[nodiscard]] std::vector<std::string> names() const;
  [[nodiscard]] std::vector<std::string> others(const std::string& name) const;
  [[nodiscard]] std::vector<crowd::address> buyers_of(const std::vector<std::string>& names) const;
  /// Which life of that node lives; 0 if none.
  [[nodiscard]] std::uint64_t incarnation_of(const std::string& name);

  // ---- the event ----

  /// Creates it with that many floors through a node, on sale.
  void create_event(const std::string& through, std::uint16_t sections);
  [[nodiscard]] const std::string& event() const noexcept { return event_; }
  /// Waits until buyers at every node see an event.
  void await_known(const std::string& event) const;
  [[nodiscard]] shard_homes homes();
  /// Waits until every shard is with a node that is up, none has more than its share allows, and nothing has moved for
  /// a second.
  shard_homes await_settled();

  // ---- logs ----

  [[nodiscard]] std::vector<log_line> log_of(const std::string& name) const;
  [[nodiscard]] std::vector<log_line> logs_of(const std::vector<std::string>& names) const;
  /// A fault is about to hit this node, so that it may be ended.
  void expect_end_of(const std::string& name) { may_end_.insert(incarnation_of(name)); }
  /// How many nodes were ended that no fault had hit, in all logs so far.
  [[nodiscard]] std::size_t false_ends() const;

private:
  [[nodiscard]] std::map<std::string, std::string> names_by_owner();
  [[nodiscard]] bool is_shared_out(const shard_homes& homes) const;

  const std::filesystem::path program_;
  const std::string store_;
  const std::string event_;
  const std::unique_ptr<persistence::coordination> members_;
  const std::unique_ptr<persistence::booking_store> rows_;
  std::map<std::string, std::unique_ptr<child_node>> nodes_;
  std::set<std::uint64_t> may_end_;
  std::vector<std::uint64_t> ended_; ///< as logs of nodes said that are gone
};

} // namespace usher::bench
