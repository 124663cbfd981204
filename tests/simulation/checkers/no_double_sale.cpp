#include "tests/simulation/checkers/checkers.hpp"
#include "tests/simulation/words.hpp"

namespace usher::simulation {
namespace {

/// A seat never has two live owners, whether they hold it or have bought it.
class no_double_sale final : public checker {
public:
  using checker::checker;
  [[nodiscard]] const char* name() const override { return "no_double_sale"; }

  void writes(const persistence::journal_entry& entry) override {
    auto section = entry.shard.section;
    if (const auto* held = std::get_if<domain::seats_held>(&entry.fact))
      for (const auto& seat : held->seats)
        must_be_free(section, seat.seat, "hold " + words(held->hold));
    if (const auto* blocked = std::get_if<domain::seats_blocked>(&entry.fact))
      for (auto seat : blocked->seats)
        must_be_free(section, seat, "an operator");
    if (const auto* sold = std::get_if<domain::seats_sold>(&entry.fact))
      for (const auto& seat : sold->seats)
        must_be_free_or_held_by(sold->hold, section, seat.seat, "order " + words(sold->order));
  }

private:
  void must_be_free(domain::section_no section, domain::seat_no number, const std::string& wanted_by) const {
    const auto& seat = written().at(section, number);
    if (seat.taken() || seat.blocked)
      fail(wanted_by + " gets " + words(section, number) + ", which is " + state_of(seat));
  }

  void must_be_free_or_held_by(domain::hold_id hold, domain::section_no section, domain::seat_no number,
                               const std::string& wanted_by) const {
    const auto& seat = written().at(section, number);
    if (seat.sold || seat.blocked || (seat.held && *seat.held != hold))
      fail(wanted_by + " is sold " + words(section, number) + ", which is " + state_of(seat));
  }

  static std::string state_of(const books::booked_seat& seat) {
    if (seat.sold)
      return "sold to order " + words(*seat.sold);
    if (seat.held)
      return "held by hold " + words(*seat.held);
    return "blocked";
  }
};

} // namespace

made_checker make_no_double_sale(const evidence& known, const checker::finding& found) {
  return std::make_unique<no_double_sale>(known, found);
}

} // namespace usher::simulation
