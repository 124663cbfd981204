#include "tests/simulation/checkers/checkers.hpp"
#include "tests/simulation/words.hpp"

#include <set>

namespace usher::simulation {
namespace {

using domain::order_state;

/// Every confirmed order that a buyer was told of is there in the end, with all its seats, unless somebody had it
/// undone.
class confirms_last final : public checker {
public:
  using checker::checker;
  [[nodiscard]] const char* name() const override { return "confirms_last"; }

  void asked(const messages::cancel_order& wish) override { may_be_undone_.insert(wish.order); }
  void asked(const messages::refund_order& wish) override { may_be_undone_.insert(wish.order); }

  void told(const messages::order_view& order) override {
    if (order.state == order_state::confirmed)
      confirmed_.insert(order.order);
  }

  void writes(const persistence::journal_entry& entry) override {
    const auto* step = std::get_if<domain::order_advanced>(&entry.fact);
    if (step && confirmed_.contains(step->order) && !may_be_undone_.contains(step->order))
      fail("order " + words(step->order) + " was confirmed, nobody undid it, and it becomes "
           + std::string{domain::to_string(step->state)});
  }

  void replaces(const domain::seating_plan&, const domain::seating_plan& next) override {
    for (const auto& [place, seat] : written().seats())
      if (seat.sold && !next.section(place.first).has(place.second))
        fail("the new plan has no " + words(place.first, place.second) + ", which is sold");
  }

  void finished() override {
    for (auto id : confirmed_) {
      const auto* order = written().find(id);
      if (!order)
        fail("order " + words(id) + " was confirmed to its buyer and is not in the journal");
      else if (order->state == order_state::confirmed)
        must_have_its_seats(id, *order);
    }
  }

private:
  void must_have_its_seats(domain::order_id id, const books::booked_order& order) const {
    for (const auto& seat : order.started.seats)
      if (written().at(seat.section, seat.seat).sold != id)
        fail("order " + words(id) + " is confirmed without " + words(seat.section, seat.seat));
  }

  std::set<domain::order_id> confirmed_;
  std::set<domain::order_id> may_be_undone_;
};

} // namespace

made_checker make_confirms_last(const evidence& known, const checker::finding& found) {
  return std::make_unique<confirms_last>(known, found);
}

} // namespace usher::simulation
