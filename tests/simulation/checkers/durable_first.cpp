#include "tests/simulation/checkers/checkers.hpp"
#include "tests/simulation/words.hpp"

#include <algorithm>

namespace usher::simulation {
namespace {

/// Nobody is told what is not written down.
class durable_first final : public checker {
public:
  using checker::checker;
  [[nodiscard]] const char* name() const override { return "durable_first"; }

  void told(const messages::hold_granted& answer) override {
    const auto* hold = written().find(answer.hold);
    for (const auto& [section, seats] : answer.sections) {
      auto part = hold ? hold->parts.find(section) : decltype(hold->parts.end()){};
      if (!hold || part == hold->parts.end())
        return fail("hold " + words(answer.hold) + " is granted in section " + std::to_string(section.value())
                    + " and not in the journal");
      auto has = [&, &all = part->second.seats](const domain::priced_seat& seat) {
        return std::find(all.begin(), all.end(), seat.seat) != all.end();
      };
      if (seats.size() != part->second.seats.size() || !std::all_of(seats.begin(), seats.end(), has))
        fail("hold " + words(answer.hold) + " is granted with other seats than the journal says");
      if (hold->buyer != answer.buyer)
        fail("hold " + words(answer.hold) + " of " + hold->buyer.value() + " is told to " + answer.buyer.value());
    }
  }

  void released(const messages::release_hold& wish) override {
    const auto* hold = written().find(wish.hold);
    if (!hold || !known().told_by_owner())
      return;
    for (const auto& [section, part] : hold->parts)
      if (part.live())
        fail("hold " + words(wish.hold) + " is said to be released and is still live in the journal");
  }

  void told(const messages::event_view& event) override {
    if (!written().ever_was(event.state))
      fail(std::string{"the event is told to be "} + domain::to_string(event.state) + ", which is not in the journal");
    if (!written().ever_had(event.settings))
      fail("the event is told to have settings that are not in the journal");
  }

  void told(const messages::event_report& report) override { told(report.event); }

  void told(const messages::order_view& order) override {
    const auto* known_order = written().find(order.order);
    if (!known_order)
      fail("order " + words(order.order) + " is told and not in the journal");
    else if (!known_order->visited.contains(order.state))
      fail("order " + words(order.order) + " is told to be " + std::string{domain::to_string(order.state)}
           + ", which is not in the journal");
  }
};

} // namespace

made_checker make_durable_first(const evidence& known, const checker::finding& found) {
  return std::make_unique<durable_first>(known, found);
}

} // namespace usher::simulation
