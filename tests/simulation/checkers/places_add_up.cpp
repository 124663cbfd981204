#include "tests/simulation/checkers/checkers.hpp"

namespace usher::simulation {
namespace {

/// What is free, held, sold and blocked makes up the capacity, whenever somebody reads it.
class places_add_up final : public checker {
public:
  using checker::checker;
  [[nodiscard]] const char* name() const override { return "places_add_up"; }

  void told(const messages::section_view& view) override { check(view.section, view.totals); }

  void told(const messages::event_report& report) override {
    for (const auto& section : report.sections)
      check(section.section, section.totals);
  }

private:
  void check(domain::section_no number, const domain::section_totals& totals) const {
    const auto& plan = known().plan->section(number);
    auto capacity = plan.capacity();
    if (totals.free + totals.held + totals.sold + totals.blocked != capacity)
      fail("section " + std::to_string(number.value()) + " has " + std::to_string(capacity) + " places, of which "
           + std::to_string(totals.free) + " are free, " + std::to_string(totals.held) + " held, "
           + std::to_string(totals.sold) + " sold and " + std::to_string(totals.blocked) + " blocked");
  }
};

} // namespace

made_checker make_places_add_up(const evidence& known, const checker::finding& found) {
  return std::make_unique<places_add_up>(known, found);
}

} // namespace usher::simulation
