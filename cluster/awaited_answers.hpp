#pragma once

#include "failpoint/plant.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace usher::cluster {

/// Who of this node awaits which answer from other nodes, by the number of the request. Each is answered once, in
/// bounded time. Reads no clock.
template <class Asker>
class awaited_answers {
public:
  using moment = std::chrono::steady_clock::time_point;

  struct entry {
    Asker asker;
    std::uint64_t node = 0;        ///< was asked
    bool may_be_passed_on = false; ///< so that another node answers
    moment until;
  };

  explicit awaited_answers(std::size_t most) : most_(most) {}

  [[nodiscard]] bool has_room() const noexcept { return awaited_.size() < most_; }
  /// Requires room. Returns the number under which the answer is awaited; never the same twice.
  std::uint64_t add(entry who) {
    awaited_.emplace(++last_, std::move(who));
    return last_;
  }
  /// Who awaits the answer to this number; nothing if nobody does any more.
  [[nodiscard]] std::optional<Asker> take(std::uint64_t number) {
    auto found = awaited_.find(number);
    if (found == awaited_.end())
      return std::nullopt;
    if (failpoint::planted("answer_awaited_twice"))
      return found->second.asker;
    auto asker = std::move(found->second.asker);
    awaited_.erase(found);
    return asker;
  }

  /// A node cannot be asked any more: those whose answers may be lost with it.
  [[nodiscard]] std::vector<Asker> take_lost(std::uint64_t node) {
    return take_if([node](const entry& one) { return one.node == node || one.may_be_passed_on; });
  }
  /// A node has lost its session with another one: those whose requests it may have passed on there.
  [[nodiscard]] std::vector<Asker> take_passed_on(std::uint64_t by) {
    return take_if([by](const entry& one) { return one.node == by && one.may_be_passed_on; });
  }
  [[nodiscard]] std::vector<Asker> take_overdue(moment now) {
    return take_if([now](const entry& one) { return one.until <= now; });
  }
  [[nodiscard]] std::vector<Asker> take_all() {
    return take_if([](const entry&) { return true; });
  }

  [[nodiscard]] std::size_t size() const noexcept { return awaited_.size(); }

private:
  template <class Predicate>
  std::vector<Asker> take_if(Predicate is_meant) {
    std::vector<Asker> result;
    for (auto each = awaited_.begin(); each != awaited_.end();)
      if (is_meant(each->second)) {
        result.push_back(std::move(each->second.asker));
        each = awaited_.erase(each);
      } else
        ++each;
    return result;
  }

  std::size_t most_;
  std::uint64_t last_ = 0;
  std::map<std::uint64_t, entry> awaited_; ///< by number, so the oldest first
};

} // namespace usher::cluster
