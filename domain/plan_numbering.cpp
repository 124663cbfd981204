#include "domain/plan_numbering.hpp"

#include "domain/ensure.hpp"

#include <algorithm>
#include <limits>
#include <optional>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>

namespace usher::domain {
namespace {

section_no section_number(std::size_t index) {
  return section_no{static_cast<section_no::representation>(index)};
}

seat_no place_number(std::size_t index) {
  return seat_no{static_cast<std::uint32_t>(index)};
}

std::unordered_map<std::string_view, seat_no> numbers_by_guid(const section_numbering& row) {
  std::unordered_map<std::string_view, seat_no> result;
  for (std::size_t i = 0; i < row.guids.size(); ++i)
    if (!row.guids[i].empty())
      result.emplace(row.guids[i], place_number(i));
  return result;
}

/// Gives its numbers to a section as it was read; false when they are of another plan.
bool number(section_plan& section, const section_numbering& row) {
  std::vector<seat_no> by_index;
  if (section.general()) {
    if (row.open.size() != section.general_capacity)
      return false;
    by_index = row.open;
  } else {
    auto known = numbers_by_guid(row);
    for (const auto& seat : section.seats) {
      auto found = known.find(seat.guid);
      if (found == known.end())
        return false;
      by_index.push_back(found->second);
    }
  }
  section.numbers = plan_order{std::move(by_index), static_cast<std::uint32_t>(row.guids.size())};
  section.retired.clear();
  for (std::size_t i = 0; i < row.guids.size(); ++i)
    if (!row.guids[i].empty() && (section.general() || !section.has(place_number(i))))
      section.retired.emplace(place_number(i), row.guids[i]);
  return true;
}

/// What the numbers that are in use now mean.
plan_numbering numbering_of(const seating_plan& plan) {
  plan_numbering result;
  for (const auto& section : plan.sections()) {
    section_numbering row{section.id, std::vector<std::string>(section.numbers_given()), {}};
    for (const auto& [seat, guid] : section.retired)
      row.guids[seat.value()] = guid;
    for (std::uint32_t index = 0; index < section.capacity(); ++index)
      if (section.general())
        row.open.push_back(section.number_at(plan_index{index}));
      else
        row.guids[section.number_at(plan_index{index}).value()] = section.seats[index].guid;
    result.sections.push_back(std::move(row));
  }
  return result;
}

bool is_as_read(const seating_plan& plan) {
  auto plain = [](const section_plan& section) { return section.numbers.plain(); };
  return std::all_of(plan.sections().begin(), plan.sections().end(), plain)
         && std::is_sorted(plan.order().begin(), plan.order().end());
}

/// The change from one plan to the next.
class change {
public:
  change(const seating_plan& now, const seating_plan& next, std::span<const section_standing> standings)
      : now_(now), next_(next), standings_(standings), numbering_(numbering_of(now)) {
    for (std::size_t i = 0; i < numbering_.sections.size(); ++i)
      numbers_by_id_.emplace(numbering_.sections[i].id, i);
    number_sections();
  }

  /// Gives all places of the next plan their numbers. False when there would be too many.
  bool number_places() {
    for (auto& row : numbering_.sections)
      row.open.clear();
    for (auto listed : next_.order())
      number_section(next_.section(listed), numbers_of_next_[listed.value()].value());
    std::size_t numbers = 0;
    for (const auto& row : numbering_.sections)
      numbers += row.guids.size();
    return numbers <= numbers_max
           && numbering_.sections.size() <= std::numeric_limits<section_no::representation>::max();
  }

  /// A seat of the next plan that is called as a place of its floors will be, if there is one.
  [[nodiscard]] std::optional<std::string> ambiguous_name() const {
    for (auto listed : next_.order()) {
      if (!next_.section(listed).general())
        continue;
      const auto& row = numbering_.sections[*numbers_of_next_[listed.value()]];
      for (auto place : row.open) {
        auto name = row.id + ":" + std::to_string(place.value() + 1);
        if (auto found = next_.find_seat(name); found && !next_.section(found->section).general())
          return name;
      }
    }
    return std::nullopt;
  }

  void find_obstacles() {
    for (auto number : now_.order()) {
      const auto& section = now_.section(number);
      for (std::uint32_t index = 0; index < section.capacity(); ++index)
        look_at({number, section.number_at(plan_index{index})});
    }
  }

  [[nodiscard]] std::optional<refusal> refused(instant at) const {
    if (sold_.empty() && held_.empty() && blocked_.empty())
      return std::nullopt;
    refusal why{.reason = rejection::plan_in_use};
    for (const auto* places : {&sold_, &held_, &blocked_})
      for (auto place : *places)
        if (why.guids.size() < named_seats_max)
          why.guids.push_back(now_.guid(place));
    why.detail = sentence_for(at, why.guids);
    return why;
  }

  [[nodiscard]] plan_numbering take() { return std::move(numbering_); }

private:
  /// How much a section of the next plan has of one that there is now.
  struct likeness {
    std::size_t taken = 0; ///< seats that are held, sold or blocked
    std::size_t seats = 0;
    section_no next;
    std::size_t now = 0;
  };

  /// Says which section of the next plan is which of those there are, or were.
  void number_sections() {
    numbers_of_next_.resize(next_.sections().size());
    is_matched_.resize(numbering_.sections.size());
    for (auto listed : next_.order())
      if (auto known = numbers_by_id_.find(next_.section(listed).id);
          known != numbers_by_id_.end() && is_surely(next_.section(listed), known->second))
        match(listed, known->second);
    for (const auto& best : likenesses())
      if (!numbers_of_next_[best.next.value()] && !is_matched_[best.now])
        match(best.next, best.now);
    for (auto listed : next_.order()) {
      if (numbers_of_next_[listed.value()])
        continue;
      auto known = numbers_by_id_.find(next_.section(listed).id);
      if (known != numbers_by_id_.end() && !is_matched_[known->second]) {
        match(listed, known->second);
        continue;
      }
      numbering_.sections.emplace_back();
      is_matched_.push_back(false);
      match(listed, numbering_.sections.size() - 1);
    }
    rename_sections();
  }

  void match(section_no next, std::size_t number) {
    numbers_of_next_[next.value()] = number;
    is_matched_[number] = true;
  }

  /// Whether a section of the next plan is the one that has its id now.
  [[nodiscard]] bool is_surely(const section_plan& next, std::size_t number) const {
    const auto& here = now_.sections()[number];
    if (!may_be_renamed(next, number) || (next.general() && here.general()))
      return true;
    return std::any_of(next.seats.begin(), next.seats.end(),
                       [&](const planned_seat& seat) { return seat_now(seat.guid, number).has_value(); });
  }

  /// Whether the id of one of them says nothing.
  [[nodiscard]] bool may_be_renamed(const section_plan& next, std::size_t number) const {
    return next.id_is_made_up || now_.sections()[number].id_is_made_up;
  }

  /// Where a seat is now, if it is in this section.
  [[nodiscard]] std::optional<seat_no> seat_now(const std::string& guid, std::size_t number) const {
    auto found = now_.find_seat(guid);
    return found && found->section.value() == number && !now_.section(found->section).general()
               ? std::optional{found->seat}
               : std::nullopt;
  }

  /// The sections that have seats in common and may be the same under another id, the likeliest first.
  [[nodiscard]] std::vector<likeness> likenesses() const {
    std::vector<likeness> result;
    for (auto listed : next_.order()) {
      if (numbers_of_next_[listed.value()])
        continue;
      std::unordered_map<std::size_t, likeness> by_number;
      for (const auto& seat : next_.section(listed).seats) {
        auto found = now_.find_seat(seat.guid);
        if (!found || now_.section(found->section).general() || is_matched_[found->section.value()]
            || !may_be_renamed(next_.section(listed), found->section.value()))
          continue;
        auto& sum =
            by_number.try_emplace(found->section.value(), likeness{0, 0, listed, found->section.value()}).first->second;
        ++sum.seats;
        sum.taken += standing(sum.now, found->seat).state != seat_state::free ? 1 : 0;
      }
      for (const auto& [number, sum] : by_number)
        result.push_back(sum);
    }
    std::sort(result.begin(), result.end(), [](const likeness& a, const likeness& b) {
      return std::tuple{b.taken, b.seats, a.next, a.now} < std::tuple{a.taken, a.seats, b.next, b.now};
    });
    return result;
  }

  /// The sections of the next plan have the ids that it gives them, and no earlier section is called so.
  void rename_sections() {
    for (auto listed : next_.order()) {
      const auto& id = next_.section(listed).id;
      if (auto known = numbers_by_id_.find(id); known != numbers_by_id_.end() && !is_matched_[known->second])
        numbering_.sections[known->second].id += "~" + std::to_string(known->second); // no plan gives such an id
      numbering_.sections[*numbers_of_next_[listed.value()]].id = id;
    }
  }

  void number_section(const section_plan& section, std::size_t number) {
    auto& row = numbering_.sections[number];
    if (section.general())
      return number_floor(section.general_capacity, number, row);
    auto numbers = numbers_by_guid(row);
    std::vector<std::string> fresh;
    for (const auto& seat : section.seats)
      if (!numbers.contains(seat.guid))
        fresh.push_back(seat.guid);
    row.guids.insert(row.guids.end(), std::make_move_iterator(fresh.begin()), std::make_move_iterator(fresh.end()));
  }

  void number_floor(std::uint32_t capacity, std::size_t number, section_numbering& row) {
    std::vector<seat_no> open;
    if (number < now_.sections().size() && now_.sections()[number].general())
      for (std::uint32_t index = 0; index < now_.sections()[number].capacity(); ++index)
        open.push_back(now_.sections()[number].number_at(plan_index{index}));
    if (open.size() > capacity)
      drop_places(open, open.size() - capacity, number);
    // Free places that were dropped earlier come back, so that numbers do not run out.
    std::vector<bool> is_open(row.guids.size(), false);
    for (auto place : open)
      is_open[place.value()] = true;
    for (std::size_t i = 0; i < row.guids.size() && open.size() < capacity; ++i)
      if (!is_open[i] && row.guids[i].empty() && standing(number, place_number(i)).state == seat_state::free)
        open.push_back(place_number(i));
    for (; open.size() < capacity; row.guids.emplace_back())
      open.push_back(place_number(row.guids.size()));
    std::sort(open.begin(), open.end());
    row.open = std::move(open);
  }

  /// Any place is as good as another: those that nobody misses go first.
  void drop_places(std::vector<seat_no>& open, std::size_t count, std::size_t number) const {
    auto rank = [&](seat_no place) {
      switch (standing(number, place).state) {
        case seat_state::free:
          return 0;
        case seat_state::blocked:
          return 1;
        case seat_state::held:
        case seat_state::paying:
          return 2;
        case seat_state::sold:
          break;
      }
      return 3;
    };
    std::sort(open.begin(), open.end(), [&](seat_no a, seat_no b) {
      return std::pair{rank(a), b.value()} < std::pair{rank(b), a.value()};
    });
    open.erase(open.begin(), open.begin() + static_cast<std::ptrdiff_t>(count));
  }

  void look_at(seat_place place) {
    const auto& here = standing(place.section.value(), place.seat);
    if (here.state == seat_state::free)
      return;
    auto then = place_in_next(place);
    if (then == place.section)
      return;
    if (here.state == seat_state::sold) {
      sold_.push_back(place);
    } else if (here.state != seat_state::blocked) {
      held_.push_back(place);
      until_ = std::max(until_, here.until);
    } else if (then) {
      blocked_.push_back(place);
    }
  }

  /// The section in which the next plan has the place.
  [[nodiscard]] std::optional<section_no> place_in_next(seat_place place) const {
    const auto& section = now_.section(place.section);
    if (section.general()) {
      const auto& open = numbering_.sections[place.section.value()].open;
      return std::binary_search(open.begin(), open.end(), place.seat) ? std::optional{place.section} : std::nullopt;
    }
    auto found = next_.find_seat(now_.guid(place));
    // A place of a floor may be called as the seat is, and is another one.
    if (!found || next_.section(found->section).general())
      return std::nullopt;
    return section_number(*numbers_of_next_[found->section.value()]);
  }

  [[nodiscard]] place_standing standing(std::size_t section, seat_no seat) const {
    if (section >= standings_.size() || seat.value() >= standings_[section].size())
      return {};
    return standings_[section][seat.value()];
  }

  /// What is in the way, and the first few of these seats by name.
  [[nodiscard]] std::string sentence_for(instant at, const std::vector<std::string>& guids) const {
    constexpr std::size_t told_max = 10;
    auto text = "Of the seats that the new plan drops or moves to another section, " + std::to_string(sold_.size())
                + " are sold, " + std::to_string(held_.size()) + " are held and " + std::to_string(blocked_.size())
                + " are blocked";
    for (std::size_t i = 0; i < guids.size() && i < told_max; ++i)
      text += (i == 0 ? ": " : ", ") + guids[i];
    const auto all = sold_.size() + held_.size() + blocked_.size();
    text += all > told_max ? " and " + std::to_string(all - told_max) + " more." : ".";
    if (!held_.empty()) {
      auto minutes = std::max(std::chrono::ceil<std::chrono::minutes>(until_ - at).count(), std::int64_t{1});
      text += " The holds end within " + std::to_string(minutes) + (minutes == 1 ? " minute" : " minutes")
              + ", unless they are paid for.";
    }
    if (!blocked_.empty())
      text += " Unblock the blocked ones before they move: they would be free in the other section.";
    return text;
  }

  const seating_plan& now_;
  const seating_plan& next_;
  std::span<const section_standing> standings_;
  plan_numbering numbering_;
  std::unordered_map<std::string, std::size_t> numbers_by_id_; ///< of the sections there are, or were
  std::vector<std::optional<std::size_t>> numbers_of_next_;    ///< by the next plan's own numbers
  std::vector<bool> is_matched_;                               ///< by number: the next plan has it
  std::vector<seat_place> sold_;
  std::vector<seat_place> held_;
  std::vector<seat_place> blocked_;
  instant until_; ///< when the last of the holds ends
};

} // namespace

shared_plan with_numbers(shared_plan read, const plan_numbering& numbering) {
  if (numbering.empty())
    return read;
  std::vector<section_plan> sections;
  std::vector<std::optional<section_no>> numbers(read->sections().size());
  for (const auto& row : numbering.sections) {
    auto found = read->find_section(row.id);
    if (found && std::exchange(numbers[found->value()], section_number(sections.size())))
      return nullptr;
    auto section = found ? read->section(*found) : section_plan{.id = row.id};
    if (!number(section, row))
      return nullptr;
    sections.push_back(std::move(section));
  }
  std::vector<section_no> order;
  for (auto number : numbers) {
    if (!number)
      return nullptr;
    order.push_back(*number);
  }
  return std::make_shared<const seating_plan>(read->name(), read->categories(), std::move(sections), std::move(order));
}

std::variant<plan_numbering, refusal> renumber(const seating_plan& now, const seating_plan& next,
                                               std::span<const section_standing> standings, instant at) {
  ensure(standings.size() == now.sections().size(), "every section says how it stands");
  if (is_as_read(now) && keeps_all_seats(now, next))
    return plan_numbering{};
  change under_way{now, next, standings};
  if (!under_way.number_places())
    return refusal{.reason = rejection::bad_request,
                   .detail = "Too many seats and sections were dropped and added in this event; create another one."};
  if (auto name = under_way.ambiguous_name())
    return refusal{.reason = rejection::bad_request,
                   .detail = "A seat is called " + *name + ", which is the name of a place of general admission."};
  under_way.find_obstacles();
  if (auto why = under_way.refused(at))
    return *std::move(why);
  return under_way.take();
}

} // namespace usher::domain
