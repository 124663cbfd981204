#define CAF_SUITE domain.plan_numbering_properties

#include "domain/plan_numbering.hpp"
#include "tests/domain/halls.hpp"

#include "caf/test/bdd_dsl.hpp"

#include <rapidcheck.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

using namespace usher::domain;
using namespace usher::domain::test;

namespace {

constexpr std::uint32_t guid_count = 8;
const std::vector<std::string> seated{"a", "b"};

/// Where each guid is to be (an index into `seated`; beyond its end: nowhere), and how large the floor is to be.
struct layout {
  std::vector<std::uint32_t> section_of;
  std::uint32_t floor = 0;
  bool reversed = false; ///< sections and seats
  bool heedful = false;  ///< of taken seats
};

/// What to do, numbers to do it with, and a plan in case it needs one.
using step = std::tuple<int, std::uint32_t, std::uint32_t, std::vector<std::uint32_t>>;

rc::Gen<std::vector<step>> steps() {
  auto number = rc::gen::inRange<std::uint32_t>(0, guid_count);
  auto places = rc::gen::container<std::vector<std::uint32_t>>(guid_count, rc::gen::inRange<std::uint32_t>(0, 3));
  return rc::gen::scale(
      2, rc::gen::container<std::vector<step>>(rc::gen::tuple(rc::gen::inRange(0, 11), number, number, places)));
}

/// An event as a child would write it: seats have names and no numbers.
struct naive_event {
  std::map<std::string, std::string> section_of;         ///< by guid, of present seats
  std::map<std::string, seat_state> taken;               ///< by guid: held or sold
  std::set<std::pair<std::string, std::string>> blocked; ///< section and guid, also of seats that are gone
  std::uint32_t floor = 0;
  std::uint32_t floor_held = 0;
  std::uint32_t floor_blocked = 0;

  [[nodiscard]] seat_state state_of(const std::string& guid) const {
    if (auto found = taken.find(guid); found != taken.end())
      return found->second;
    return blocked.contains({section_of.at(guid), guid}) ? seat_state::blocked : seat_state::free;
  }

  [[nodiscard]] bool admits(const layout& next) const {
    for (const auto& [guid, section] : section_of) {
      auto wanted = next.section_of[static_cast<std::size_t>(guid[1] - '0')];
      auto stays = wanted < seated.size() && seated[wanted] == section;
      auto state = state_of(guid);
      if (!stays && state != seat_state::free && (state != seat_state::blocked || wanted < seated.size()))
        return false;
    }
    return next.floor >= floor_held;
  }

  void follow(const layout& next) {
    section_of.clear();
    for (std::uint32_t i = 0; i < guid_count; ++i)
      if (next.section_of[i] < seated.size())
        section_of["g" + std::to_string(i)] = seated[next.section_of[i]];
    floor = next.floor;
    floor_blocked = std::min(floor_blocked, floor - floor_held);
  }
};

shared_plan read(const layout& wanted) {
  std::vector<section_plan> sections;
  for (std::uint32_t number = 0; number < seated.size(); ++number) {
    section_plan plan{.id = seated[number], .name = seated[number], .rows = {"1"}};
    for (std::uint32_t i = 0; i < guid_count; ++i)
      if (wanted.section_of[i] == number)
        plan.seats.push_back({.guid = "g" + std::to_string(i)});
    if (wanted.reversed)
      std::reverse(plan.seats.begin(), plan.seats.end());
    if (!plan.seats.empty())
      sections.push_back(std::move(plan));
  }
  if (wanted.floor > 0)
    sections.push_back(floor_of(wanted.floor));
  if (wanted.reversed)
    std::reverse(sections.begin(), sections.end());
  return std::make_shared<const seating_plan>("hall", std::vector<std::string>{"near", "far"}, std::move(sections));
}

/// Runs random commands and random changes of the plan against the event and the naive one.
class rehearsal {
public:
  rehearsal() : rehearsal(layout{{0, 0, 0, 0, 1, 1, 1, 2}, 3}) {}

  void run(const std::vector<step>& all) {
    for (const auto& [what, a, b, places] : all) {
      do_step(what, a, b, places);
      check();
    }
  }

private:
  explicit rehearsal(const layout& first) : plan_(read(first)) {
    naive_.follow(first);
    serve();
  }

  /// As after a restart: the sections are what their facts make of them under the present plan.
  void serve() {
    journals_.resize(plan_->sections().size());
    sections_.clear();
    for (std::size_t i = 0; i < journals_.size(); ++i) {
      sections_.emplace_back(plan_, section_no{static_cast<std::uint16_t>(i)});
      for (const auto& fact : journals_[i])
        sections_.back().apply(fact);
    }
  }

  template <class Fact>
  bool happen(section_no number, const decision<Fact>& decided) {
    const auto* fact = granted(decided);
    if (fact == nullptr)
      return false;
    sections_[number.value()].apply(*fact);
    journals_[number.value()].emplace_back(*fact);
    return true;
  }

  void replace_plan(std::uint32_t a, std::uint32_t b, const std::vector<std::uint32_t>& places) {
    layout next{places, a, b % 2 == 0, b > 1};
    if (next.heedful) {
      for (const auto& [guid, section] : naive_.section_of)
        if (naive_.state_of(guid) != seat_state::free)
          next.section_of[static_cast<std::size_t>(guid[1] - '0')] = section == seated[0] ? 0 : 1;
      next.floor = std::max(next.floor, naive_.floor_held);
    }
    auto read_plan = read(next);
    if (read_plan->sections().empty())
      return;
    std::vector<section_standing> standings;
    for (const auto& section : sections_)
      standings.push_back(section.standing());
    auto numbering = renumber(*plan_, *read_plan, standings, at(0));
    RC_ASSERT(std::holds_alternative<plan_numbering>(numbering) == naive_.admits(next));
    if (auto* given = std::get_if<plan_numbering>(&numbering)) {
      plan_ = with_numbers(read_plan, *given);
      RC_ASSERT(plan_ != nullptr);
      naive_.follow(next);
      serve();
    }
  }

  void do_step(int what, std::uint32_t a, std::uint32_t b, const std::vector<std::uint32_t>& places) {
    auto guid = "g" + std::to_string(a);
    if (what <= 2)
      return replace_plan(a, b, places);
    if (what == 3)
      return take_places();
    auto place = plan_->find_seat(guid);
    RC_ASSERT(place.has_value() == naive_.section_of.contains(guid));
    if (!place)
      return;
    auto& here = sections_[place->section.value()];
    std::vector<seat_no> only{place->seat};
    auto state = naive_.state_of(guid);
    switch (what) {
      case 4:
      case 5: {
        auto held =
            happen(place->section, here.hold(hold_number(++last_), ada, seats_wish{only}, 1, plain_terms, at(9)));
        RC_ASSERT(held == (state == seat_state::free));
        if (held) {
          naive_.taken[guid] = seat_state::held;
          holds_[guid] = hold_number(last_);
        }
        break;
      }
      case 6:
        if (state == seat_state::held) {
          RC_ASSERT(happen(place->section, here.release(holds_.at(guid), ada)));
          naive_.taken.erase(guid);
        }
        break;
      case 7: {
        auto order = order_number(++last_);
        auto hold = state == seat_state::held ? holds_.at(guid) : hold_number(last_);
        auto sold = happen(place->section, here.sell(hold, order, ada, std::vector<priced_seat>{{place->seat, 700}}));
        RC_ASSERT(sold == (state == seat_state::free || state == seat_state::held));
        if (sold) {
          naive_.taken[guid] = seat_state::sold;
          orders_[guid] = order;
        }
        break;
      }
      case 8:
        if (state == seat_state::sold) {
          RC_ASSERT(happen(place->section, here.take_back(orders_.at(guid), only)));
          naive_.taken.erase(guid);
        }
        break;
      case 9:
        if (happen(place->section, here.block(only, 0)))
          naive_.blocked.emplace(naive_.section_of.at(guid), guid);
        break;
      default:
        if (happen(place->section, here.unblock(only, 0)))
          naive_.blocked.erase({naive_.section_of.at(guid), guid});
    }
  }

  /// Places of the floor; they are never given back, but blocked in turn.
  void take_places() {
    auto floor = plan_->find_section("floor");
    RC_ASSERT(floor.has_value() == (naive_.floor > 0));
    if (!floor)
      return;
    auto free = naive_.floor - naive_.floor_held - naive_.floor_blocked;
    auto& here = sections_[floor->value()];
    if (++last_ % 2 == 0) {
      auto held = happen(*floor, here.hold(hold_number(last_), ada, quantity_wish{1}, 1, plain_terms, at(9)));
      RC_ASSERT(held == (free > 0));
      naive_.floor_held += held ? 1 : 0;
    } else {
      auto blocked = happen(*floor, here.block({}, 1));
      RC_ASSERT(blocked == (free > 0));
      naive_.floor_blocked += blocked ? 1 : 0;
    }
  }

  void check() {
    for (const auto& [guid, section] : naive_.section_of) {
      auto place = plan_->find_seat(guid);
      RC_ASSERT(place.has_value());
      RC_ASSERT(plan_->section(place->section).id == section);
      RC_ASSERT(sections_[place->section.value()].state_of(place->seat) == naive_.state_of(guid));
      RC_ASSERT(meant_.try_emplace({section, place->seat}, guid).first->second == guid);
    }
    std::uint32_t capacity = 0;
    for (const auto& here : sections_) {
      check_section(here);
      capacity += here.plan().capacity();
    }
    RC_ASSERT(capacity == plan_->capacity());
    RC_ASSERT(capacity == naive_.section_of.size() + naive_.floor);
  }

  void check_section(const section& here) {
    auto looks = here.status();
    RC_ASSERT(looks.size() == here.plan().capacity());
    for (std::uint32_t index = 0; index < looks.size(); ++index)
      RC_ASSERT(looks[index] == to_char(here.state_of(here.plan().number_at(plan_index{index}))));
    auto count = [&](char look) { return static_cast<std::uint32_t>(std::count(looks.begin(), looks.end(), look)); };
    const auto& sum = here.totals();
    RC_ASSERT(sum.free == count('.'));
    RC_ASSERT(sum.held == count('H'));
    RC_ASSERT(sum.sold == count('S'));
    RC_ASSERT(sum.blocked == count('B'));
    if (here.plan().general()) {
      RC_ASSERT(sum.held == naive_.floor_held);
      RC_ASSERT(sum.blocked == naive_.floor_blocked);
    }
    section replayed{plan_, here.number()};
    for (const auto& fact : journals_[here.number().value()])
      replayed.apply(fact);
    RC_ASSERT(replayed == here);
    section from_snapshot{plan_, here.number()};
    for (const auto& fact : here.snapshot())
      from_snapshot.apply(fact);
    RC_ASSERT(from_snapshot == here);
  }

  shared_plan plan_;
  naive_event naive_;
  std::vector<section> sections_;
  std::vector<std::vector<fact>> journals_;                      ///< by section number
  std::map<std::string, hold_id> holds_;                         ///< by guid
  std::map<std::string, order_id> orders_;                       ///< by guid
  std::map<std::pair<std::string, seat_no>, std::string> meant_; ///< what each number has ever meant
  std::uint64_t last_ = 0;
};

} // namespace

SCENARIO("an event whose plan changes while it is sold does what a naive one does, and replay gives it back") {
  CHECK(rc::check("random commands and random plans", [] { rehearsal{}.run(*steps()); }));
}

SCENARIO("the best seats are found, and single ones spared, in the order of the present plan") {
  CHECK(rc::check("random plans", [] {
    auto names = *rc::gen::container<std::vector<std::uint32_t>>(rc::gen::inRange<std::uint32_t>(0, 12));
    std::set<std::uint32_t> seen;
    section_plan wanted{.id = "a", .name = "a", .rows = {"1"}};
    for (auto name : names)
      if (seen.insert(name).second)
        wanted.seats.push_back(
            {.guid = "g" + std::to_string(name), .position = {.x = static_cast<double>(wanted.seats.size())}});
    RC_PRE(!wanted.seats.empty());
    section_plan first{.id = "a", .name = "a", .rows = {"1"}};
    for (int i = 0; i < 12; ++i)
      first.seats.push_back({.guid = "g" + std::to_string(i)});
    auto now = hall(first);
    auto next = hall(wanted);
    std::vector<section_standing> untouched(1, section_standing(12));
    auto numbering = renumber(*now, *next, untouched, at(0));
    section moved{with_numbers(next, std::get<plan_numbering>(numbering)), section_no{0}};
    section fresh{next, section_no{0}};
    auto index_of = [&](seat_no number) { return seat_no{moved.plan().index_of(number).value().value()}; };
    for (std::uint64_t id = 1; id < 9; ++id) {
      wish best = best_wish{.quantity = *rc::gen::inRange(1u, 4u)};
      auto there = moved.hold(hold_number(id), ada, best, 1, no_orphans, at(9));
      auto here = fresh.hold(hold_number(id), ada, best, 1, no_orphans, at(9));
      RC_ASSERT((granted(there) == nullptr) == (granted(here) == nullptr));
      auto single = *rc::gen::inRange<std::uint32_t>(0, moved.plan().capacity());
      seats_wish by_number{{moved.plan().number_at(plan_index{single})}};
      seats_wish by_index{{seat_no{single}}};
      auto choosy = moved.hold(hold_number(100), ada, by_number, 1, no_orphans, at(9));
      auto plain = fresh.hold(hold_number(100), ada, by_index, 1, no_orphans, at(9));
      RC_ASSERT(why(choosy) == why(plain));
      if (const auto* better = refused(choosy)) {
        auto suggestion = better->suggestion;
        std::transform(suggestion.begin(), suggestion.end(), suggestion.begin(), index_of);
        RC_ASSERT(suggestion == refused(plain)->suggestion);
      }
      if (granted(there) == nullptr)
        continue;
      auto seats = unpriced(granted(there)->seats);
      std::transform(seats.begin(), seats.end(), seats.begin(), index_of);
      RC_ASSERT(seats == unpriced(granted(here)->seats));
      moved.apply(*granted(there));
      fresh.apply(*granted(here));
    }
  }));
}
