#include "domain/best_seats.hpp"

#include "domain/orphans.hpp"

#include <algorithm>
#include <cstddef>

namespace usher::domain {
namespace {

/// How many seats are tried as the middle of the nearest ones. The bound keeps the search O(seats).
constexpr std::size_t middles_max = 64;

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

  /// The first seats side by side that leave no seat alone; if there are none, the first side by side.
  [[nodiscard]] std::vector<seat_no> side_by_side() const {
    std::optional<seat_range> second_best;
    for (auto row : rows_.rows()) {
      std::uint32_t run = 0;
      for (auto seat = row.first; seat < row.end; ++seat) {
        run = suits(seat) ? run + 1 : 0;
        if (run < wanted_.quantity)
          continue;
        seat_range found{seat + 1 - wanted_.quantity, seat + 1};
        if (!leaves_orphan(states_, row, found))
          return seats_of(found);
        if (!second_best)
          second_best = found;
      }
    }
    return second_best ? seats_of(*second_best) : std::vector<seat_no>{};
  }

  /// The seats that are closest to the one in their middle.
  [[nodiscard]] std::vector<seat_no> nearest() const {
    std::vector<candidate> free;
    for (std::uint32_t seat = 0; seat < states_.size(); ++seat)
      if (suits(seat))
        free.push_back({0, seat});
    if (free.size() < wanted_.quantity)
      return {};
    std::vector<seat_no> best;
    double best_spread = 0;
    auto step = std::max<std::size_t>(1, (free.size() + middles_max - 1) / middles_max);
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
      best_spread = spread;
      best.clear();
      for (auto i = around.begin(); i != end; ++i)
        best.push_back(seat_no{i->seat});
    }
    std::sort(best.begin(), best.end());
    return best;
  }

private:
  [[nodiscard]] bool suits(std::uint32_t seat) const {
    return states_[seat] == seat_state::free
           && (!wanted_.category || rows_.category_of(seat_no{seat}) == *wanted_.category);
  }

  [[nodiscard]] double distance(std::uint32_t a, std::uint32_t b) const {
    const auto& here = plan_.seats[a].position;
    const auto& there = plan_.seats[b].position;
    auto x = here.x - there.x;
    auto y = here.y - there.y;
    return x * x + y * y;
  }

  [[nodiscard]] static std::vector<seat_no> seats_of(seat_range range) {
    std::vector<seat_no> result;
    result.reserve(range.size());
    for (auto seat = range.first; seat < range.end; ++seat)
      result.push_back(seat_no{seat});
    return result;
  }

  const section_plan& plan_;
  const seat_rows& rows_;
  std::span<const seat_state> states_;
  const best_wish& wanted_;
};

} // namespace

std::vector<seat_no> best_seats(const section_plan& plan, const seat_rows& rows, std::span<const seat_state> states,
                                const best_wish& wanted) {
  search look{plan, rows, states, wanted};
  auto found = look.side_by_side();
  if (found.empty() && wanted.fit == togetherness::anyhow)
    found = look.nearest();
  return found;
}

} // namespace usher::domain
