#define CAF_SUITE domain.aisles

#include "domain/section.hpp"
#include "tests/domain/halls.hpp"

#include "caf/test/bdd_dsl.hpp"

#include <rapidcheck.h>

#include <algorithm>
#include <limits>
#include <set>

using namespace usher::domain;
using namespace usher::domain::test;

namespace {

/// Moves the seats after these ones, in the same row, so far away that the gap is `gap` pitches wide.
section_plan with_aisles(section_plan plan, const std::set<std::uint32_t>& after, double gap) {
  for (auto last : after)
    for (auto i = last + 1; i < plan.seats.size() && plan.seats[i].row == plan.seats[last].row; ++i)
      plan.seats[i].position.x += gap - 1;
  return plan;
}

std::vector<seat_range> rows_in(const section_plan& plan) {
  return seat_rows{plan}.rows();
}

/// A hall as a child sees it: who can hold hands with whom.
struct naive_hall {
  std::vector<std::uint32_t> row;  ///< of each seat
  std::set<std::uint32_t> aisles;  ///< after these seats
  std::set<std::uint32_t> taken{}; ///< not free

  bool side_by_side(std::uint32_t left) const {
    return left + 1 < row.size() && row[left] == row[left + 1] && !aisles.contains(left);
  }
  bool alone(std::uint32_t seat, const std::set<std::uint32_t>& gone) const {
    auto has_left = seat > 0 && side_by_side(seat - 1) && !gone.contains(seat - 1);
    auto has_right = side_by_side(seat) && !gone.contains(seat + 1);
    return !has_left && !has_right;
  }
  /// The free seats that are alone once `more` are gone, and were not before.
  std::set<std::uint32_t> left_alone_by(const std::set<std::uint32_t>& more) const {
    auto gone = taken;
    gone.insert(more.begin(), more.end());
    std::set<std::uint32_t> result;
    for (std::uint32_t seat = 0; seat < row.size(); ++seat)
      if (!gone.contains(seat) && alone(seat, gone) && !alone(seat, taken))
        result.insert(seat);
    return result;
  }
  /// All free runs of that many neighbours, in plan order.
  std::vector<std::set<std::uint32_t>> stretches(std::uint32_t quantity) const {
    std::vector<std::set<std::uint32_t>> result;
    for (std::uint32_t first = 0; first + quantity <= row.size(); ++first) {
      std::set<std::uint32_t> found;
      for (auto seat = first; seat < first + quantity; ++seat)
        if (!taken.contains(seat) && (seat == first || side_by_side(seat - 1)))
          found.insert(seat);
      if (found.size() == quantity)
        result.push_back(found);
    }
    return result;
  }
  /// Whether one can be reached from the other without crossing an aisle or a row's end.
  bool connected(std::uint32_t a, std::uint32_t b) const {
    for (auto seat = std::min(a, b); seat < std::max(a, b); ++seat)
      if (!side_by_side(seat))
        return false;
    return true;
  }
};

std::uint32_t value_of(seat_no seat) {
  return seat.value();
}
std::uint32_t value_of(std::uint32_t seat) {
  return seat;
}

std::vector<seat_no> numbers(const std::set<std::uint32_t>& seats) {
  std::vector<seat_no> result;
  for (auto seat : seats)
    result.emplace_back(seat);
  return result;
}

/// A hall with aisles where the naive one has them, with bent rows of different pitches, partly taken.
struct random_hall {
  naive_hall naive;
  section_plan plan{.id = "stalls", .name = "Stalls"};

  random_hall() {
    for (std::uint32_t row = 0; row < 3; ++row)
      add_row(row, *rc::gen::inRange<std::uint32_t>(1, 10));
    for (std::uint32_t seat = 0; seat < plan.seats.size(); ++seat)
      if (*rc::gen::inRange(0, 3) == 0)
        naive.taken.insert(seat);
  }

  stage opened() const {
    stage result{plan};
    for (auto seat : naive.taken)
      result.hold(100 + seat, {seat});
    return result;
  }

private:
  void add_row(std::uint32_t row, std::uint32_t length) {
    auto pitch = *rc::gen::inRange(1, 9) * 0.25;
    auto aisles_left = (length - 1) / 2; // more would be the usual gap of this row
    plan.rows.push_back(std::to_string(row));
    point at{0, row * 10.0};
    for (std::uint32_t i = 0; i < length; ++i) {
      auto seat = static_cast<std::uint32_t>(plan.seats.size());
      plan.seats.push_back({.guid = std::to_string(seat),
                            .number = std::to_string(i + 1),
                            .row = static_cast<std::uint16_t>(row),
                            .position = at});
      naive.row.push_back(row);
      auto gap = 1.0;
      if (i + 1 < length && aisles_left > 0 && *rc::gen::inRange(0, 3) == 0) {
        gap = *rc::gen::inRange(8, 25) * 0.25;
        naive.aisles.insert(seat);
        --aisles_left;
      }
      at.x += 0.6 * pitch * gap;
      at.y += 0.8 * pitch * gap;
    }
  }
};

} // namespace

SCENARIO("a gap much wider than is usual in its row is an aisle") {
  GIVEN("a row of six seats") {
    auto six = rows_of({6});
    THEN("up to one and three quarters of the usual is no aisle, beyond that it is one") {
      CHECK((rows_in(six) == std::vector<seat_range>{{0, 6}}));
      CHECK((rows_in(with_aisles(six, {2}, 1.75)) == std::vector<seat_range>{{0, 6}}));
      CHECK((rows_in(with_aisles(six, {2}, 1.8)) == std::vector<seat_range>{{0, 3}, {3, 6}}));
      CHECK((rows_in(with_aisles(six, {0, 3}, 4)) == std::vector<seat_range>{{0, 1}, {1, 4}, {4, 6}}));
    }
    THEN("each row has its own usual distance") {
      auto two = rows_of({4, 4});
      for (std::uint32_t i = 4; i < 8; ++i)
        two.seats[i].position.x *= 3;
      CHECK((rows_in(two) == std::vector<seat_range>{{0, 4}, {4, 8}}));
    }
    THEN("a row without usable positions has no aisle") {
      auto nowhere = six;
      for (auto& seat : nowhere.seats)
        seat.position = {};
      nowhere.seats.back().position.x = 50;
      CHECK((rows_in(nowhere) == std::vector<seat_range>{{0, 6}}));
      auto beyond = six;
      beyond.seats.back().position.x = std::numeric_limits<double>::infinity();
      CHECK((rows_in(beyond) == std::vector<seat_range>{{0, 6}}));
      beyond.seats.back().position.x = std::numeric_limits<double>::quiet_NaN();
      CHECK((rows_in(beyond) == std::vector<seat_range>{{0, 6}}));
    }
  }
}

SCENARIO("a pair is not split by an aisle, and a seat at an aisle is not alone for want of a neighbour beyond it") {
  GIVEN("a row of six with an aisle in the middle, of which seats 0 and 1 are taken") {
    stage x{with_aisles(rows_of({6}), {2}, 3)};
    x.hold(1, {0, 1});
    THEN("the best pair is beyond the aisle, and three only fit there") {
      auto pair = x.ask(2, best_wish{.quantity = 2});
      CHECK(unpriced(granted(pair)->seats) == seats({3, 4}));
      auto three = x.ask(2, best_wish{.quantity = 3});
      CHECK(unpriced(granted(three)->seats) == seats({3, 4, 5}));
    }
    THEN("four are not together anywhere, though they may be had near each other") {
      CHECK(why(x.ask(2, best_wish{.quantity = 4, .fit = togetherness::together})) == rejection::sold_out);
      CHECK(granted(x.ask(2, best_wish{.quantity = 4})) != nullptr);
    }
    THEN("taking the seat at the aisle leaves nobody beyond it alone, taking one off it does") {
      auto ask = [&](std::initializer_list<std::uint32_t> wanted) {
        return x.here.hold(hold_number(50), ada, seats_wish{seats(wanted)}, 1, no_orphans, at(300));
      };
      CHECK(granted(ask({2})) != nullptr);
      CHECK(granted(ask({2, 3})) != nullptr);
      CHECK(why(ask({4})) == rejection::would_orphan);
      CHECK(refused(ask({4}))->seats == seats({3, 5}));
      CHECK(refused(ask({4}))->suggestion == seats({3}));
      CHECK(refused(ask({2, 4}))->suggestion == seats({2, 3}));
    }
  }
}

SCENARIO("a break that the plan names is an aisle, however near the seats are") {
  GIVEN("a row of six, evenly spaced, interrupted before its fourth seat, with seats 0 and 1 taken") {
    auto plan = rows_of({6});
    plan.seats[3].after_break = true;
    CHECK((rows_in(plan) == std::vector<seat_range>{{0, 3}, {3, 6}}));
    stage x{plan};
    x.hold(1, {0, 1});
    THEN("the best pair is not on both sides of it") {
      CHECK(unpriced(granted(x.ask(2, best_wish{.quantity = 2}))->seats) == seats({3, 4}));
    }
  }
}

SCENARIO("the best seats side by side are those that a naive search finds, whatever the aisles") {
  CHECK(rc::check("random halls", [] {
    random_hall hall;
    auto quantity = *rc::gen::inRange<std::uint32_t>(1, 6);
    auto x = hall.opened();
    auto answer = x.ask(1, best_wish{.quantity = quantity, .fit = togetherness::together});
    auto choices = hall.naive.stretches(quantity);
    if (choices.empty()) {
      RC_ASSERT(why(answer) == rejection::sold_out);
      return;
    }
    auto best = std::find_if(choices.begin(), choices.end(),
                             [&](const auto& choice) { return hall.naive.left_alone_by(choice).empty(); });
    RC_ASSERT(granted(answer) != nullptr);
    RC_ASSERT(unpriced(granted(answer)->seats) == numbers(best == choices.end() ? choices.front() : *best));
  }));
}

SCENARIO(
    "a choice is refused for a seat left alone exactly when a naive search finds a better one between the aisles") {
  CHECK(rc::check("random choices", [] {
    random_hall hall;
    std::set<std::uint32_t> wanted;
    for (std::uint32_t seat = 0; seat < hall.plan.seats.size(); ++seat)
      if (!hall.naive.taken.contains(seat) && *rc::gen::inRange(0, 4) == 0)
        wanted.insert(seat);
    if (wanted.empty())
      return;
    std::set<std::uint32_t> blamed;
    for (auto alone : hall.naive.left_alone_by(wanted)) {
      std::set<std::uint32_t> part;
      for (auto seat : wanted)
        if (hall.naive.connected(seat, alone))
          part.insert(seat);
      for (const auto& choice : hall.naive.stretches(static_cast<std::uint32_t>(part.size())))
        if (hall.naive.connected(*choice.begin(), alone) && hall.naive.left_alone_by(choice).empty())
          blamed.insert(alone);
    }
    auto x = hall.opened();
    auto answer = x.here.hold(hold_number(1), ada, seats_wish{numbers(wanted)}, 1, no_orphans, at(300));
    RC_ASSERT(granted(answer) == nullptr || blamed.empty());
    if (const auto* no = refused(answer)) {
      RC_ASSERT(no->reason == rejection::would_orphan);
      // Besides, a choice in several gaps may be better in each, although all of it fits nowhere side by side.
      RC_ASSERT(std::includes(no->seats.begin(), no->seats.end(), blamed.begin(), blamed.end(),
                              [](auto a, auto b) { return value_of(a) < value_of(b); }));
      auto alone = hall.naive.left_alone_by(wanted);
      RC_ASSERT(
          std::all_of(no->seats.begin(), no->seats.end(), [&](seat_no each) { return alone.contains(each.value()); }));
    }
  }));
}

SCENARIO("what is suggested instead leaves none of these seats alone, is as much, and is granted") {
  CHECK(rc::check("random choices", [] {
    random_hall hall;
    std::set<std::uint32_t> wanted;
    for (std::uint32_t seat = 0; seat < hall.plan.seats.size(); ++seat)
      if (!hall.naive.taken.contains(seat) && *rc::gen::inRange(0, 3) == 0)
        wanted.insert(seat);
    if (wanted.empty())
      return;
    auto x = hall.opened();
    auto ask = [&](const std::vector<seat_no>& chosen) {
      return x.here.hold(hold_number(1), ada, seats_wish{chosen}, 1, no_orphans, at(300));
    };
    auto answer = ask(numbers(wanted));
    const auto* no = refused(answer);
    if (!no)
      return;
    std::set<std::uint32_t> better;
    for (auto seat : no->suggestion)
      better.insert(seat.value());
    RC_ASSERT(better.size() == wanted.size());
    RC_ASSERT(granted(ask(no->suggestion)) != nullptr);
    auto still_alone = hall.naive.left_alone_by(better);
    for (auto seat : no->seats)
      for (auto alone : still_alone)
        RC_ASSERT(!hall.naive.connected(seat.value(), alone));
  }));
}
