#pragma once

#include "crowd/address.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

/// Buyers who keep asking, one for each section of an event, and write down how long each answer took.
namespace usher::bench {

using steady_time = std::chrono::steady_clock::time_point;

struct probed_section {
  std::uint16_t number = 0; ///< its id is one more
  /// From one request to the next; if an answer takes longer, the next follows it at once.
  std::chrono::milliseconds pace{100};
};

struct probe_plan {
  std::string event;
  std::vector<probed_section> sections; ///< one at least
  /// Nodes, one at least, in turn. Whose node sends them away, or closes, goes to the next one.
  std::vector<crowd::address> through;
};

/// One request: a hold of one place, or the release that follows it.
struct probe_answer {
  std::uint16_t section = 0;
  steady_time asked;
  steady_time answered;
  bool is_hold = false;
  std::string why; ///< it was refused, or lost; empty if it was granted
};

class section_probes {
public:
  /// Starts. Whoever is not connected yet, and cannot be, tries again.
  explicit section_probes(probe_plan plan);
  /// Breaks off.
  ~section_probes();
  section_probes(const section_probes&) = delete;
  section_probes& operator=(const section_probes&) = delete;

  /// Waits until each of the plan's sections has granted a hold that was asked for at `since` or later; false if not
  /// all have within `patience`.
  [[nodiscard]] bool await_grants(steady_time since, std::chrono::milliseconds patience);

  /// Asks for nothing more, waits up to ten seconds for what is open, and says all that came so far. What does not come
  /// counts as lost. Call once.
  [[nodiscard]] std::vector<probe_answer> stop();

private:
  class room;

  std::unique_ptr<room> room_;
};

/// For each section how long it took from `since` to the first grant of a hold asked for after it, in milliseconds. One
/// that granted none is left out.
[[nodiscard]] std::map<std::uint16_t, double> first_grants_ms(const std::vector<probe_answer>& answers,
                                                              steady_time since);
/// For each section the slowest answer that was open at some moment from `from` to `until`, in milliseconds.
[[nodiscard]] std::map<std::uint16_t, double> slowest_ms(const std::vector<probe_answer>& answers, steady_time from,
                                                         steady_time until);
/// How often requests that were open at some moment from `from` to `until` failed, by reason.
[[nodiscard]] std::map<std::string, std::uint64_t> failures(const std::vector<probe_answer>& answers, steady_time from,
                                                            steady_time until);

} // namespace usher::bench
