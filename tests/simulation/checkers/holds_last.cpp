#include "tests/simulation/checkers/checkers.hpp"
#include "tests/simulation/words.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>

namespace usher::simulation {
namespace {

/// A hold that a buyer was told of lasts until its deadline, its release or its order; and one that is being paid for,
/// as long as the payment was given, but not shorter than the grace after its section was claimed. No clock's step
/// makes it shorter, as long as the same node serves it; and no other plan.
class holds_last final : public checker {
public:
  using checker::checker;
  [[nodiscard]] const char* name() const override { return "holds_last"; }

  void claimed(const shard_claimed& claim) override {
    claimed_at_[claim.shard] = claim.at;
    owners_[claim.shard] = claim.owner;
    event_ = claim.shard.event;
  }

  void asked(const messages::hold_seats& wish) override { first_asked_.try_emplace(wish.hold, now()); }
  /// They know of it, and it is there: it must not be gone before its time when they are answered.
  void asked(const messages::find_hold& wish) override {
    if (promised_.contains(wish.hold) && is_live(wish.hold))
      sought_.insert(wish.hold);
    else
      sought_.erase(wish.hold);
  }

  void asked(const messages::release_hold& wish) override {
    may_end_.insert(wish.hold);
    sought_.erase(wish.hold);
  }
  void asked(const messages::cancel_order& wish) override { order_may_end(wish.order); }
  void asked(const messages::refund_order& wish) override { order_may_end(wish.order); }

  /// While it is paid for, the time that is told is what it gets if the payment fails just then.
  void told(const messages::hold_granted& hold) override {
    if (const auto* present = written().find(hold.hold))
      for (const auto& [section, part] : present->parts)
        if (part.paying_for)
          return;
    auto& until = promised_[hold.hold];
    until = std::max(until, hold.until);
  }

  void refused(const messages::find_hold& wish, const domain::refusal& why) override {
    auto gone = why.reason == domain::rejection::hold_expired || why.reason == domain::rejection::not_found;
    if (gone && sought_.contains(wish.hold) && is_live(wish.hold) && !order_undone(wish.hold) && known().told_by_owner()
        && !may_be_up(wish.hold))
      fail("hold " + words(wish.hold) + " is there, and its buyer is told that it is not");
  }

  void writes(const persistence::journal_entry& entry) override {
    if (const auto* held = std::get_if<domain::seats_held>(&entry.fact)) {
      if (is_over(held->hold)) // and is another one by the same name, with a promise of its own
        promised_.erase(held->hold);
      grants_[{held->hold, entry.shard.section}] = {held->until - entry.at, owners_[entry.shard]};
    }
    if (const auto* end = std::get_if<domain::hold_ended>(&entry.fact)) {
      ended(entry, *end);
      sought_.erase(end->hold);
    }
    if (const auto* sale = std::get_if<domain::seats_sold>(&entry.fact))
      sought_.erase(sale->hold);
  }

  void replaces(const domain::seating_plan&, const domain::seating_plan& next) override {
    for (const auto& [place, seat] : written().seats())
      if (seat.held && !next.section(place.first).has(place.second))
        fail("the new plan has no " + words(place.first, place.second) + ", which is held");
  }

private:
  struct time_given {
    domain::microseconds lasts;
    std::string by;
  };

  [[nodiscard]] bool is_over(domain::hold_id id) const {
    const auto* hold = written().find(id);
    auto live = [](const auto& part) { return part.second.live(); };
    return hold && std::none_of(hold->parts.begin(), hold->parts.end(), live);
  }

  [[nodiscard]] bool is_live(domain::hold_id id) const {
    const auto* hold = written().find(id);
    auto live = [](const auto& part) { return part.second.live(); };
    return hold && !hold->parts.empty() && std::all_of(hold->parts.begin(), hold->parts.end(), live);
  }

  /// It was decided no earlier than it was asked for, and whatever says that it is over is decided no later than now:
  /// in between lies at least the time that it was given, but for the slewing of clocks; and for their steps, if
  /// another node has it now.
  [[nodiscard]] bool may_be_up(domain::hold_id id, const domain::shard_id& shard) const {
    auto asked = first_asked_.find(id);
    auto given = grants_.find({id, shard.section});
    if (asked == first_asked_.end() || given == grants_.end())
      return true;
    const auto& [lasts, by] = given->second;
    auto shortest = lasts - lasts / 1'000 - reading_error;
    if (by != owners_.at(shard))
      shortest -= known().clock_spread();
    return now() - asked->second >= shortest;
  }

  [[nodiscard]] bool may_be_up(domain::hold_id id) const {
    const auto& parts = written().find(id)->parts;
    return std::any_of(parts.begin(), parts.end(), [&](const auto& part) {
      return may_be_up(id, {domain::shard_kind::section, event_, part.first});
    });
  }

  /// What one reading of the store's clock may be wrong by.
  static constexpr domain::microseconds reading_error{20'000};

  void order_may_end(domain::order_id id) { orders_may_end_.insert(id); }

  void ended(const persistence::journal_entry& entry, const domain::hold_ended& end) const {
    auto promise = promised_.find(end.hold);
    switch (end.why) {
      case domain::hold_end::expired:
        if (promise != promised_.end() && entry.at < promise->second)
          fail("hold " + words(end.hold) + " ends at " + words(entry.at) + ", promised until "
               + words(promise->second));
        if (promise != promised_.end() && !may_be_up(end.hold, entry.shard))
          fail("hold " + words(end.hold) + " ends at " + words(now()) + ", was asked for at "
               + words(first_asked_.at(end.hold)) + " and given "
               + std::to_string(grants_.at({end.hold, entry.shard.section}).lasts.count() / 1'000) + " ms");
        return payment_not_cut_short(entry, end);
      case domain::hold_end::released:
        if (promise != promised_.end() && !may_end_.contains(end.hold) && !order_undone(end.hold))
          fail("hold " + words(end.hold) + " is released, and nobody asked for it");
        return;
      case domain::hold_end::unacknowledged:
        if (promise != promised_.end() && entry.at + known().clock_spread() < promise->second
            && !may_end_.contains(end.hold))
          fail("hold " + words(end.hold) + " is undone although its buyer was promised it");
        return;
    }
  }

  void payment_not_cut_short(const persistence::journal_entry& entry, const domain::hold_ended& end) const {
    const auto* hold = written().find(end.hold);
    auto part = hold ? hold->parts.find(entry.shard.section) : decltype(hold->parts.end()){};
    if (!hold || part == hold->parts.end() || !part->second.paying_for)
      return;
    if (entry.at < part->second.until)
      fail("hold " + words(end.hold) + " ends while it is paid for until " + words(part->second.until));
    auto claim = claimed_at_.find(entry.shard);
    auto grace = known().paying_grace - known().paying_grace / 1'000;
    if (claim != claimed_at_.end() && now() < claim->second + grace)
      fail("hold " + words(end.hold) + " ends while it is paid for, too soon after its section was claimed");
  }

  /// Its order did not come to a sale, and so ends the hold.
  [[nodiscard]] bool order_undone(domain::hold_id hold) const {
    return std::any_of(written().orders().begin(), written().orders().end(), [&](const auto& each) {
      const auto& [id, order] = each;
      return order.started.hold == hold
             && (orders_may_end_.contains(id) || order.visited.contains(domain::order_state::refunding));
    });
  }

  std::map<domain::hold_id, domain::instant> promised_;
  std::map<domain::hold_id, domain::instant> first_asked_;
  std::map<std::pair<domain::hold_id, domain::section_no>, time_given> grants_;
  std::set<domain::hold_id> sought_; ///< they were there when they were last asked about
  std::map<domain::shard_id, domain::instant> claimed_at_;
  std::map<domain::shard_id, std::string> owners_;
  domain::event_id event_;
  std::set<domain::hold_id> may_end_;
  std::set<domain::order_id> orders_may_end_;
};

} // namespace

made_checker make_holds_last(const evidence& known, const checker::finding& found) {
  return std::make_unique<holds_last>(known, found);
}

} // namespace usher::simulation
