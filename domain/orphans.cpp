#include "domain/orphans.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace usher::domain {
namespace {

/// The wanted seats of one row, sorted.
struct row_part {
  seat_range row;
  std::vector<plan_index> seats;
};

std::vector<row_part> by_row(const seat_rows& rows, std::span<const plan_index> wanted) {
  std::vector<plan_index> sorted(wanted.begin(), wanted.end());
  std::sort(sorted.begin(), sorted.end());
  std::vector<row_part> parts;
  for (auto seat : sorted) {
    if (parts.empty() || !parts.back().row.contains(seat.value()))
      parts.push_back({rows.row_of(seat), {}});
    parts.back().seats.push_back(seat);
  }
  return parts;
}

/// The seats that taking the part would leave alone. Only neighbours of taken seats can become so: nothing changes for
/// the others.
std::vector<plan_index> orphans_of(const row_part& part, std::span<const seat_state> states) {
  auto stays_free = [&](std::uint32_t seat) {
    return part.row.contains(seat) && states[seat] == seat_state::free
           && !std::binary_search(part.seats.begin(), part.seats.end(), plan_index{seat});
  };
  std::vector<plan_index> result;
  auto note = [&](std::uint32_t seat) {
    // Below the first seat of a section `seat` wraps around to a number that no row contains.
    if (stays_free(seat) && !stays_free(seat - 1) && !stays_free(seat + 1)
        && (result.empty() || result.back() != plan_index{seat}))
      result.push_back(plan_index{seat});
  };
  for (auto seat : part.seats) {
    note(seat.value() - 1);
    note(seat.value() + 1);
  }
  return result;
}

std::vector<plan_index> seats_of(seat_range range) {
  std::vector<plan_index> result;
  for (auto seat = range.first; seat < range.end; ++seat)
    result.emplace_back(seat);
  return result;
}

bool all_free(std::span<const seat_state> states, seat_range seats) {
  return std::all_of(states.begin() + seats.first, states.begin() + seats.end,
                     [](seat_state x) { return x == seat_state::free; });
}

/// As many neighbouring seats of the row as the part has, leaving none alone; empty when there are none.
seat_range better_choice(const seat_rows& rows, const row_part& part, std::span<const seat_state> states) {
  auto size = static_cast<std::uint32_t>(part.seats.size());
  auto category = rows.category_of(part.seats.front());
  auto start = part.seats.front().value();
  seat_range best;
  auto rank_of = [&](seat_range choice) {
    std::uint32_t strangers = 0;
    for (auto seat = choice.first; seat < choice.end; ++seat)
      strangers += rows.category_of(plan_index{seat}) == category ? 0 : 1;
    auto distance = choice.first > start ? choice.first - start : start - choice.first;
    return std::pair{strangers, distance};
  };
  for (auto first = part.row.first; first + size <= part.row.end; ++first) {
    seat_range choice{first, first + size};
    if (all_free(states, choice) && !leaves_orphan(states, part.row, choice)
        && (best.size() == 0 || rank_of(choice) < rank_of(best)))
      best = choice;
  }
  return best;
}

/// The seats of a part by runs of free seats: what separates two of these is taken.
std::vector<row_part> by_gap(const row_part& part, std::span<const seat_state> states) {
  std::vector<row_part> gaps;
  for (auto seat : part.seats) {
    if (gaps.empty() || !all_free(states, {gaps.back().seats.back().value(), seat.value()}))
      gaps.push_back({part.row, {}});
    gaps.back().seats.push_back(seat);
  }
  return gaps;
}

void take(std::vector<seat_state>& states, const row_part& part, seat_state as) {
  for (auto seat : part.seats)
    states[seat.value()] = as;
}

/// Moves what was chosen in each gap by itself, until nobody is left alone: so whoever chose in two places of a row
/// still sits there. Empty when that comes to nothing.
std::vector<plan_index> better_by_gaps(const seat_rows& rows, const row_part& part,
                                       std::span<const seat_state> states) {
  auto gaps = by_gap(part, states);
  if (gaps.size() < 2)
    return {};
  std::vector<seat_state> chosen(states.begin(), states.end());
  for (const auto& gap : gaps)
    take(chosen, gap, seat_state::held);
  std::vector<bool> is_moved(gaps.size(), false);
  for (;;) {
    row_part whole{part.row, {}};
    for (const auto& gap : gaps)
      whole.seats.insert(whole.seats.end(), gap.seats.begin(), gap.seats.end());
    std::sort(whole.seats.begin(), whole.seats.end());
    auto orphans = orphans_of(whole, states);
    if (orphans.empty())
      return whole.seats;
    auto is_beside = [alone = orphans.front().value()](plan_index seat) {
      return seat.value() + 1 == alone || seat.value() == alone + 1;
    };
    auto next = std::find_if(gaps.begin(), gaps.end(), [&](const row_part& gap) {
      return !is_moved[static_cast<std::size_t>(&gap - gaps.data())]
             && std::any_of(gap.seats.begin(), gap.seats.end(), is_beside);
    });
    if (next == gaps.end())
      return {};
    is_moved[static_cast<std::size_t>(next - gaps.begin())] = true; // each at most once, so this comes to an end
    take(chosen, *next, seat_state::free);
    auto better = better_choice(rows, *next, chosen);
    if (better.size() == 0)
      return {};
    next->seats = seats_of(better);
    take(chosen, *next, seat_state::held);
  }
}

} // namespace

bool leaves_orphan(std::span<const seat_state> states, seat_range row, seat_range wanted) {
  auto free = [&](std::uint32_t seat) { return row.contains(seat) && states[seat] == seat_state::free; };
  // Below the first seat of a section these wrap around to numbers that no row contains.
  bool left = free(wanted.first - 1) && !free(wanted.first - 2);
  bool right = free(wanted.end) && !free(wanted.end + 1);
  return left || right;
}

std::optional<lonely_choice> find_orphans(const seat_rows& rows, std::span<const seat_state> states,
                                          std::span<const plan_index> wanted) {
  auto parts = by_row(rows, wanted);
  if (std::all_of(parts.begin(), parts.end(), [&](const auto& part) { return orphans_of(part, states).empty(); }))
    return std::nullopt;
  lonely_choice result;
  for (const auto& part : parts) {
    auto orphans = orphans_of(part, states);
    auto better = orphans.empty() ? std::vector<plan_index>{} : better_by_gaps(rows, part, states);
    if (better.empty() && !orphans.empty())
      better = seats_of(better_choice(rows, part, states));
    if (better.empty())
      better = part.seats;
    else
      result.orphans.insert(result.orphans.end(), orphans.begin(), orphans.end());
    result.better.insert(result.better.end(), better.begin(), better.end());
  }
  return result.orphans.empty() ? std::nullopt : std::optional{std::move(result)};
}

} // namespace usher::domain
