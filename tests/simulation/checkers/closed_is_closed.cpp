#include "tests/simulation/checkers/checkers.hpp"
#include "tests/simulation/words.hpp"

#include <map>
#include <optional>

namespace usher::simulation {
namespace {

/// Nobody holds seats who asked for them when the sale was paused or closed already, and has been so since.
class closed_is_closed final : public checker {
public:
  using checker::checker;
  [[nodiscard]] const char* name() const override { return "closed_is_closed"; }

  void asked(const messages::hold_seats& wish) override { first_asked_.try_emplace(wish.hold, now()); }

  void writes(const persistence::journal_entry& entry) override {
    if (const auto* change = std::get_if<domain::event_state_changed>(&entry.fact)) {
      if (!sells(change->state))
        closed_since_ = closed_since_.value_or(now());
      else
        closed_since_.reset();
    }
    if (const auto* held = std::get_if<domain::seats_held>(&entry.fact))
      must_be_earlier(*held);
  }

private:
  static bool sells(domain::event_state state) {
    return state == domain::event_state::open || state == domain::event_state::sold_out;
  }

  void must_be_earlier(const domain::seats_held& held) const {
    auto asked = first_asked_.find(held.hold);
    if (closed_since_ && asked != first_asked_.end() && *closed_since_ < asked->second)
      fail("hold " + words(held.hold) + " is granted, was asked for at " + words(asked->second)
           + ", and the sale stands still since " + words(*closed_since_));
  }

  std::map<domain::hold_id, domain::instant> first_asked_;
  std::optional<domain::instant> closed_since_;
};

} // namespace

made_checker make_closed_is_closed(const evidence& known, const checker::finding& found) {
  return std::make_unique<closed_is_closed>(known, found);
}

} // namespace usher::simulation
