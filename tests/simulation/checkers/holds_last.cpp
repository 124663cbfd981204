#include "tests/simulation/checkers/checkers.hpp"
#include "tests/simulation/words.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace usher::simulation {
namespace {

/// A hold that a buyer was told of lasts until its deadline, its release or its order; and one that is being paid for,
/// as long as the payment was given, but not shorter than the grace after its section was claimed.
class holds_last final : public checker {
public:
  using checker::checker;
  [[nodiscard]] const char* name() const override { return "holds_last"; }

  void claimed(const shard_claimed& claim) override { claimed_at_[claim.shard] = claim.at; }

  void asked(const messages::release_hold& wish) override { may_end_.insert(wish.hold); }
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

  void writes(const persistence::journal_entry& entry) override {
    if (const auto* end = std::get_if<domain::hold_ended>(&entry.fact))
      ended(entry, *end);
  }

private:
  void order_may_end(domain::order_id id) { orders_may_end_.insert(id); }

  void ended(const persistence::journal_entry& entry, const domain::hold_ended& end) const {
    auto promise = promised_.find(end.hold);
    switch (end.why) {
      case domain::hold_end::expired:
        if (promise != promised_.end() && entry.at < promise->second)
          fail("hold " + words(end.hold) + " ends at " + words(entry.at) + ", promised until "
               + words(promise->second));
        return payment_not_cut_short(entry, end);
      case domain::hold_end::released:
        if (promise != promised_.end() && !may_end_.contains(end.hold) && !order_undone(end.hold))
          fail("hold " + words(end.hold) + " is released, and nobody asked for it");
        return;
      case domain::hold_end::unacknowledged:
        if (promise != promised_.end() && entry.at < promise->second && !may_end_.contains(end.hold))
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
    if (claim != claimed_at_.end() && entry.at < claim->second + known().paying_grace)
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
  std::map<domain::shard_id, domain::instant> claimed_at_;
  std::set<domain::hold_id> may_end_;
  std::set<domain::order_id> orders_may_end_;
};

} // namespace

made_checker make_holds_last(const evidence& known, const checker::finding& found) {
  return std::make_unique<holds_last>(known, found);
}

} // namespace usher::simulation
