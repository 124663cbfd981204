#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

/// What a node's log says of a takeover. Nodes of one machine write one machine's time, to the microsecond.
namespace usher::bench {

using log_time = std::chrono::sys_time<std::chrono::microseconds>;

struct log_line {
  log_time at;
  std::string text;
};

/// The time of a line as `usher node --log-json` writes it, e.g. `2026-11-30T09:30:00.123456Z`; nullopt for another
/// text.
[[nodiscard]] std::optional<log_time> read_log_time(std::string_view text);
/// The lines of a log of `--log-json`, in order. Lines that are none, such as a last one that is half written, are
/// passed over.
[[nodiscard]] std::vector<log_line> read_log(std::string_view text);
[[nodiscard]] std::vector<log_line> read_log_file(const std::filesystem::path& file);

/// The incarnations that a log says its node has ended.
[[nodiscard]] std::vector<std::uint64_t> ended_in(const std::vector<log_line>& log);

/// What is looked for in the logs of those who go on without a node.
struct lost_node {
  std::uint64_t incarnation = 0;
  log_time since;               ///< the fault
  std::set<std::string> shards; ///< its shards, as the logs name them
};

/// When the steps of a takeover were over, in milliseconds since the fault; nullopt for what no log says. `claimed`,
/// `loaded` and `served` are of the last of the shards.
struct takeover_steps {
  std::optional<double> seen; ///< the first link to the node was down, or it said that it had no store
  std::optional<double> ended;
  std::optional<double> claimed;
  std::optional<double> loaded;
  std::optional<double> served;
};

/// `survivors` are the lines of all who go on, in any order; `own` those of the node itself.
[[nodiscard]] takeover_steps steps_of(const lost_node& lost, const std::vector<log_line>& survivors,
                                      const std::vector<log_line>& own);

} // namespace usher::bench
