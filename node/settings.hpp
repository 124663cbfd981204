#pragma once

#include "gateway/options.hpp"
#include "payments/sandbox.hpp"

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>

namespace usher::node {

/// Who is believed to be a buyer; becomes part of `gateway::options` once the key is read.
struct auth_settings {
  std::optional<bool> anonymous;    ///< none: only when no key of a shop is set
  std::string shop_secret;          ///< HS256: the shop signs its buyers' tokens with it; empty when it has none
  std::string shop_public_key_file; ///< RS256: in PEM; empty when it has none
  std::string shop_audience;        ///< whom the tokens must be for; empty when that does not count
};

/// How the facts of all shards are written together.
struct journal_settings {
  std::size_t group_max = 4096;          ///< facts in one statement at most
  std::size_t queue_max = 200'000;       ///< facts waiting to be written; above that, `overloaded`
  std::chrono::milliseconds interval{1}; ///< from the start of one group to the next, under load
};

/// How many people wait, and who of them is there.
struct waiting_room_settings {
  std::size_t people_max = 4'000'000; ///< in one event's
  std::chrono::seconds presence{30};  ///< who is not connected is there for so long after asking
};

/// What is written to the log, and how.
struct log_settings {
  bool json = false;          ///< one object a line instead of text for people
  std::string level = "info"; ///< and above
};

/// Everything that can be set for one node. The values are the defaults; `node/option_table.cpp` gives each field its
/// name, sentence and bounds.
struct settings {
  gateway::options gateway;              ///< but for `auth`
  auth_settings auth;                    ///< of buyers
  std::string store = "sqlite:usher.db"; ///< its url
  journal_settings journal;
  waiting_room_settings waiting_room;
  payments::sandbox_settings payments; ///< `ledger` none: `default_ledger`
  log_settings log;
  std::chrono::seconds stop_within{10}; ///< for what is in flight when the node stops
};

} // namespace usher::node
