#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

namespace usher::cluster {

/// What all other nodes have been asked at once, and which of them have not answered yet. Each question ends, in
/// bounded time. Reads no clock.
template <class Asker>
class asked_all {
public:
  using moment = std::chrono::steady_clock::time_point;

  explicit asked_all(std::size_t most) : most_(most) {}

  [[nodiscard]] bool has_room() const noexcept { return open_.size() < most_; }
  /// Requires room, and somebody who is asked. Returns the question's number; never the same twice.
  std::uint64_t add(Asker who, std::set<std::uint64_t> nodes, moment until) {
    open_.emplace(++last_, question{std::move(who), std::move(nodes), until});
    return last_;
  }
  /// A node has answered. Returns who asked, if it was the last.
  [[nodiscard]] std::optional<Asker> answered(std::uint64_t number, std::uint64_t node) {
    auto found = open_.find(number);
    if (found == open_.end() || found->second.nodes.erase(node) == 0 || !found->second.nodes.empty())
      return std::nullopt;
    return std::move(open_.extract(found).mapped().who);
  }
  /// A node cannot answer any more. Returns those who have waited for it alone.
  [[nodiscard]] std::vector<Asker> gone(std::uint64_t node) {
    return take_if([node](question& one) { return one.nodes.erase(node) > 0 && one.nodes.empty(); });
  }
  /// Those who have waited for long enough.
  [[nodiscard]] std::vector<Asker> take_overdue(moment now) {
    return take_if([now](const question& one) { return one.until <= now; });
  }

private:
  struct question {
    Asker who;
    std::set<std::uint64_t> nodes; ///< that have not answered
    moment until;
  };

  template <class Predicate>
  std::vector<Asker> take_if(Predicate is_meant) {
    std::vector<Asker> result;
    for (auto each = open_.begin(); each != open_.end();)
      if (is_meant(each->second)) {
        result.push_back(std::move(each->second.who));
        each = open_.erase(each);
      } else
        ++each;
    return result;
  }

  std::size_t most_;
  std::uint64_t last_ = 0;
  std::map<std::uint64_t, question> open_; ///< by number
};

} // namespace usher::cluster
