#include "domain/line_outline.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>

namespace usher::domain {

line_mark line_outline::before(queue_number number) const {
  auto is_behind = [](queue_number x, const line_mark& mark) { return x < mark.number; };
  auto next = std::upper_bound(marks.begin(), marks.end(), number, is_behind);
  if (next == marks.begin())
    return {number};
  const auto& last = *std::prev(next);
  if (next == marks.end())
    return {number, last.waiting, last.present};
  auto way = static_cast<double>(number.value() - last.number.value())
             / static_cast<double>(next->number.value() - last.number.value());
  auto between = [way](std::uint64_t from, std::uint64_t to) {
    return from + static_cast<std::uint64_t>(std::llround(way * static_cast<double>(to - from)));
  };
  return {number, between(last.waiting, next->waiting), between(last.present, next->present)};
}

} // namespace usher::domain
