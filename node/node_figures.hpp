#pragma once

#include "catalog/shard_tally.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace usher::node {

/// What a node says of itself with each beat, for operators.
struct node_figures {
  catalog::shard_tally shards;
  std::vector<std::string> links{}; ///< the nodes to which there is a link
  std::uint64_t buyers = 0;         ///< sessions
  std::uint64_t lag_us = 0;         ///< how long the store took for the newest facts
  bool is_stopping = false;         ///< its process is about to end

  friend bool operator==(const node_figures&, const node_figures&) = default;
};

/// As a JSON object, short enough for `persistence::coordination::beat`: of many links and events only the first.
[[nodiscard]] std::string encode(const node_figures& figures);
/// Nothing for what is no such object; what a newer or older node has not said is 0.
[[nodiscard]] std::optional<node_figures> read_figures(const std::string& text);

} // namespace usher::node
