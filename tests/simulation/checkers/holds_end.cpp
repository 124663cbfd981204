#include "tests/simulation/checkers/checkers.hpp"
#include "tests/simulation/words.hpp"

#include <algorithm>
#include <map>
#include <utility>
#include <variant>

namespace usher::simulation {
namespace {

/// Every hold ends when its time is up, whatever became of the node that granted it; soon after that if nothing stood
/// in the way. Its time is what it was given when it was granted, or given more time, and not what a clock says.
class holds_end final : public checker {
public:
  using checker::checker;
  [[nodiscard]] const char* name() const override { return "holds_end"; }

  void interrupted() override { undisturbed_since_ = now(); }
  void claimed(const shard_claimed&) override { interrupted(); }

  void writes(const persistence::journal_entry& entry) override {
    std::visit([&](const auto& fact) { take(entry, fact); }, entry.fact);
  }

  void finished() override {
    for (const auto& [id, hold] : written().holds())
      for (const auto& [section, part] : hold.parts)
        if (part.live() && latest(due_[{id, section}]) < now())
          fail("hold " + words(id) + " is still there at " + words(now()) + ", its time was up at "
               + words(due_[{id, section}]));
  }

private:
  using part_key = std::pair<domain::hold_id, domain::section_no>;

  static constexpr domain::seconds overrun{5};

  void take(const persistence::journal_entry& entry, const domain::seats_held& fact) {
    lasts(entry, fact.hold, fact.until);
  }
  void take(const persistence::journal_entry& entry, const domain::payment_started& fact) {
    lasts(entry, fact.hold, fact.until);
  }
  void take(const persistence::journal_entry& entry, const domain::payment_stopped& fact) {
    lasts(entry, fact.hold, fact.until);
  }

  void take(const persistence::journal_entry& entry, const domain::hold_ended& fact) {
    const auto* hold = written().find(fact.hold);
    auto part = hold ? hold->parts.find(entry.shard.section) : decltype(hold->parts.end()){};
    if (fact.why != domain::hold_end::expired || !hold || part == hold->parts.end() || part->second.paying_for)
      return;
    auto due = due_[{fact.hold, entry.shard.section}];
    if (latest(std::max(due, undisturbed_since_)) < now())
      fail("hold " + words(fact.hold) + " ends at " + words(now()) + ", its time was up at " + words(due));
  }
  template <class Fact>
  void take(const persistence::journal_entry&, const Fact&) {}

  /// The fact was decided at some time before it is written: so its time is up no later than this.
  void lasts(const persistence::journal_entry& entry, domain::hold_id hold, domain::instant until) {
    due_[{hold, entry.shard.section}] = now() + std::max(until - entry.at, domain::microseconds{0});
  }

  [[nodiscard]] domain::instant latest(domain::instant due) const { return due + overrun + known().clock_spread(); }

  std::map<part_key, domain::instant> due_;
  domain::instant undisturbed_since_;
};

} // namespace

made_checker make_holds_end(const evidence& known, const checker::finding& found) {
  return std::make_unique<holds_end>(known, found);
}

} // namespace usher::simulation
