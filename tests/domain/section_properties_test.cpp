#define CAF_SUITE domain.section_properties

#include "domain/section.hpp"
#include "tests/domain/halls.hpp"

#include "caf/test/bdd_dsl.hpp"

#include <rapidcheck.h>

#include <map>
#include <set>
#include <tuple>

using namespace usher::domain;
using namespace usher::domain::test;

namespace {

/// A section as a child would write it: one map, no indexes. It takes facts and notes every broken rule.
struct naive_section {
  struct holding {
    std::set<seat_no> seats;
    instant promised;
    instant until;
    std::optional<order_id> paying_for;
  };
  std::uint32_t capacity = 0;
  std::map<hold_id, holding> holds;
  std::map<seat_no, order_id> sold;
  std::set<seat_no> blocked;
  minor_units revenue = 0;
  minor_units refunded = 0;

  bool is_free(seat_no seat) const {
    for (const auto& [id, x] : holds)
      if (x.seats.contains(seat))
        return false;
    return seat.value() < capacity && !sold.contains(seat) && !blocked.contains(seat);
  }
  bool all_free(const std::vector<seat_no>& seats) const {
    return std::all_of(seats.begin(), seats.end(), [this](seat_no x) { return is_free(x); });
  }
  std::uint32_t free_count() const {
    std::uint32_t sum = 0;
    for (std::uint32_t i = 0; i < capacity; ++i)
      sum += is_free(seat_no{i}) ? 1 : 0;
    return sum;
  }

  void see(const seats_held& x) {
    auto wanted = unpriced(x.seats);
    RC_ASSERT(all_free(wanted));
    RC_ASSERT(!holds.contains(x.hold));
    holds[x.hold] = {{wanted.begin(), wanted.end()}, x.until, x.until, std::nullopt};
    RC_ASSERT(holds[x.hold].seats.size() == wanted.size());
  }
  void see(const hold_ended& x) { RC_ASSERT(holds.erase(x.hold) == 1u); }
  void see(const payment_started& x) {
    holds.at(x.hold).paying_for = x.order;
    holds.at(x.hold).until = x.until;
  }
  void see(const payment_stopped& x) {
    auto& stopped = holds.at(x.hold);
    RC_ASSERT(x.until >= stopped.promised);
    RC_ASSERT(x.until <= stopped.promised + hold::second_try);
    stopped.paying_for.reset();
    stopped.until = x.until;
  }
  void see(const seats_sold& x) {
    holds.erase(x.hold);
    for (const auto& seat : x.seats) {
      RC_ASSERT(is_free(seat.seat));
      sold[seat.seat] = x.order;
      revenue += seat.price;
    }
  }
  void see(const seats_returned& x) {
    for (const auto& seat : x.seats) {
      RC_ASSERT(sold.at(seat.seat) == x.order);
      sold.erase(seat.seat);
      revenue -= seat.price;
      refunded += seat.price;
    }
  }
  void see(const seats_blocked& x) {
    RC_ASSERT(all_free(x.seats));
    blocked.insert(x.seats.begin(), x.seats.end());
  }
  void see(const seats_unblocked& x) {
    for (auto seat : x.seats)
      RC_ASSERT(blocked.erase(seat) == 1u);
  }

  std::string status() const {
    std::string result;
    for (std::uint32_t i = 0; i < capacity; ++i) {
      seat_no seat{i};
      result += sold.contains(seat) ? 'S' : blocked.contains(seat) ? 'B' : is_free(seat) ? '.' : 'H';
    }
    return result;
  }
};

/// What to do, and three numbers to do it with.
using step = std::tuple<int, std::uint32_t, std::uint32_t, std::uint32_t>;

rc::Gen<std::vector<step>> steps() {
  auto number = rc::gen::inRange<std::uint32_t>(0, 14);
  return rc::gen::scale(
      3, rc::gen::container<std::vector<step>>(rc::gen::tuple(rc::gen::inRange(0, 12), number, number, number)));
}

/// Runs random commands against the section and the naive one.
class rehearsal {
public:
  explicit rehearsal(const section_plan& plan) : general_(plan.general()), stage_(plan) {
    naive_.capacity = plan.capacity();
  }

  void run(const std::vector<step>& all) {
    for (const auto& x : all) {
      do_step(x);
      check();
    }
    RC_ASSERT(stage_.replayed() == stage_.here);
    auto again = stage_.from_snapshot();
    RC_ASSERT(again == stage_.here);
    RC_ASSERT(again.snapshot() == stage_.here.snapshot());
    auto by_category = stage_.here.totals_by_category();
    section_totals sum;
    for (const auto& [category, x] : by_category) {
      sum.free += x.free;
      sum.held += x.held;
      sum.sold += x.sold;
      sum.blocked += x.blocked;
      sum.revenue += x.revenue;
      sum.refunded += x.refunded;
    }
    RC_ASSERT(sum == stage_.here.totals());
  }

private:
  template <class Fact>
  bool take(const decision<Fact>& decided) {
    if (const auto* x = granted(decided))
      naive_.see(*x);
    return stage_.happen(decided);
  }

  void hold(std::uint32_t n, std::uint32_t a, std::uint32_t b) {
    // Few different holds, so that there are repeats, even after their end.
    auto id = hold_number(n);
    bool known = naive_.holds.contains(id) || stage_.here.ended(id);
    wish wanted;
    bool possible = false;
    if (general_) {
      wanted = quantity_wish{a};
      possible = a > 0 && a <= naive_.free_count();
    } else if (b % 3 == 0) {
      wanted = best_wish{.quantity = a % 5};
      possible = a % 5 > 0 && a % 5 <= naive_.free_count();
    } else {
      seats_wish named{{seat_no{a}, seat_no{b}}};
      possible = a != b && naive_.all_free(named.seats);
      wanted = named;
    }
    auto decided = stage_.here.hold(id, ada, wanted, 1, plain_terms, now_ + seconds{10 + b});
    RC_ASSERT((granted(decided) != nullptr) == (possible && !known));
    RC_ASSERT(repeated(decided) == naive_.holds.contains(id));
    take(decided);
  }

  void sell(std::uint32_t n, std::uint32_t order) {
    auto id = hold_number(n);
    std::vector<priced_seat> wanted{{seat_no{order % naive_.capacity}, 700}};
    if (const auto* present = stage_.here.find(id))
      wanted = present->seats;
    take(stage_.here.sell(id, order_number(order + 1), ada, wanted));
  }

  void do_step(const step& x) {
    auto [what, a, b, c] = x;
    std::vector<seat_no> two{seat_no{a}};
    if (b != a)
      two.emplace_back(b);
    if (general_)
      two.clear();
    switch (what) {
      case 0:
      case 1:
      case 2:
      case 3:
        hold(a, b, c);
        break;
      case 4:
        take(stage_.here.release(hold_number(a), ada));
        break;
      case 5:
        take(stage_.here.start_payment(hold_number(a), ada, order_number(b + 1), now_, now_ + seconds{30 + c}));
        break;
      case 6:
        take(stage_.here.stop_payment(hold_number(a), order_number(b + 1), now_));
        break;
      case 7:
        sell(a, b);
        break;
      case 8:
        if (const auto* owner = a < naive_.capacity ? stage_.here.owner_of(seat_no{a}) : nullptr) {
          auto order = *owner;
          take(stage_.here.take_back(order, std::vector<seat_no>{seat_no{a}, seat_no{(a + 1) % naive_.capacity}}));
        }
        break;
      case 9:
        take(stage_.here.block(two, general_ ? b : 0));
        break;
      case 10:
        take(stage_.here.unblock(two, general_ ? b : 0));
        break;
      default:
        now_ += seconds{a * 5};
        expire();
        break;
    }
  }

  void expire() {
    std::set<hold_id> due;
    for (const auto& [id, x] : naive_.holds)
      if (x.until <= now_)
        due.insert(id);
    for (const auto& ended : stage_.here.expire(now_, 1000)) {
      RC_ASSERT(due.erase(ended.hold) == 1u);
      take(decision<hold_ended>{ended});
    }
    RC_ASSERT(due.empty());
  }

  void check() {
    const auto& here = stage_.here;
    RC_ASSERT(here.status() == naive_.status());
    const auto& sum = here.totals();
    RC_ASSERT(sum.free + sum.held + sum.sold + sum.blocked == naive_.capacity);
    RC_ASSERT(sum.free == naive_.free_count());
    RC_ASSERT(sum.sold == naive_.sold.size());
    RC_ASSERT(sum.revenue == naive_.revenue);
    RC_ASSERT(sum.refunded == naive_.refunded);
    std::optional<instant> earliest;
    for (const auto& [id, x] : naive_.holds) {
      RC_ASSERT(here.find(id) != nullptr);
      RC_ASSERT(here.find(id)->paying_for == x.paying_for);
      earliest = earliest ? std::min(*earliest, x.until) : x.until;
    }
    RC_ASSERT(here.next_deadline() == earliest);
    for (const auto& [seat, order] : naive_.sold)
      RC_ASSERT(*here.owner_of(seat) == order);
  }

  bool general_;
  stage stage_;
  naive_section naive_;
  instant now_ = at(0);
};

} // namespace

SCENARIO("a seated section does what a naive one does, and replay and snapshot give it back") {
  CHECK(rc::check("random commands on seats", [] { rehearsal{rows_of({5, 4, 3}, {0, 1})}.run(*steps()); }));
}

SCENARIO("a floor does what a naive one does, and replay and snapshot give it back") {
  CHECK(rc::check("random commands on a floor", [] { rehearsal{floor_of(12)}.run(*steps()); }));
}

SCENARIO("a refusal for an orphan always comes with a suggestion that is granted") {
  CHECK(rc::check("random choices", [] {
    stage x{rows_of({7, 6}, {0, 1})};
    auto some_seats = [](std::size_t most) {
      auto drawn = *rc::gen::container<std::vector<std::uint32_t>>(rc::gen::inRange<std::uint32_t>(0, 13));
      drawn.resize(std::min(drawn.size(), most));
      return std::set<std::uint32_t>(drawn.begin(), drawn.end());
    };
    auto taken = some_seats(13);
    auto wanted = some_seats(5);
    for (auto seat : taken)
      x.hold(100 + seat, {seat});
    seats_wish wish;
    for (auto seat : wanted)
      wish.seats.emplace_back(seat);
    auto answer = x.here.hold(hold_number(1), ada, wish, 1, no_orphans, at(300));
    if (why(answer) != rejection::would_orphan)
      return;
    RC_ASSERT(!refused(answer)->seats.empty());
    seats_wish better{refused(answer)->suggestion};
    RC_ASSERT(better.seats.size() == wish.seats.size());
    RC_ASSERT(granted(x.here.hold(hold_number(1), ada, better, 1, no_orphans, at(300))) != nullptr);
  }));
}
