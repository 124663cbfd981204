#define CAF_SUITE node.audit

#include "audit/audit.hpp"
#include "audit/event_activity.hpp"

#include "domain/plan_numbering.hpp"
#include "tests/persistence/sample_facts.hpp"
#include "tests/support/temporary_folder.hpp"

#include <caf/test/bdd_dsl.hpp>

#include <sqlite3.h>

#include <algorithm>

using namespace usher;
using namespace usher::domain;
using namespace usher::tests;
using persistence::append_result;

namespace {

shared_plan small_hall() {
  section_plan stalls;
  stalls.id = "stalls";
  stalls.rows = {"A"};
  for (int i = 0; i < 10; ++i)
    stalls.seats.push_back({"A-" + std::to_string(i), std::to_string(i), category_no{0}, 0, {double(i), 0}});
  section_plan floor;
  floor.id = "floor";
  floor.general_capacity = 20;
  return std::make_shared<const seating_plan>("hall", std::vector<std::string>{"all"},
                                              std::vector<section_plan>{stalls, floor});
}

/// An event on a store of its own. Branches of one scenario run one after another, so each makes its own.
struct sale {
  sale() {
    store->add_event({rock, "{}"}, 2);
    for (const auto& shard : {event_shard, queue_shard, section_shard(0), section_shard(1)})
      claim(shard);
  }

  void claim(const shard_id& shard) { epochs[shard] = store->claim(shard, "test", std::nullopt).value().epoch; }

  /// Writes a shard's next fact, as decided at a moment.
  void write(const shard_id& shard, fact what, std::int64_t at = 0) {
    auto group = std::vector{entry(shard, epochs[shard], ++last[shard], std::move(what), at)};
    CHECK((store->append(group) == std::vector{append_result::written}));
  }

  /// A sale with everything in it, and nothing wrong.
  void clean_sale() {
    event_settings settings;
    settings.prices = {1000};
    write(event_shard, event_defined{settings});
    write(event_shard, event_state_changed{event_state::open});
    write(queue_shard, numbers_reserved{queue_number{100}});
    write(queue_shard, turns_taken{{{queue_number{1}, queue_number{50}}}, moment(900)});
    // bought
    write(section_shard(0), held(1, {0, 1}), 1);
    write(event_shard, ordered(1, 1, {0, 1}), 2);
    write(section_shard(0), payment_started{{7, 1}, {9, 1}, moment(600)}, 3);
    write(event_shard, advanced(1, order_state::charging), 4);
    write(event_shard, advanced(1, order_state::charged), 5);
    write(section_shard(0), sold(1, 1, {0, 1}), 6);
    write(event_shard, advanced(1, order_state::confirmed), 7);
    // expired, and given to somebody else
    write(section_shard(0), held(2, {2}, 100), 8);
    write(section_shard(0), hold_ended{{7, 2}, hold_end::expired}, 101);
    write(section_shard(0), held(3, {2}, 500), 102);
    // declined
    write(event_shard, ordered(3, 3, {2}), 103);
    write(event_shard, advanced(3, order_state::failed), 104);
    // blocked, and general admission
    write(section_shard(0), seats_blocked{{seat_no{9}}}, 105);
    write(section_shard(1), held(4, {0, 1, 2}, 500), 106);
    write(section_shard(1), hold_ended{{7, 4}, hold_end::released}, 107);
  }

  void sql(const char* text) {
    sqlite3* db = nullptr;
    CHECK_EQ(sqlite3_open(file.c_str(), &db), SQLITE_OK);
    CHECK_EQ(sqlite3_exec(db, text, nullptr, nullptr, nullptr), SQLITE_OK);
    CHECK_GT(sqlite3_changes(db), 0);
    sqlite3_close(db);
  }

  audit::audit_report audit() { return audit::audit(*store, rock, small_hall()); }

  /// Whether the audit reports this invariant as broken, in these words.
  bool finds(int invariant, const std::string& words) {
    auto report = audit();
    for (const auto& x : report.violations)
      if (x.invariant == invariant && x.sentence.find(words) != std::string::npos)
        return true;
    for (const auto& x : report.violations)
      MESSAGE("found instead: " << x.invariant << " " << to_string(x.shard) << " " << x.seq.value() << " "
                                << x.sentence);
    return false;
  }

  temporary_folder folder;
  std::filesystem::path file = folder.path() / "store";
  std::unique_ptr<persistence::booking_store> store = persistence::open_store("sqlite:" + file.string());
  std::unordered_map<shard_id, epoch> epochs;
  std::unordered_map<shard_id, std::uint64_t> last;
};

} // namespace

SCENARIO("a clean sale passes and balances") {
  GIVEN("a sale with holds, orders, a waiting room and blocked seats") {
    sale it;
    it.clean_sale();
    auto report = it.audit();
    for (const auto& x : report.violations)
      MESSAGE(x.invariant << " " << to_string(x.shard) << " " << x.seq.value() << " " << x.sentence);
    THEN("nothing is found and every seat is accounted for") {
      CHECK(report.ok());
      CHECK_EQ(report.facts, 19u);
      CHECK_EQ(report.capacity, 30u);
      CHECK_EQ(report.totals.sold, 2u);
      CHECK_EQ(report.totals.held, 1u);
      CHECK_EQ(report.totals.blocked, 1u);
      CHECK_EQ(report.totals.free, 26u);
      CHECK_EQ(report.totals.revenue, 2000);
      CHECK_EQ(report.sections.size(), 2u);
      CHECK_EQ(report.sections[1].id, "floor");
      CHECK_EQ(report.orders_in(order_state::confirmed), 1u);
      CHECK_EQ(report.orders_in(order_state::failed), 1u);
    }
  }
}

SCENARIO("an order that is confirmed after its buyer had cancelled it is a violation") {
  GIVEN("a journal in which a charged order is cancelled and then confirmed") {
    sale it;
    it.clean_sale();
    it.write(section_shard(0), held(5, {5}, 500), 150);
    it.write(event_shard, ordered(5, 5, {5}), 151);
    it.write(event_shard, advanced(5, order_state::charging), 152);
    it.write(event_shard, advanced(5, order_state::charged), 153);
    it.write(event_shard, order_cancel_requested{{9, 5}, moment(154)}, 154);
    it.write(section_shard(0), sold(5, 5, {5}), 155);
    CHECK(it.audit().ok());
    it.write(event_shard, advanced(5, order_state::confirmed), 156);
    THEN("the audit says so") {
      CHECK(it.finds(5, "although its buyer had cancelled it"));
    }
  }
}

SCENARIO("a cancelled order gives its seats and its money back") {
  GIVEN("a confirmed order that is undone") {
    sale it;
    it.clean_sale();
    it.write(event_shard, advanced(1, order_state::cancelling), 200);
    it.write(section_shard(0), returned(1, {0, 1}), 201);
    it.write(event_shard, advanced(1, order_state::cancelled), 202);
    auto report = it.audit();
    THEN("nothing is found, and the books say so") {
      CHECK(report.ok());
      CHECK_EQ(report.totals.revenue, 0);
      CHECK_EQ(report.totals.refunded, 2000);
    }
  }
}

SCENARIO("a sale whose plan was changed in its middle passes, if nobody lost a seat") {
  GIVEN("a clean sale, and a plan that turns the stalls round, drops seats and adds one") {
    sale it;
    it.clean_sale();
    auto now = small_hall();
    auto sections = now->sections();
    auto& seats = sections[0].seats;
    std::reverse(seats.begin(), seats.end()); // the first one is blocked now
    seats.erase(seats.begin(), seats.begin() + 4);
    seats.insert(seats.begin() + 1, {"A-new", "new", category_no{0}, 0, {0.5, 0}});
    sections[1].general_capacity = 7;
    auto read = std::make_shared<const seating_plan>("hall", now->categories(), sections);
    std::vector<section_standing> standings{section_standing(10), section_standing(20)};
    for (auto seat : {0u, 1u})
      standings[0][seat].state = seat_state::sold;
    standings[0][2].state = seat_state::held;
    standings[0][9].state = seat_state::blocked;
    auto plan = with_numbers(read, std::get<plan_numbering>(renumber(*now, *read, standings, moment(0))));
    CHECK(plan != nullptr);
    THEN("nothing is found, and the seats that are gone count for nothing") {
      it.write(section_shard(0), held(8, {10}, 500), 200);
      auto report = audit::audit(*it.store, rock, plan);
      for (const auto& x : report.violations)
        MESSAGE(x.invariant << " " << to_string(x.shard) << " " << x.seq.value() << " " << x.sentence);
      CHECK(report.ok());
      CHECK_EQ(report.capacity, 14u);
      CHECK_EQ(report.totals.sold, 2u);
      CHECK_EQ(report.totals.held, 2u);
      CHECK_EQ(report.totals.blocked, 0u);
      CHECK_EQ(report.totals.free, 10u);
    }
    THEN("a seat that is gone and has an owner is found") {
      it.write(section_shard(0), held(8, {8}, 500), 200);
      auto report = audit::audit(*it.store, rock, plan);
      CHECK(!report.ok());
      for (const auto& x : report.violations)
        MESSAGE(x.invariant << " " << to_string(x.shard) << " " << x.seq.value() << " " << x.sentence);
      auto found = std::any_of(report.violations.begin(), report.violations.end(), [](const auto& x) {
        return x.invariant == 1 && x.sentence.find("it was A-8") != std::string::npos;
      });
      CHECK(found);
    }
  }
}

SCENARIO("an order that its buyer was told was not written may be tried again") {
  GIVEN("an order that was struck out and then begun anew") {
    sale it;
    it.clean_sale();
    it.write(event_shard, ordered(3, 4, {2}), 200);
    it.write(event_shard, advanced(4, order_state::unacknowledged), 201);
    THEN("nothing is found, neither before nor after") {
      auto report = it.audit();
      CHECK(report.ok());
      CHECK_EQ(report.orders_in(order_state::unacknowledged), 1u);
      it.write(event_shard, ordered(3, 4, {2}), 202);
      report = it.audit();
      CHECK(report.ok());
      CHECK_EQ(report.orders_in(order_state::started), 1u);
    }
  }
}

SCENARIO("tampering with the journal is found") {
  GIVEN("a clean sale") {
    THEN("a deleted fact leaves a gap") {
      sale it;
      it.clean_sale();
      it.sql("DELETE FROM journal WHERE seq = 2 AND shard = (SELECT number FROM shard WHERE kind = 1 AND section = 0)");
      CHECK(it.finds(0, "facts are missing"));
    }
    THEN("a changed fact breaks the chain") {
      sale it;
      it.clean_sale();
      it.sql("UPDATE journal SET at = at + 1 WHERE seq = 1");
      CHECK(it.finds(0, "the chain is broken"));
    }
    THEN("bytes that are no fact are said to be none") {
      sale it;
      it.clean_sale();
      it.sql("UPDATE journal SET fact = x'00020163' WHERE seq = 1");
      CHECK(it.finds(0, "are no fact"));
    }
    THEN("an older epoch after a newer one is found") {
      sale it;
      it.clean_sale();
      it.sql("UPDATE journal SET epoch = 2 WHERE seq = 2");
      CHECK(it.finds(4, "an older epoch"));
      CHECK(it.finds(4, "has not reached"));
    }
  }
}

SCENARIO("the journal's newest facts cannot vanish unnoticed") {
  GIVEN("a sale whose keeper has looked at it") {
    THEN("the end of a section's journal that no table shows is missed") {
      sale it;
      it.clean_sale();
      it.store->note_ends(rock);
      CHECK(it.audit().ok());
      it.sql("DELETE FROM journal WHERE seq = 2 AND shard = (SELECT number FROM shard WHERE kind = 1 AND section = 1)");
      CHECK(it.finds(0, "the newest facts are missing: fact 2 was there"));
      CHECK_EQ(it.audit().violations_found, 1u);
    }
    THEN("so is a shard's whole journal") {
      sale it;
      it.clean_sale();
      it.store->note_ends(rock);
      it.sql("DELETE FROM journal WHERE shard = (SELECT number FROM shard WHERE kind = 2)");
      CHECK(it.finds(0, "fact 2 was there"));
    }
    THEN("a sale or an order that came after the last look is missed by the tables") {
      sale it;
      it.clean_sale();
      it.sql(
          "DELETE FROM journal WHERE seq >= 3 AND shard IN (SELECT number FROM shard WHERE kind = 1 AND section = 0)");
      CHECK(it.finds(0, "was never sold in the journal"));
      it.sql("DELETE FROM journal WHERE seq >= 3 AND shard IN (SELECT number FROM shard WHERE kind = 0)");
      CHECK(it.finds(0, "is in the table and not in the journal"));
    }
    THEN("a hold that came after the last look is all that is not missed") {
      sale it;
      it.clean_sale();
      it.store->note_ends(rock);
      it.write(section_shard(1), held(5, {3}, 500), 108);
      it.sql("DELETE FROM journal WHERE seq = 3 AND shard = (SELECT number FROM shard WHERE kind = 1 AND section = 1)");
      CHECK(it.audit().ok());
    }
  }
}

SCENARIO("tampering with the tables is found") {
  GIVEN("a clean sale") {
    THEN("a sold seat without a fact") {
      sale it;
      it.clean_sale();
      it.sql("INSERT INTO sold_seat SELECT event, section, 5, version, sold, order_id, buyer, price FROM sold_seat "
             "WHERE seat = 0");
      CHECK(it.finds(0, "was never sold in the journal"));
    }
    THEN("a fact without its sold seat") {
      sale it;
      it.clean_sale();
      it.sql("DELETE FROM sold_seat WHERE seat = 1");
      CHECK(it.finds(0, "is not in the table of sold seats"));
    }
    THEN("a sold seat with another buyer") {
      sale it;
      it.clean_sale();
      it.sql("UPDATE sold_seat SET buyer = x'00' WHERE seat = 1");
      CHECK(it.finds(0, "differs between the table of sold seats"));
    }
    THEN("an order in another state") {
      sale it;
      it.clean_sale();
      it.sql("UPDATE orders SET state = 4 WHERE total = 2000");
      CHECK(it.finds(0, "differs between the table and the journal"));
    }
    THEN("an order that is missing") {
      sale it;
      it.clean_sale();
      it.sql("DELETE FROM orders WHERE total = 2000");
      CHECK(it.finds(0, "is in the journal and not in the table"));
    }
  }
}

SCENARIO("a journal whose facts must never be is found out") {
  GIVEN("a clean sale, and then one thing too many") {
    THEN("two holds on one seat") {
      sale it;
      it.clean_sale();
      it.write(section_shard(0), held(8, {2}), 200);
      CHECK(it.finds(1, "while it has an owner"));
      CHECK(it.finds(3, "loses seat 2 before its deadline"));
    }
    THEN("a seat sold under somebody's hold") {
      sale it;
      it.clean_sale();
      it.write(section_shard(0), sold(9, 1, {2}), 200);
      CHECK(it.finds(1, "is sold although hold"));
    }
    THEN("a hold that is shorter after a failed payment than it was promised") {
      sale it;
      it.clean_sale();
      it.write(section_shard(0), payment_started{{7, 3}, {9, 3}, moment(600)}, 150);
      it.write(section_shard(0), payment_stopped{{7, 3}, {9, 3}, moment(499)}, 160);
      CHECK(it.finds(3, "is cut short when its payment stops"));
    }
    THEN("a hold that runs out too early") {
      sale it;
      it.clean_sale();
      it.write(section_shard(0), hold_ended{{7, 3}, hold_end::expired}, 200);
      CHECK(it.finds(3, "runs out before its deadline"));
    }
    THEN("a hold that runs out too late") {
      sale it;
      it.clean_sale();
      it.write(section_shard(1), held(5, {0}, 900), 502);
      it.write(section_shard(0), hold_ended{{7, 3}, hold_end::expired}, 511);
      CHECK(it.finds(8, "ends more than 10 s after its deadline"));
    }
    THEN("a hold that never ends") {
      sale it;
      it.clean_sale();
      it.write(section_shard(1), held(5, {0}, 900), 502);
      it.write(section_shard(1), hold_ended{{7, 5}, hold_end::released}, 511);
      CHECK(it.finds(8, "has not ended 10 s after its deadline"));
    }
    THEN("a hold that is sold to somebody else") {
      sale it;
      it.clean_sale();
      auto theirs = sold(3, 3, {2});
      theirs.buyer = buyer_id{"somebody-else"};
      it.write(section_shard(0), theirs, 200);
      CHECK(it.finds(1, "is sold to another buyer than the one who has it"));
    }
    THEN("an order that takes the seats of another hold") {
      sale it;
      it.clean_sale();
      it.write(event_shard, ordered(5, 5, {2}), 200);
      it.write(event_shard, advanced(5, order_state::charging), 200);
      it.write(event_shard, advanced(5, order_state::charged), 200);
      it.write(section_shard(0), sold(3, 5, {2}), 200);
      CHECK(it.finds(1, "is sold from another hold than the one of order"));
    }
    THEN("a seat sold by an order that never was") {
      sale it;
      it.clean_sale();
      it.write(section_shard(0), sold(9, 77, {5}), 200);
      CHECK(it.finds(5, "which never started"));
    }
    THEN("a seat sold by an order that was not charged") {
      sale it;
      it.clean_sale();
      it.write(section_shard(0), sold(3, 3, {2}), 200);
      CHECK(it.finds(5, "which was not charged"));
    }
    THEN("an order confirmed twice") {
      sale it;
      it.clean_sale();
      it.write(event_shard, advanced(1, order_state::confirmed), 200);
      CHECK(it.finds(5, "is confirmed twice"));
    }
    THEN("an order with a wrong total") {
      sale it;
      it.clean_sale();
      auto wrong = ordered(5, 5, {6});
      wrong.total = 1;
      it.write(event_shard, wrong, 200);
      CHECK(it.finds(5, "another total"));
    }
    THEN("a confirmed order that lost a seat") {
      sale it;
      it.clean_sale();
      it.write(section_shard(0), returned(1, {0}), 200);
      CHECK(it.finds(5, "does not own all of its seats"));
    }
    THEN("numbers given twice") {
      sale it;
      it.clean_sale();
      it.write(queue_shard, numbers_reserved{queue_number{100}});
      CHECK(it.finds(7, "were reserved before"));
    }
    THEN("a turn of a number that nobody has") {
      sale it;
      it.clean_sale();
      it.write(queue_shard, turns_taken{{{queue_number{100}, queue_number{101}}}, moment(900)});
      CHECK(it.finds(7, "never reserved"));
    }
    THEN("a room's snapshot that forgets a turn") {
      sale it;
      it.clean_sale();
      it.store->put_snapshot(
          queue_shard, it.epochs[queue_shard], fact_seq{2},
          {numbers_reserved{queue_number{100}}, turns_taken{{{queue_number{1}, queue_number{49}}}, moment(900)}});
      CHECK(it.finds(0, "the snapshot is behind"));
    }
    THEN("a fact of another kind of shard") {
      sale it;
      it.clean_sale();
      it.write(section_shard(1), numbers_reserved{queue_number{1}});
      CHECK(it.finds(0, "is no fact of a section"));
    }
    THEN("a snapshot that is not what happened") {
      sale it;
      it.clean_sale();
      it.store->put_snapshot(section_shard(1), it.epochs[section_shard(1)], fact_seq{2}, {seats_blocked{{seat_no{3}}}});
      CHECK(it.finds(0, "the snapshot is not what the facts"));
    }
    THEN("a snapshot of a waiting room that would give numbers out again") {
      sale it;
      it.clean_sale();
      it.store->put_snapshot(queue_shard, it.epochs[queue_shard], fact_seq{2}, {numbers_reserved{queue_number{99}}});
      CHECK(it.finds(0, "the snapshot is behind"));
    }
    THEN("snapshots that cannot be read, and the rest is examined all the same") {
      sale it;
      it.clean_sale();
      for (const auto& shard : {event_shard, queue_shard, section_shard(0), section_shard(1)})
        it.store->put_snapshot(shard, it.epochs[shard], fact_seq{1}, {});
      it.sql("UPDATE snapshot SET facts = x'00020163'");
      for (const auto& shard : {event_shard, queue_shard, section_shard(0), section_shard(1)})
        CHECK(it.finds(0, "the snapshot of " + to_string(shard) + " cannot be read"));
      auto report = it.audit();
      CHECK_EQ(report.violations_found, 4u);
      CHECK_EQ(report.facts, 19u);
      CHECK_EQ(report.totals.sold, 2u);
      CHECK_EQ(report.orders_in(order_state::confirmed), 1u);
    }
    THEN("an order that starts again although it was charged") {
      sale it;
      it.clean_sale();
      it.write(event_shard, ordered(3, 4, {2}), 200);
      it.write(event_shard, advanced(4, order_state::charging), 201);
      it.sql("UPDATE orders SET state = 4 WHERE state = 1");
      it.write(event_shard, ordered(3, 4, {2}), 202);
      CHECK(it.finds(5, "starts twice"));
    }
  }
}

SCENARIO("a hold that ran out while nobody served its event is nobody's fault") {
  GIVEN("a hold whose end comes much later, and nothing in between") {
    sale it;
    it.write(section_shard(0), held(1, {0}, 100));
    it.write(section_shard(0), hold_ended{{7, 1}, hold_end::expired}, 5000);
    THEN("the audit passes, whether there is a new owner or the old one stood still") {
      CHECK(it.audit().ok());
    }
  }
}

SCENARIO("a hold that ran out while nobody served its event ends soon after somebody does") {
  GIVEN("two holds, and somebody who comes much later and does something else first, elsewhere") {
    auto served_again = [](sale& it) {
      it.write(section_shard(0), held(1, {0}, 100));
      it.write(section_shard(0), held(2, {1}, 5100));
      it.write(section_shard(1), held(3, {1}, 9000), 5000);
    };
    THEN("it may take as long as any other") {
      sale it;
      served_again(it);
      it.write(section_shard(0), hold_ended{{7, 1}, hold_end::expired}, 5010);
      it.write(section_shard(0), hold_ended{{7, 2}, hold_end::expired}, 5110);
      CHECK(it.audit().ok());
    }
    THEN("so may one that ran out in the last moments before, whose end may have been lost") {
      sale it;
      it.write(section_shard(0), held(4, {2}, 100));
      it.write(section_shard(1), held(5, {2}, 9000), 101);
      served_again(it);
      it.write(section_shard(0), hold_ended{{7, 4}, hold_end::expired}, 5010);
      it.write(section_shard(0), hold_ended{{7, 1}, hold_end::expired}, 5010);
      it.write(section_shard(0), hold_ended{{7, 2}, hold_end::expired}, 5110);
      CHECK(it.audit().ok());
    }
    THEN("and no longer") {
      sale it;
      served_again(it);
      it.write(section_shard(0), hold_ended{{7, 1}, hold_end::expired}, 5011);
      CHECK(it.finds(8, "counted from when its event was served again"));
    }
    THEN("one that is being paid for may take as long as a checkout asks for, and no longer") {
      for (auto [end, is_late] : {std::pair{5130, false}, std::pair{5131, true}}) {
        sale it;
        it.write(section_shard(0), held(1, {0}, 100));
        it.write(section_shard(0), payment_started{{7, 1}, {9, 1}, moment(100)}, 1);
        it.write(section_shard(1), held(3, {1}, 9000), 5000);
        it.write(section_shard(0), hold_ended{{7, 1}, hold_end::expired}, end);
        CHECK_EQ(it.finds(8, "ends more than 130 s after its deadline"), is_late);
      }
    }
    THEN("nor may one that had not run out by then") {
      sale it;
      served_again(it);
      it.write(section_shard(1), hold_ended{{7, 3}, hold_end::released}, 5102);
      it.write(section_shard(0), hold_ended{{7, 2}, hold_end::expired}, 5111);
      CHECK(it.finds(8, "after its deadline"));
    }
  }
}

SCENARIO("a fact shows that its event is served from its own moment on, and not from the beginning of its second") {
  using namespace std::chrono_literals;
  audit::event_activity served;
  for (auto at : {moment(100) + 100ms, moment(100) + 300ms, moment(130) + 700ms})
    served.note(at);
  CHECK(served.first_since(moment(100) + 50ms) == moment(100) + 100ms);
  CHECK(served.first_since(moment(100) + 300ms) == moment(100) + 300ms);
  CHECK(served.first_since(moment(100) + 301ms) == moment(130) + 700ms);
  CHECK(served.first_since(moment(131)) == moment(131));
  CHECK(served.last() == moment(130) + 700ms);
}

SCENARIO("what no node could start from is found out") {
  GIVEN("a clean sale whose file somebody changed") {
    auto found_after = [](const char* sql, const char* words) {
      sale it;
      it.clean_sale();
      CHECK(it.audit().ok());
      it.sql(sql);
      CHECK(it.finds(0, words));
    };
    THEN("a fact that leads to the wrong one before it") {
      found_after("UPDATE journal SET previous = 0 WHERE seq = 3", "the chain is broken");
    }
    THEN("a shard whose newest fact is another's") {
      sale it;
      it.clean_sale();
      it.store->note_ends(rock);
      it.sql("UPDATE shard SET newest = 1 WHERE kind = 2");
      CHECK(it.finds(0, "the chain is broken"));
    }
    THEN("a shard that is gone") {
      found_after("DELETE FROM shard WHERE kind = 2", "the shard is not there");
    }
    THEN("a snapshot that stands for nothing") {
      sale it;
      it.clean_sale();
      it.store->put_snapshot(section_shard(0), it.epochs[section_shard(0)], fact_seq{1}, {held(1, {0, 1})});
      CHECK(it.audit().ok());
      it.sql("UPDATE snapshot SET upto = 0");
      CHECK(it.finds(0, "the snapshot stands for facts that are not in the journal"));
    }
  }
}

SCENARIO("numbers that do not fit are not cut to those that do") {
  GIVEN("a clean sale") {
    THEN("no column hides a larger one") {
      for (const auto* sql :
           {"UPDATE sold_seat SET version = version + 4294967296", "UPDATE sold_seat SET section = section + 65536",
            "UPDATE sold_seat SET sold = 7", "UPDATE orders SET state = state + 256"}) {
        sale it;
        it.clean_sale();
        it.sql(sql);
        CHECK_THROWS_AS((void)it.audit(), persistence::store_broken);
      }
    }
  }
}

SCENARIO("an audit keeps some violations and counts all") {
  GIVEN("a journal with many") {
    sale it;
    for (std::uint64_t i = 1; i <= 30; ++i)
      it.write(section_shard(0), held(i, {0}));
    auto report = audit::audit(*it.store, rock, small_hall(), {.violations = 5});
    THEN("the first are kept") {
      CHECK_EQ(report.violations.size(), 5u);
      CHECK_GT(report.violations_found, 29u);
      CHECK(!report.ok());
    }
  }
}
