#pragma once

#include "domain/decision.hpp"

#include <cstddef>
#include <optional>
#include <utility>

namespace usher::actors {

/// Counts the answers to requests that were sent together, and remembers what went wrong.
class answer_count {
public:
  explicit answer_count(std::size_t expected) : missing_(expected) {}

  void yes() { --missing_; }

  void no(domain::refusal why) {
    --missing_;
    auto& slot = domain::is_passing(why.reason) ? passing_ : final_;
    if (!slot)
      slot = std::move(why);
  }

  [[nodiscard]] bool complete() const noexcept { return missing_ == 0; }
  /// The first refusal that repeating will not change, if any.
  [[nodiscard]] const std::optional<domain::refusal>& refused() const noexcept { return final_; }
  /// The first refusal that may pass a little later, if any.
  [[nodiscard]] const std::optional<domain::refusal>& delayed() const noexcept { return passing_; }
  /// The worse of the two, if any.
  [[nodiscard]] const std::optional<domain::refusal>& problem() const noexcept { return final_ ? final_ : passing_; }

private:
  std::size_t missing_;
  std::optional<domain::refusal> final_;
  std::optional<domain::refusal> passing_;
};

} // namespace usher::actors
