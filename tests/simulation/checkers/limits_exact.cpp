#include "tests/simulation/checkers/checkers.hpp"
#include "tests/simulation/words.hpp"

namespace usher::simulation {
namespace {

/// No buyer ever has more than the limit, and when all is over each can take exactly what is left of it.
class limits_exact final : public checker {
public:
  using checker::checker;
  [[nodiscard]] const char* name() const override { return "limits_exact"; }

  void writes(const persistence::journal_entry& entry) override {
    const auto* held = std::get_if<domain::seats_held>(&entry.fact);
    if (!held)
      return;
    auto limit = written().settings().max_seats_per_buyer;
    auto has = written().taken_by(held->buyer) + held->seats.size();
    if (has > limit)
      fail(held->buyer.value() + " has " + std::to_string(has) + " seats with hold " + words(held->hold)
           + ", and the limit is " + std::to_string(limit));
  }

  void probed(const limit_probe& probe) override {
    auto left = probe.limit - probe.had;
    if (left > 0 && !probe.rest_granted)
      fail(probe.buyer.value() + " has " + std::to_string(probe.had) + " seats of " + std::to_string(probe.limit)
           + " and is refused " + std::to_string(left) + " more: " + probe.why_not);
    if (probe.more_granted)
      fail(probe.buyer.value() + " gets one seat more than the limit of " + std::to_string(probe.limit));
  }
};

} // namespace

made_checker make_limits_exact(const evidence& known, const checker::finding& found) {
  return std::make_unique<limits_exact>(known, found);
}

} // namespace usher::simulation
