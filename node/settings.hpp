#pragma once

#include "cluster/link/link_settings.hpp"
#include "gateway/options.hpp"
#include "payments/sandbox.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace usher::node {

/// Whose tokens are accepted; becomes part of `gateway::options` once the key is read.
struct auth_settings {
  std::optional<bool> anonymous;           ///< if none: only when no shop's key is set
  std::string shop_secret;                 ///< HS256: the shop signs its buyers' tokens with it; empty if it has none
  std::string shop_secret_file;            ///< where it is kept, if not in the configuration
  std::string shop_public_key_file;        ///< RS256: in PEM; empty if it has none
  std::vector<std::string> shop_key_files; ///< further keys, each `KID=FILE` or `FILE`
  std::string shop_audience;               ///< the audience that tokens must have; empty if any will do
};

/// How the facts of all shards are written together.
struct journal_settings {
  std::size_t group_max = 4096;          ///< facts in one statement at most
  std::size_t queue_max = 200'000;       ///< facts waiting to be written; above that, `overloaded`
  std::chrono::milliseconds interval{1}; ///< from the start of one group to the next, under load
};

/// How many people may wait, and which of them count as there.
struct waiting_room_settings {
  std::size_t people_max = 4'000'000; ///< in one event's waiting room
  std::chrono::seconds presence{30};  ///< how long people who are not connected count as there after asking
};

/// How this node takes part in the cluster of those that share its store.
struct cluster_settings {
  std::string name;           ///< no two that live have the same; empty for a node that serves its store alone
  std::uint32_t weight = 100; ///< how much it takes on, compared with the others
  cluster::link_settings link;
  std::string address; ///< where others are told to reach it, "host:port"; empty: where it listens
  /// How long a draining node that has given its shards away serves its clients on before it sends them to others.
  std::chrono::seconds drain_notice{3};
  bool auto_rebalance = true; ///< gives shards away because another node has joined, unasked
  bool allow_sandbox = false; ///< payments may stay in each host's own sandbox
};

/// What is written to the log, and how.
struct log_settings {
  bool json = false;          ///< one object per line instead of text for people
  std::string level = "info"; ///< and above
};

/// All settings of one node. The values are the defaults; `node/option_table.cpp` gives each field its name, sentence
/// and bounds.
struct settings {
  gateway::options gateway;              ///< except for `auth`
  std::string admin_key_file;            ///< where the operators' key is kept, if not in the configuration
  auth_settings auth;                    ///< of buyers
  std::string store = "sqlite:usher.db"; ///< the store's url
  cluster_settings cluster;
  journal_settings journal;
  waiting_room_settings waiting_room;
  payments::sandbox_settings payments; ///< without a `ledger`: `default_ledger`
  log_settings log;
  std::chrono::seconds lame_duck{5};    ///< how long a stopping node serves on, so that others notice
  std::chrono::seconds stop_within{10}; ///< for what is in flight when the node stops
};

} // namespace usher::node
