#include "tests/simulation/checkers/checkers.hpp"

#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <utility>

namespace usher::simulation {
namespace {

/// People go in by their numbers, those who are there before them first, never more than the rate in any second, and
/// only when it is written down. A number is one person's. Where clocks wander, turns of different nodes cannot be set
/// side by side.
class admission_in_order final : public checker {
public:
  using checker::checker;
  [[nodiscard]] const char* name() const override { return "admission_in_order"; }

  void claimed(const shard_claimed& claim) override {
    if (claim.shard.kind != domain::shard_kind::waiting_room)
      return;
    // A room that was started anew knows nobody until they come back.
    in_line_.clear();
    if (known().clocks_wander && owner_ != claim.owner) {
      admitted_.clear();
      in_last_second_ = 0;
    }
    owner_ = claim.owner;
    first_turns_ = true;
  }

  /// Whoever stood still meanwhile hears of another rate later. Whose gateway cannot be reached any more is absent.
  void interrupted() override {
    if (known().shared)
      in_line_.clear();
    for (auto& [end, rate] : former_rates_)
      end = now();
  }

  void told(const domain::buyer_id& buyer, const domain::queue_place& place, const std::string&,
            bool connected) override {
    if (place.number == domain::queue_number{})
      return; // the sale is closed
    auto [owner, is_new] = owner_of_.try_emplace(place.number, buyer);
    if (!is_new && owner->second != buyer)
      fail("number " + std::to_string(place.number.value()) + " is given to " + buyer.value() + " and belongs to "
           + owner->second.value());
    if (place.number > written().reserved())
      fail("number " + std::to_string(place.number.value()) + " is given out and not reserved");
    if (place.state == domain::queue_state::admitted)
      must_be_written(place.number);
    if (!known().told_by_owner())
      return;
    if (place.state != domain::queue_state::waiting)
      in_line_.erase(place.number);
    else if (connected)
      in_line_.try_emplace(place.number, now());
  }

  void told(const messages::people_admitted& news, const std::string&) override {
    for (const auto& person : news.people)
      must_be_written(person.number);
  }

  void left_queue(const domain::buyer_id& buyer) override {
    std::erase_if(in_line_, [&](const auto& place) { return owner_of_.at(place.first) == buyer; });
  }

  void writes(const persistence::journal_entry& entry) override {
    if (const auto* change = std::get_if<domain::event_defined>(&entry.fact))
      former_rates_.emplace_back(now(), std::exchange(rate_, change->settings.admission_per_s));
    const auto* turns = std::get_if<domain::turns_taken>(&entry.fact);
    if (!turns)
      return;
    std::set<domain::queue_number> fresh;
    for (const auto& span : turns->numbers)
      for (auto number = span.first.value(); number <= span.last.value(); ++number)
        if (!written().had_turn(domain::queue_number{number}))
          fresh.insert(domain::queue_number{number});
    if (fresh.empty())
      return;
    keep_the_rate(entry.at, fresh.size());
    for (auto number : fresh)
      in_line_.erase(number);
    // What a room decided before it was claimed anew is written once more, whoever has come since.
    if (!std::exchange(first_turns_, false))
      nobody_passed_over(entry.at, *fresh.rbegin());
  }

private:
  void must_be_written(domain::queue_number number) const {
    if (!written().had_turn(number))
      fail("number " + std::to_string(number.value()) + " is let in, and this is not in the journal");
  }

  void keep_the_rate(domain::instant at, std::size_t people) {
    admitted_.emplace_back(at, people);
    in_last_second_ += people;
    while (admitted_.front().first + domain::seconds{1} <= at) {
      in_last_second_ -= admitted_.front().second;
      admitted_.pop_front();
    }
    if (in_last_second_ > highest_rate_of_late())
      fail(std::to_string(in_last_second_) + " people are let in within a second");
  }

  /// A room hears of another rate when that is durable; its turns are durable a little later than they are decided.
  [[nodiscard]] std::size_t highest_rate_of_late() {
    while (!former_rates_.empty() && former_rates_.front().first + of_late < now())
      former_rates_.pop_front();
    auto highest = rate_;
    for (const auto& [end, rate] : former_rates_)
      highest = std::max(highest, rate);
    return highest;
  }

  void nobody_passed_over(domain::instant at, domain::queue_number highest) const {
    for (const auto& [number, since] : in_line_)
      if (number < highest && since + slack() <= at && !written().had_turn(number))
        return fail("number " + std::to_string(highest.value()) + " is let in before number "
                    + std::to_string(number.value()) + ", which is there");
  }

  [[nodiscard]] domain::microseconds slack() const {
    return known().clocks_wander ? known().clock_spread() + domain::seconds{1} : domain::seconds{0};
  }

  static constexpr domain::seconds of_late{3};

  std::uint32_t rate_ = 0;
  std::deque<std::pair<domain::instant, std::uint32_t>> former_rates_; ///< and until when they were in force
  std::map<domain::queue_number, domain::buyer_id> owner_of_;
  std::map<domain::queue_number, domain::instant> in_line_; ///< people who are there, since when for certain
  std::string owner_;                                       ///< of the room
  bool first_turns_ = true;                                 ///< the next ones are the first since the room was claimed
  std::deque<std::pair<domain::instant, std::size_t>> admitted_;
  std::size_t in_last_second_ = 0;
};

} // namespace

made_checker make_admission_in_order(const evidence& known, const checker::finding& found) {
  return std::make_unique<admission_in_order>(known, found);
}

} // namespace usher::simulation
