#include "domain/best_seats.hpp"

#include "domain/orphans.hpp"

#include <algorithm>
#include <cstddef>

namespace usher::domain {
namespace {

/// How many seats are tried as the middle of the nearest ones, and how many distances are measured for all of them
/// together: one middle is always tried. The bounds keep the search O(seats).
constexpr std::size_t middles_max = 64;
constexpr std::size_t distances_max = 200'000;

seat_grade next_after(seat_grade grade) {
  return static_cast<seat_grade>(static_cast<std::uint8_t>(grade) + 1);
}

/// A free seat and how far it is from the middle under consideration, squared.
struct candidate {
  double distance = 0;
  std::uint32_t seat = 0;

  friend auto operator<=>(const candidate&, const candidate&) = default;
};

class search {
public:
  search(const section_plan& plan, const seat_rows& rows, std::span<const seat_state> states, const best_wish& wanted)
      : plan_(plan), rows_(rows), states_(states), wanted_(wanted) {
    // the search is in the named steps
  }

  /// Seats of this grade or better will do from now on.
  void accept(seat_grade worst) { worst_ = worst; }

  /// The first seats side by side that leave no seat alone; if there are none, the first side by side.
  [[nodiscard]] std::vector<plan_index> side_by_side() const {
    std::optional<seat_range> second_best;
    for (auto row : rows_.rows()) {
      std::uint32_t run = 0;
      for (auto seat = row.first; seat < row.end; ++seat) {
        run = suits(seat) ? run + 1 : 0;
        if (run < wanted_.quantity)
          continue;
        seat_range found{seat + 1 - wanted_.quantity, seat + 1};
        if (parts_companions(row, found.first - 1, found.first) || parts_companions(row, seat, found.end))
          continue;
        if (!leaves_orphan(states_, row, found))
          return seats_of(found);
        if (!second_best)
          second_best = found;
      }
    }
    return second_best ? seats_of(*second_best) : std::vector<plan_index>{};
  }

  /// The seats that are closest to the one in their middle.
  [[nodiscard]] std::vector<plan_index> nearest() const {
    std::vector<candidate> free;
    for (std::uint32_t seat = 0; seat < states_.size(); ++seat)
      if (suits(seat))
        free.push_back({0, seat});
    if (free.size() < wanted_.quantity)
      return {};
    std::vector<plan_index> best;
    double best_spread = 0;
    auto middles = std::clamp<std::size_t>(distances_max / free.size(), 1, middles_max);
    auto step = std::max<std::size_t>(1, (free.size() + middles - 1) / middles);
    auto around = free;
    for (std::size_t middle = 0; middle < free.size(); middle += step) {
      for (std::size_t i = 0; i < free.size(); ++i)
        around[i] = {distance(free[middle].seat, free[i].seat), free[i].seat};
      auto end = around.begin() + wanted_.quantity;
      std::nth_element(around.begin(), end - 1, around.end());
      double spread = 0;
      for (auto i = around.begin(); i != end; ++i)
        spread += i->distance;
      if (!best.empty() && spread >= best_spread)
        continue;
      std::sort(around.begin(), end, [](const candidate& a, const candidate& b) { return a.seat < b.seat; });
      if (parts_companions({around.begin(), end}))
        continue;
      best_spread = spread;
      best.clear();
      for (auto i = around.begin(); i != end; ++i)
        best.push_back(plan_index{i->seat});
    }
    std::sort(best.begin(), best.end());
    return best;
  }

private:
  [[nodiscard]] bool suits(std::uint32_t seat) const {
    return states_[seat] == seat_state::free
           && (!wanted_.category || rows_.category_of(plan_index{seat}) == *wanted_.category)
           && rows_.grade_of(plan_index{seat}) <= worst_;
  }

  /// Whether taking one of two seats of a row, if it has both, parts it from the free one that belongs to it. Below the
  /// first seat of a section numbers wrap around to some that no row contains.
  [[nodiscard]] bool parts_companions(seat_range row, std::uint32_t a, std::uint32_t b) const {
    return row.contains(a) && row.contains(b) && rows_.are_companions(plan_index{a}, plan_index{b})
           && states_[a] == seat_state::free && states_[b] == seat_state::free;
  }

  /// Likewise for taking these, in plan order.
  [[nodiscard]] bool parts_companions(std::span<const candidate> chosen) const {
    if (worst_ < seat_grade::wheelchair)
      return false; // they are free of such seats
    auto is_chosen = [&](std::uint32_t seat) {
      return std::binary_search(chosen.begin(), chosen.end(), candidate{0, seat},
                                [](const candidate& x, const candidate& y) { return x.seat < y.seat; });
    };
    return std::any_of(chosen.begin(), chosen.end(), [&](const candidate& x) {
      auto row = rows_.row_of(plan_index{x.seat});
      auto parts_from = [&](std::uint32_t other) { return parts_companions(row, x.seat, other) && !is_chosen(other); };
      return parts_from(x.seat - 1) || parts_from(x.seat + 1);
    });
  }

  [[nodiscard]] double distance(std::uint32_t a, std::uint32_t b) const {
    const auto& here = plan_.seats[a].position;
    const auto& there = plan_.seats[b].position;
    auto x = here.x - there.x;
    auto y = here.y - there.y;
    return x * x + y * y;
  }

  [[nodiscard]] static std::vector<plan_index> seats_of(seat_range range) {
    std::vector<plan_index> result;
    result.reserve(range.size());
    for (auto seat = range.first; seat < range.end; ++seat)
      result.push_back(plan_index{seat});
    return result;
  }

  const section_plan& plan_;
  const seat_rows& rows_;
  std::span<const seat_state> states_;
  const best_wish& wanted_;
  seat_grade worst_ = seat_grade::plain;
};

} // namespace

std::vector<plan_index> best_seats(const section_plan& plan, const seat_rows& rows, std::span<const seat_state> states,
                                   const best_wish& wanted) {
  search look{plan, rows, states, wanted};
  auto try_grades = [&](seat_grade first, seat_grade last) {
    for (auto fit : {togetherness::together, togetherness::anyhow}) {
      if (fit == togetherness::anyhow && wanted.fit == togetherness::together)
        break;
      for (auto grade = first; grade <= std::min(last, wanted.worst); grade = next_after(grade)) {
        if (grade != first && !rows.has(grade))
          continue;
        look.accept(grade);
        auto found = fit == togetherness::together ? look.side_by_side() : look.nearest();
        if (!found.empty())
          return found;
      }
    }
    return std::vector<plan_index>{};
  };
  // A view is given up for sitting together; wheelchair places come last of all.
  auto found = try_grades(seat_grade::plain, seat_grade::restricted);
  if (found.empty() && rows.has(seat_grade::wheelchair))
    found = try_grades(seat_grade::wheelchair, seat_grade::wheelchair);
  return found;
}

} // namespace usher::domain
