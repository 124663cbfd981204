#include "tests/simulation/checkers/checkers.hpp"

#include <map>

namespace usher::simulation {
namespace {

/// What is free, held, sold and blocked makes up the capacity, whenever somebody reads it. Whoever served the event on
/// an earlier plan counted by that one.
class places_add_up final : public checker {
public:
  using checker::checker;
  [[nodiscard]] const char* name() const override { return "places_add_up"; }

  void replaces(const domain::seating_plan& now_so, const domain::seating_plan&) override {
    for (std::size_t i = 0; i < now_so.sections().size(); ++i)
      former_[domain::section_no{static_cast<std::uint16_t>(i)}][now_so.sections()[i].capacity()] = now();
  }

  void told(const messages::section_view& view) override { check(view.section, view.totals); }

  void told(const messages::event_report& report) override {
    for (const auto& section : report.sections)
      check(section.section, section.totals);
  }

private:
  void check(domain::section_no number, const domain::section_totals& totals) const {
    auto capacity = known().plan->section(number).capacity();
    auto sum = totals.free + totals.held + totals.sold + totals.blocked;
    if (sum != capacity && !was_lately(number, sum))
      fail("section " + std::to_string(number.value()) + " has " + std::to_string(capacity) + " places, of which "
           + std::to_string(totals.free) + " are free, " + std::to_string(totals.held) + " held, "
           + std::to_string(totals.sold) + " sold and " + std::to_string(totals.blocked) + " blocked");
  }

  /// What the owner counted before the plan was replaced is perhaps still on its way.
  [[nodiscard]] bool was_lately(domain::section_no number, std::uint32_t capacity) const {
    auto section = former_.find(number);
    if (section == former_.end() || !section->second.contains(capacity))
      return false;
    return !known().told_by_owner() || now() < section->second.at(capacity) + on_its_way;
  }

  static constexpr domain::seconds on_its_way{1};

  std::map<domain::section_no, std::map<std::uint32_t, domain::instant>> former_; ///< capacities, and their end
};

} // namespace

made_checker make_places_add_up(const evidence& known, const checker::finding& found) {
  return std::make_unique<places_add_up>(known, found);
}

} // namespace usher::simulation
