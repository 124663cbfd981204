#pragma once

#include "domain/decision.hpp"
#include "messages/hold.hpp"

#include <cstddef>
#include <optional>
#include <vector>

namespace usher::actors {

/// A hold over several sections: granted by all, or released by all.
///
/// Collects the sections' answers, in any order, and says what follows from them. Sends nothing itself.
class spread_hold {
public:
  explicit spread_hold(std::vector<domain::section_no> asked);

  /// A section granted its part.
  void granted(domain::section_no section, const messages::hold_granted& part);
  /// A section refused, or its answer is unknown.
  void refused(domain::section_no section, domain::refusal why);

  /// Every section has answered.
  [[nodiscard]] bool complete() const noexcept { return answers_ == asked_.size(); }
  /// Why the whole hold is refused, if it is: the first refusal, with the section it came from.
  [[nodiscard]] const std::optional<domain::refusal>& refusal() const noexcept { return refusal_; }
  /// Sections where something is or may be held: to be undone when the whole is refused.
  [[nodiscard]] const std::vector<domain::section_no>& to_release() const noexcept { return to_release_; }
  /// The whole hold. Requires that all have granted.
  [[nodiscard]] const messages::hold_granted& answer() const;

private:
  std::vector<domain::section_no> asked_;
  std::size_t answers_ = 0;
  std::optional<messages::hold_granted> whole_; ///< as far as it was granted
  std::optional<domain::refusal> refusal_;
  std::vector<domain::section_no> to_release_;
};

} // namespace usher::actors
