#include "tests/simulation/checkers/checkers.hpp"
#include "tests/simulation/words.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace usher::simulation {
namespace {

/// A hold that was refused for good is soon in no section any more: unless a crash or an outage came in between, after
/// which a part of it may stay until its deadline.
class refused_not_held final : public checker {
public:
  using checker::checker;
  [[nodiscard]] const char* name() const override { return "refused_not_held"; }

  void asked(const messages::hold_seats& wish) override { refused_.erase(wish.hold); }
  void told(const messages::hold_granted& hold) override {
    refused_.erase(hold.hold);
    left_over_.erase(hold.hold);
  }

  void refused(const messages::hold_seats& wish, const domain::refusal& why) override {
    // A hold that was there before stays, whatever its repeat is told; `in_progress` is no outcome.
    const auto* hold = written().find(wish.hold);
    const auto* parts = std::get_if<std::vector<messages::section_wish>>(&wish.wanted);
    auto never_granted = !hold || (parts && hold->parts.size() < parts->size() && !left_over_.contains(wish.hold));
    if (never_granted && now() >= recovered_at_ && !domain::is_passing(why.reason)
        && why.reason != domain::rejection::in_progress && why.reason != domain::rejection::idempotency_mismatch)
      refused_.emplace(wish.hold, now());
  }

  void interrupted() override {
    refused_.clear();
    recovered_at_ = now() + recovery;
    for (const auto& [id, hold] : written().holds())
      if (std::any_of(hold.parts.begin(), hold.parts.end(), [](const auto& one) { return one.second.live(); }))
        left_over_.insert(id);
  }
  void claimed(const shard_claimed&) override { interrupted(); }

  void writes(const persistence::journal_entry&) override { look(); }
  void settled(const standing&) override { look(); }

private:
  /// By then what was held in part has been undone.
  static constexpr domain::seconds soon{3};
  /// For so long after an interruption what came of it may still stand in the way of an undoing.
  static constexpr domain::seconds recovery{5};

  void look() {
    std::erase_if(refused_, [this](const auto& refusal) {
      const auto& [id, at] = refusal;
      if (at + soon > now())
        return false;
      if (const auto* hold = written().find(id))
        for (const auto& [section, part] : hold->parts)
          if (part.live())
            fail("hold " + words(id) + " was refused at " + words(at) + " and is still in section "
                 + std::to_string(section.value()));
      return true;
    });
  }

  std::map<domain::hold_id, domain::instant> refused_;
  std::set<domain::hold_id> left_over_; ///< in part, perhaps, from before an interruption
  domain::instant recovered_at_;
};

} // namespace

made_checker make_refused_not_held(const evidence& known, const checker::finding& found) {
  return std::make_unique<refused_not_held>(known, found);
}

} // namespace usher::simulation
