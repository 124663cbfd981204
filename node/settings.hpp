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
  std::optional<bool> anonymous; ///< none: only when no key of a shop is set
  std::string shop_secret;
  std::string shop_public_key_file;
  std::string shop_audience;
};

struct journal_settings {
  std::size_t group_max = 4096;
  std::size_t queue_max = 200'000;
  std::chrono::milliseconds interval{1};
};

struct waiting_room_settings {
  std::size_t max_people = 4'000'000; ///< in one event's
  std::chrono::seconds presence{30};
};

struct log_settings {
  bool json = false;
  std::string level = "info";
};

/// Everything that can be set for one node. The values are the defaults; `node/option_table.cpp` gives each field its
/// name, sentence and bounds.
struct settings {
  gateway::options gateway;
  auth_settings auth;
  std::string store = "sqlite:usher.db";
  journal_settings journal;
  waiting_room_settings waiting_room;
  payments::sandbox_settings payments; ///< `ledger` none: `default_ledger`
  log_settings log;
  std::chrono::seconds stop_within{10}; ///< for what is in flight when the node stops
};

} // namespace usher::node
