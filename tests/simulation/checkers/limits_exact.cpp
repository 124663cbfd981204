#include "tests/simulation/checkers/checkers.hpp"
#include "tests/simulation/words.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

namespace usher::simulation {
namespace {

/// No buyer ever has more than the limit that was in force at any time since they asked, and when all is over each can
/// take exactly what is left of it. A lower limit is in force when its event knows that it is written: at once, or if
/// something came in between, when the event has its shard again.
class limits_exact final : public checker {
public:
  using checker::checker;
  [[nodiscard]] const char* name() const override { return "limits_exact"; }

  void asked(const messages::hold_seats& wish) override {
    auto limit = written().settings().max_seats_per_buyer;
    if (known_at_ && now() < *known_at_)
      limit = std::max(limit, former_);
    highest_.try_emplace(wish.hold, limit);
    open_[wish.hold].insert(now());
  }

  void told(const messages::hold_granted& hold) override { answered(hold.hold); }

  /// Whoever was refused for good, and asks again, asks anew; unless they had asked twice, and have one answer.
  void refused(const messages::hold_seats& wish, const domain::refusal& why) override {
    answered(wish.hold);
    if (open_.contains(wish.hold) || domain::is_passing(why.reason) || why.reason == domain::rejection::in_progress)
      return;
    highest_.erase(wish.hold);
  }

  void interrupted() override {
    if (known_at_ && now() < *known_at_)
      known_at_ = now() + outage;
  }

  void claimed(const shard_claimed& claim) override {
    if (claim.shard.kind == domain::shard_kind::event)
      known_at_.reset();
  }

  void writes(const persistence::journal_entry& entry) override {
    if (const auto* change = std::get_if<domain::event_defined>(&entry.fact)) {
      for (auto& [hold, limit] : highest_)
        limit = std::max(limit, change->settings.max_seats_per_buyer);
      former_ = written().settings().max_seats_per_buyer;
      known_at_ = change->settings.max_seats_per_buyer < former_ ? std::optional{now() + soon} : std::nullopt;
    }
    const auto* held = std::get_if<domain::seats_held>(&entry.fact);
    if (!held)
      return;
    auto limit = highest_.contains(held->hold) ? highest_.at(held->hold) : written().settings().max_seats_per_buyer;
    auto has = written().taken_by(held->buyer) + held->seats.size();
    if (has > limit)
      fail(held->buyer.value() + " has " + std::to_string(has) + " seats with hold " + words(held->hold)
           + ", and the limit is " + std::to_string(limit));
  }

  void probed(const limit_probe& probe) override {
    if (probe.closed) {
      if (probe.rest_granted || probe.more_granted)
        fail(probe.buyer.value() + " gets seats although the sale is closed");
      return;
    }
    auto left = probe.limit - std::min(probe.had, probe.limit);
    if (left > 0 && !probe.rest_granted)
      fail(probe.buyer.value() + " has " + std::to_string(probe.had) + " seats of " + std::to_string(probe.limit)
           + " and is refused " + std::to_string(left) + " more: " + probe.why_not);
    if (probe.more_granted)
      fail(probe.buyer.value() + " gets one seat more than the limit of " + std::to_string(probe.limit));
  }

private:
  /// This copy of the wish has its answer, and none will come for those that died with a node.
  void answered(domain::hold_id hold) {
    auto found = open_.find(hold);
    if (found == open_.end())
      return; // it was only read
    auto& copies = found->second;
    if (auto answered = copies.find(known().asked_at()); answered != copies.end())
      copies.erase(answered);
    copies.erase(copies.begin(), copies.lower_bound(now() - copy_lives));
    if (copies.empty())
      open_.erase(found);
  }

  /// A copy that has no answer by then gets none any more. A node gives up a request after 8 s at the latest, wherever
  /// it was passed on to; whoever has it then may be asleep for 4 s, until others have its shards.
  static constexpr domain::seconds copy_lives{12};
  /// By then an event has heard that its facts are written, if nothing comes in between: the store may take as long as
  /// it may take to answer.
  static constexpr domain::microseconds soon{5'500'000};
  /// If something does, an event is in doubt for no longer than this.
  static constexpr domain::seconds outage{10};

  std::uint32_t former_ = 0;                ///< the limit before the present one
  std::optional<domain::instant> known_at_; ///< when the event knows the present limit
  /// When a hold was asked for by those copies of the wish that may still do something.
  std::map<domain::hold_id, std::multiset<domain::instant>> open_;
  std::map<domain::hold_id, std::uint32_t> highest_; ///< of the limits since the hold was first asked for
};

} // namespace

made_checker make_limits_exact(const evidence& known, const checker::finding& found) {
  return std::make_unique<limits_exact>(known, found);
}

} // namespace usher::simulation
