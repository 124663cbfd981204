#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <queue>
#include <utility>
#include <vector>

namespace usher::simulation {

/// Virtual time since the world began.
using moment = std::chrono::nanoseconds;

/// What will happen outside the nodes, and when: answers on their way, faults, people who have thought long enough.
class agenda {
public:
  [[nodiscard]] moment now() const noexcept { return now_; }

  void in(moment wait, std::function<void()> happens) { entries_.push({now_ + wait, ++count_, std::move(happens)}); }

  [[nodiscard]] std::optional<moment> next() const {
    return entries_.empty() ? std::nullopt : std::optional{entries_.top().at};
  }

  void advance_to(moment now) { now_ = now; }

  /// Lets everything happen that is due.
  void run_due() {
    while (!entries_.empty() && entries_.top().at <= now_) {
      auto happens = entries_.top().happens;
      entries_.pop();
      happens();
    }
  }

private:
  struct entry {
    moment at;
    std::uint64_t number; ///< of two at the same moment the one that was planned first
    std::function<void()> happens;

    friend bool operator<(const entry& a, const entry& b) {
      return std::pair{a.at, a.number} > std::pair{b.at, b.number};
    }
  };

  moment now_{0};
  std::uint64_t count_ = 0;
  std::priority_queue<entry> entries_;
};

} // namespace usher::simulation
