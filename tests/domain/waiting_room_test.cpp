#define CAF_SUITE domain.waiting_room

#include "domain/waiting_room.hpp"

#include "domain/ensure.hpp"
#include "tests/domain/halls.hpp"

#include "caf/test/bdd_dsl.hpp"

using namespace usher::domain;
using namespace usher::domain::test;

namespace {

/// A room with numbers, and short words for its people.
struct lobby {
  /// `before`: what an earlier room has written.
  explicit lobby(waiting_room::limits limits = {}, const std::vector<fact>& before = {}) : room(limits) {
    for (const auto& x : before)
      room.apply(x);
    write();
  }

  void write() {
    while (auto needed = room.numbers_needed()) {
      written = *needed;
      room.apply(*needed);
    }
  }
  static buyer_id person(int n) { return buyer_id{"person " + std::to_string(n)}; }

  std::uint64_t join(int n, bool present = true, instant now = at(0)) {
    write();
    auto number = std::get<queue_number>(room.join(person(n), now)).value();
    if (present)
      room.connected(person(n), 0);
    return number;
  }
  /// Lets in whoever may enter, as if it were durable at once.
  std::vector<std::uint64_t> admit(instant now) {
    std::vector<std::uint64_t> result;
    for (const auto& x : room.let_in(room.admit(now), now, pass_end))
      result.push_back(x.number.value());
    return result;
  }
  /// Admits whenever the room says so, up to `end`. Returns when each was let in.
  std::vector<instant> admit_until(instant now, instant end) {
    std::vector<instant> result;
    for (auto next = room.next_admission(now); next && *next <= end; next = room.next_admission(*next))
      for (auto n = admit(*next).size(); n > 0; --n)
        result.push_back(*next);
    return result;
  }
  queue_place place(int n) const { return *room.place_of(person(n)); }

  const instant pass_end = at(1'000'000);

  waiting_room room;
  numbers_reserved written;
};

} // namespace

SCENARIO("numbers are given in the order of joining, and kept") {
  lobby x;
  CHECK_EQ(x.join(1), 1u);
  CHECK_EQ(x.join(2), 2u);
  CHECK_EQ(x.join(1), 1u);
  CHECK_EQ(x.join(3), 3u);
  CHECK_EQ(x.place(3).ahead, 2u);
  CHECK_EQ(x.room.totals().joined, 3u);
  CHECK_EQ(x.room.totals().waiting, 3u);
  CHECK(!x.room.place_of(lobby::person(4)));
}

SCENARIO("nobody gets a number that is not written down") {
  GIVEN("a room with blocks of ten numbers, none of them written") {
    waiting_room room{{.number_block = 10}};
    auto needed = room.numbers_needed();
    THEN("joining has to wait for the first block, and the second is asked for in time") {
      CHECK(std::get<refusal>(room.join(ada, at(0))).reason == rejection::overloaded);
      CHECK(needed->up_to == queue_number{10});
      room.apply(*needed);
      CHECK(!room.numbers_needed());
      for (int i = 0; i < 5; ++i)
        (void)room.join(lobby::person(i), at(0));
      CHECK(room.numbers_needed()->up_to == queue_number{20});
      for (int i = 5; i < 10; ++i)
        CHECK(std::holds_alternative<queue_number>(room.join(lobby::person(i), at(0))));
      CHECK(std::get<refusal>(room.join(ada, at(0))).reason == rejection::overloaded);
    }
  }
}

SCENARIO("a restart skips numbers, gives none out twice, and takes people back") {
  GIVEN("a room that takes over from one that had reserved 100 numbers and let 1 to 20 and 40 in") {
    waiting_room room{{.number_block = 100}};
    room.apply(fact{numbers_reserved{queue_number{100}}});
    room.apply(fact{turns_taken{{{queue_number{1}, queue_number{20}}, {queue_number{40}, queue_number{40}}}, at(60)}});
    room.apply(*room.numbers_needed());
    THEN("new people get numbers behind all that may have been given out") {
      CHECK(std::get<queue_number>(room.join(ada, at(0))) == queue_number{101});
      CHECK_EQ(room.totals().serving, 40u);
    }
    THEN("who proves an old number is taken back to it, also one that was passed over") {
      CHECK(std::get<queue_number>(room.rejoin(ben, queue_number{30}, at(0))) == queue_number{30});
      CHECK(std::get<queue_number>(room.rejoin(ben, queue_number{30}, at(0))) == queue_number{30});
      CHECK(std::get<queue_number>(room.rejoin(ada, queue_number{50}, at(0))) == queue_number{50});
      CHECK_EQ(room.place_of(ada)->ahead, 1u);
      room.connected(ada, 0);
      room.connected(ben, 0);
      CHECK(room.admit(at(1)).front().buyer == ben);
    }
    THEN("who was let in is inside until their pass ends, and has had their turn afterwards") {
      CHECK(std::get<queue_number>(room.rejoin(lobby::person(1), queue_number{20}, at(59))) == queue_number{20});
      CHECK(room.place_of(lobby::person(1))->state == queue_state::admitted);
      CHECK(room.place_of(lobby::person(1))->pass_until == at(60));
      CHECK(std::get<refusal>(room.rejoin(lobby::person(2), queue_number{19}, at(60))).reason == rejection::not_found);
      CHECK(std::get<queue_number>(room.rejoin(lobby::person(2), queue_number{21}, at(60))) == queue_number{21});
      CHECK(room.place_of(lobby::person(2))->state == queue_state::waiting);
      CHECK(std::get<queue_number>(room.rejoin(lobby::person(1), queue_number{20}, at(60))) == queue_number{20});
    }
    THEN("numbers that are nobody's or somebody else's are not found") {
      auto refused = [&](std::uint64_t n) {
        return std::get<refusal>(room.rejoin(buyer_id{"eve"}, queue_number{n}, at(0))).reason == rejection::not_found;
      };
      CHECK(refused(0));
      CHECK(refused(50));
      CHECK(refused(101));
      CHECK(refused(150));
      CHECK(refused(1'000'000));
    }
    THEN("a fact that goes backwards stops the room") {
      CHECK_THROWS_AS(room.apply(numbers_reserved{queue_number{99}}), broken_invariant);
      CHECK_THROWS_AS(room.apply(turns_taken{{{queue_number{9}, queue_number{8}}}, at(0)}), broken_invariant);
      CHECK_THROWS_AS(room.apply(turns_taken{{{queue_number{300}, queue_number{300}}}, at(0)}), broken_invariant);
      CHECK_THROWS_AS(room.apply(fact{seats_blocked{}}), broken_invariant);
    }
  }
}

SCENARIO("people are let in evenly, and a late timer makes up for little") {
  GIVEN("a thousand people before a room that lets in a hundred a second") {
    lobby x{{.admission_per_s = 100}};
    for (int i = 0; i < 1000; ++i)
      x.join(i);
    THEN("one goes in each ten milliseconds, in order") {
      CHECK(x.admit(at_ms(0)) == std::vector<std::uint64_t>{1});
      CHECK(x.admit(at_ms(5)).empty());
      CHECK(x.room.next_admission(at_ms(5)) == at_ms(10));
      CHECK(x.admit(at_ms(10)) == std::vector<std::uint64_t>{2});
      CHECK(x.admit(at_ms(40)) == (std::vector<std::uint64_t>{3, 4, 5}));
      CHECK_EQ(x.admit(at_ms(900)).size(), 11u);
    }
  }
  GIVEN("the same, with a timer that is always on time") {
    lobby x{{.admission_per_s = 100}};
    for (int i = 0; i < 1000; ++i)
      x.join(i);
    THEN("all are in after ten seconds") {
      auto times = x.admit_until(at(0), at(20));
      CHECK_EQ(times.size(), 1000u);
      CHECK(times.back() > at_ms(9900));
      CHECK(times.back() < at_ms(10100));
    }
  }
}

SCENARIO("a second without too many people includes both of its ends") {
  lobby x{{.admission_per_s = 1}};
  x.join(1);
  x.join(2);
  CHECK_EQ(x.admit(at(0)).size(), 1u);
  CHECK(x.room.next_admission(at(0)) == at(1) + microseconds{1});
  CHECK(x.admit(at(1)).empty());
  CHECK_EQ(x.admit(at(1) + microseconds{1}).size(), 1u);
}

SCENARIO("people who are not there are passed over and go in first when they return") {
  GIVEN("four people of whom the first two are absent") {
    lobby x{{.admission_per_s = 1}};
    x.join(1, false);
    x.join(2, false);
    x.join(3);
    x.join(4);
    CHECK_EQ(x.room.totals().present, 2u);
    CHECK(x.admit(at(0)) == std::vector<std::uint64_t>{3});
    CHECK_EQ(x.room.totals().serving, 3u);
    WHEN("the first returns") {
      x.room.connected(lobby::person(1), 0);
      CHECK_EQ(x.place(1).ahead, 0u);
      CHECK_EQ(x.place(4).ahead, 2u);
      THEN("they go in before those behind them") {
        CHECK(x.admit(at(2)) == std::vector<std::uint64_t>{1});
        CHECK(x.admit(at(4)) == std::vector<std::uint64_t>{4});
        CHECK(!x.room.next_admission(at(4)));
        CHECK(x.admit(at(6)).empty());
      }
    }
  }
}

SCENARIO("whoever is connected at two entrances is there until both connections are gone") {
  lobby x{{.admission_per_s = 1}};
  constexpr auto last_entrance = waiting_room::entrances - 1;
  for (int n = 1; n <= 3; ++n) {
    x.join(n);
    x.room.connected(lobby::person(n), last_entrance);
  }
  x.room.connected(lobby::person(1), 0); // repeating it changes nothing
  x.room.disconnected(lobby::person(1), 0);
  CHECK_EQ(x.room.totals().present, 3u);
  x.room.disconnected(lobby::person(1), last_entrance);
  CHECK_EQ(x.room.totals().present, 2u);
  x.room.disconnected(lobby::person(2), 0);
  x.room.close_entrance(last_entrance);
  CHECK(x.admit(at(0)) == std::vector<std::uint64_t>{3});
  x.room.close_entrance(0);
  CHECK_EQ(x.room.totals().present, 0u);
  CHECK_EQ(x.room.totals().shopping, 1u);
}

SCENARIO("asking shows that somebody is there, for a while") {
  GIVEN("somebody without a connection who asked at 100 for 30 seconds") {
    lobby x{{.admission_per_s = 1}};
    x.join(1, false, at(100));
    x.room.touch(lobby::person(1), at(100), seconds{30});
    THEN("they are there until 130, or longer if they ask again") {
      CHECK_EQ(x.room.totals().present, 1u);
      x.room.touch(lobby::person(1), at(120), seconds{30});
      x.room.pause(true);
      x.admit(at(149));
      CHECK(x.admit(at(149)).empty());
      x.room.pause(false);
      CHECK(x.room.next_admission(at(149)).has_value());
      CHECK(x.admit(at(150)).empty());
      CHECK_EQ(x.room.totals().present, 0u);
      CHECK(!x.room.next_admission(at(150)));
      x.room.touch(lobby::person(1), at(200), seconds{30});
      CHECK_EQ(x.admit(at(200)).size(), 1u);
    }
  }
}

SCENARIO("a paused room gives numbers and admits nobody") {
  lobby x;
  x.room.pause(true);
  CHECK_EQ(x.join(1), 1u);
  CHECK(x.admit(at(5)).empty());
  CHECK(!x.room.next_admission(at(5)));
  x.room.pause(false);
  CHECK_EQ(x.admit(at(6)).size(), 1u);
}

SCENARIO("only so many shop at once") {
  GIVEN("a room with a cap of two people shopping") {
    lobby x{{.admission_per_s = 1000, .max_shopping = 2}};
    for (int i = 1; i <= 5; ++i)
      x.join(i);
    CHECK_EQ(x.admit(at(0)).size() + x.admit(at(1)).size() + x.admit(at(2)).size(), 2u);
    CHECK(!x.room.next_admission(at(2)));
    CHECK(x.place(1).state == queue_state::admitted);
    WHEN("one of them stops") {
      x.room.stop_shopping(lobby::person(1));
      x.room.stop_shopping(lobby::person(1));
      x.room.stop_shopping(lobby::person(5));
      THEN("one more goes in, and the first has had their turn") {
        CHECK_EQ(x.admit(at(3)).size() + x.admit(at(4)).size(), 1u);
        CHECK(x.place(1).state == queue_state::expired);
        CHECK_EQ(x.room.totals().shopping, 2u);
        CHECK_EQ(x.room.totals().admitted, 3u);
      }
      THEN("joining again means a new number at the end") {
        CHECK_EQ(x.join(1), 6u);
        CHECK(x.place(1).state == queue_state::waiting);
        CHECK_EQ(x.place(1).ahead, 2u);
      }
    }
  }
}

SCENARIO("people are told when their turn comes at the latest only if it does not hang on others") {
  lobby x{{.admission_per_s = 10, .max_shopping = 2}};
  for (int i = 1; i <= 3; ++i)
    x.join(i);
  CHECK_EQ(x.place(2).eta_high->count(), 2);
  CHECK(!x.place(3).eta_high);
  x.room.pause(true);
  CHECK(!x.place(1).eta_high);
  x.room.pause(false);
  CHECK_EQ(x.admit(at(0)).size() + x.admit(at(1)).size(), 2u);
  CHECK_EQ(x.place(1).eta_high->count(), 0);
  CHECK(!x.place(3).eta_high);
  CHECK_EQ(x.place(3).eta_low.count(), 0);
  x.room.change(10, 0);
  CHECK_EQ(x.place(3).eta_high->count(), 2);
}

SCENARIO("who was let in before a restart counts as shopping until their pass must have ended") {
  GIVEN("a room with a cap of two people that takes over from one which had let in two") {
    lobby x{{.admission_per_s = 1000, .max_shopping = 2},
            {numbers_reserved{queue_number{10}}, turns_taken{{{queue_number{1}, queue_number{1}}}, at(60)},
             turns_taken{{{queue_number{2}, queue_number{2}}}, at(61)}}};
    x.join(3);
    x.join(4);
    x.join(5);
    CHECK_EQ(x.room.totals().shopping, 2u);
    THEN("nobody goes in before their time is over") {
      CHECK(x.admit(at(59)).empty());
      CHECK(x.room.next_admission(at(59)) == at(60));
      CHECK_EQ(x.admit(at(60)).size(), 1u);
      CHECK_EQ(x.room.totals().shopping, 2u);
      CHECK(x.room.next_admission(at(60)) == at(61));
    }
  }
  GIVEN("such a room to which one of the two comes back") {
    lobby x{{.admission_per_s = 1000, .max_shopping = 2},
            {numbers_reserved{queue_number{10}}, turns_taken{{{queue_number{1}, queue_number{2}}}, at(60)}}};
    x.join(3);
    CHECK(std::get<queue_number>(x.room.rejoin(lobby::person(2), queue_number{2}, at(1))) == queue_number{2});
    x.room.connected(lobby::person(2), 0);
    THEN("they count once, and make room when they are done") {
      CHECK_EQ(x.room.totals().shopping, 2u);
      CHECK(x.admit(at(2)).empty());
      CHECK(x.room.next_admission(at(2)) == at(60));
      x.room.stop_shopping(lobby::person(2));
      CHECK_EQ(x.room.totals().shopping, 1u);
      CHECK(x.admit(at(3)) == std::vector<std::uint64_t>{11});
    }
  }
}

SCENARIO("however often the room restarts, nobody's time inside begins anew, and nobody loses their turn") {
  GIVEN("somebody who was let in until 60, and another who waits") {
    std::vector<fact> written{numbers_reserved{queue_number{10}},
                              turns_taken{{{queue_number{1}, queue_number{1}}}, at(60)}};
    lobby first{{}, written};
    CHECK(std::get<queue_number>(first.room.rejoin(ada, queue_number{1}, at(10))) == queue_number{1});
    CHECK(std::get<queue_number>(first.room.rejoin(ben, queue_number{2}, at(10))) == queue_number{2});
    WHEN("the room restarts once more") {
      lobby second{{}, first.room.snapshot()};
      THEN("the first is inside until 60, as before, and the other waits, as before") {
        CHECK(std::get<queue_number>(second.room.rejoin(ada, queue_number{1}, at(59))) == queue_number{1});
        CHECK(second.room.place_of(ada)->pass_until == at(60));
        CHECK(std::get<queue_number>(second.room.rejoin(ben, queue_number{2}, at(59))) == queue_number{2});
        CHECK(second.room.place_of(ben)->state == queue_state::waiting);
      }
      THEN("from 60 on the first has had their turn, and the other has not") {
        lobby third{{}, second.room.snapshot()};
        CHECK(std::get<refusal>(third.room.rejoin(ada, queue_number{1}, at(60))).reason == rejection::not_found);
        CHECK(std::get<queue_number>(third.room.rejoin(ben, queue_number{2}, at(61))) == queue_number{2});
      }
    }
  }
}

SCENARIO("who comes back inside gives up the place that they had taken meanwhile") {
  lobby x{{}, {numbers_reserved{queue_number{10}}, turns_taken{{{queue_number{1}, queue_number{3}}}, at(60)}}};
  CHECK_EQ(x.join(1), 11u);
  CHECK(std::get<queue_number>(x.room.rejoin(lobby::person(1), queue_number{2}, at(1))) == queue_number{2});
  CHECK(x.place(1).pass_until == at(60));
  CHECK_EQ(x.room.totals().waiting, 0u);
  CHECK_EQ(x.room.totals().shopping, 3u);
}

SCENARIO("a turn that is written down twice lasts until the later end") {
  lobby x{{},
          {numbers_reserved{queue_number{10}}, turns_taken{{{queue_number{1}, queue_number{3}}}, at(60)},
           turns_taken{{{queue_number{2}, queue_number{2}}}, at(70)}}};
  CHECK_EQ(x.room.totals().shopping, 3u);
  CHECK(std::get<refusal>(x.room.rejoin(ada, queue_number{1}, at(60))).reason == rejection::not_found);
  CHECK_EQ(x.room.totals().shopping, 1u);
  CHECK(std::get<queue_number>(x.room.rejoin(ada, queue_number{2}, at(69))) == queue_number{2});
  CHECK(x.room.place_of(ada)->pass_until == at(70));
}

SCENARIO("turns with the same end are kept together") {
  lobby x{{},
          {numbers_reserved{queue_number{10}}, turns_taken{{{queue_number{1}, queue_number{2}}}, at(60)},
           turns_taken{{{queue_number{2}, queue_number{3}}, {queue_number{6}, queue_number{6}}}, at(60)},
           turns_taken{{{queue_number{4}, queue_number{4}}}, at(61)}}};
  std::vector<fact> expected{
      numbers_reserved{x.written},
      turns_taken{{{queue_number{1}, queue_number{3}}, {queue_number{6}, queue_number{6}}}, at(60)},
      turns_taken{{{queue_number{4}, queue_number{4}}}, at(61)},
  };
  CHECK(x.room.snapshot() == expected);
}

SCENARIO("who goes in is told that they wait until it is durable, and counts from then on") {
  GIVEN("a room that lets in one person per second, and three people") {
    lobby x{{.admission_per_s = 1}};
    for (int i = 1; i <= 3; ++i)
      x.join(i);
    auto chosen = x.room.admit(at(0));
    REQUIRE_EQ(chosen.size(), 1u);
    CHECK(x.place(1).state == queue_state::waiting);
    CHECK_EQ(x.place(1).ahead, 0u);
    CHECK_EQ(x.room.totals().shopping, 1u);
    WHEN("that takes half a minute") {
      CHECK_EQ(x.room.let_in(chosen, at(30), at(90)).size(), 1u);
      THEN("they are inside, and the next one goes in a second later") {
        CHECK(x.place(1).state == queue_state::admitted);
        CHECK(x.place(1).pass_until == at(90));
        CHECK(x.admit(at(30)).empty());
        CHECK(x.admit(at(31)).empty());
        CHECK(x.room.next_admission(at(31)) == at(31) + microseconds{1});
        CHECK(x.admit(at(31) + microseconds{1}) == std::vector<std::uint64_t>{2});
      }
    }
  }
  GIVEN("somebody who leaves before it is durable, and joins anew") {
    lobby x;
    x.join(1);
    auto chosen = x.room.admit(at(0));
    x.room.leave(lobby::person(1));
    x.join(1);
    THEN("they wait") {
      CHECK(x.room.let_in(chosen, at(1), at(60)).empty());
      CHECK(x.place(1).state == queue_state::waiting);
      CHECK_EQ(x.room.totals().shopping, 0u);
    }
  }
}

SCENARIO("a room that follows another admits nobody within the second that the other may have filled") {
  GIVEN("rooms with a rate of two, of which one follows a room that let somebody in") {
    std::vector<fact> written{numbers_reserved{queue_number{10}}};
    lobby fresh{{.admission_per_s = 2}, written};
    written.emplace_back(turns_taken{{{queue_number{1}, queue_number{1}}}, at(600)});
    lobby later{{.admission_per_s = 2}, written};
    for (auto* x : {&fresh, &later}) {
      x->room.follow_earlier_room(at(0));
      x->join(1);
    }
    THEN("only that one waits for a second") {
      CHECK_EQ(fresh.admit(at(0)).size(), 1u);
      CHECK(later.admit(at(0)).empty());
      CHECK(later.room.next_admission(at(0)) == at(1) + microseconds{1});
      CHECK(later.admit(at(1)).empty());
      CHECK_EQ(later.admit(at(1) + microseconds{1}).size(), 1u);
    }
  }
}

SCENARIO("who leaves while shopping makes room for another") {
  GIVEN("a room with a cap of two people, both of them inside, and a third who waits") {
    lobby x{{.admission_per_s = 1000, .max_shopping = 2}};
    for (int i = 1; i <= 3; ++i)
      x.join(i);
    CHECK_EQ(x.admit(at(0)).size() + x.admit(at(1)).size() + x.admit(at(2)).size(), 2u);
    WHEN("one of them leaves") {
      x.room.leave(lobby::person(2));
      THEN("nobody remembers them, and the third goes in") {
        CHECK_EQ(x.room.totals().shopping, 1u);
        CHECK(!x.room.place_of(lobby::person(2)));
        CHECK_EQ(x.admit(at(3)).size() + x.admit(at(4)).size(), 1u);
        CHECK(x.place(3).state == queue_state::admitted);
      }
    }
  }
}

SCENARIO("who leaves gives up their number") {
  lobby x;
  x.join(1);
  x.join(2);
  x.room.leave(lobby::person(1));
  CHECK_EQ(x.place(2).ahead, 0u);
  CHECK(std::get<refusal>(x.room.rejoin(lobby::person(1), queue_number{1}, at(0))).reason == rejection::not_found);
  CHECK_EQ(x.join(1), 3u);
}

SCENARIO("a full room turns people away, but not for the sake of those whose turn is over") {
  lobby x{{.admission_per_s = 1000, .people_max = 3}};
  for (int i = 1; i <= 3; ++i)
    x.join(i);
  CHECK(std::get<refusal>(x.room.join(ada, at(0))).reason == rejection::overloaded);
  CHECK_EQ(x.admit(at(0)).size(), 1u);
  CHECK(std::get<refusal>(x.room.join(ada, at(0))).reason == rejection::overloaded);
  x.room.stop_shopping(lobby::person(1));
  CHECK(std::holds_alternative<queue_number>(x.room.join(ada, at(0))));
  CHECK(!x.room.place_of(lobby::person(1)));
}

SCENARIO("a full room forgets those who are not there, and takes them back by their numbers") {
  GIVEN("a full room in which the second and the third of four are away") {
    lobby x{{.admission_per_s = 1000, .people_max = 4}};
    for (int i = 1; i <= 4; ++i)
      x.join(i, i == 1 || i == 4);
    CHECK_EQ(x.join(5), 5u);
    CHECK(!x.room.place_of(lobby::person(3)));
    CHECK_EQ(x.join(6), 6u);
    CHECK(!x.room.place_of(lobby::person(2)));
    CHECK(std::get<refusal>(x.room.join(ada, at(0))).reason == rejection::overloaded);
    THEN("they are back in their places as soon as there is room") {
      CHECK(std::get<refusal>(x.room.rejoin(lobby::person(3), queue_number{3}, at(0))).reason == rejection::overloaded);
      x.room.disconnected(lobby::person(6), 0);
      CHECK(std::get<queue_number>(x.room.rejoin(lobby::person(3), queue_number{3}, at(0))) == queue_number{3});
      CHECK_EQ(x.place(3).ahead, 1u);
      CHECK(!x.room.place_of(lobby::person(6)));
    }
  }
}

SCENARIO("a connection from before somebody's turn does not make them be there afterwards") {
  GIVEN("somebody who was let in, joined once more while inside, and then went away") {
    lobby x{{.admission_per_s = 1000}};
    x.join(1);
    x.admit(at(0));
    x.join(1);
    x.room.stop_shopping(lobby::person(1));
    WHEN("they join again without being there") {
      CHECK_EQ(x.join(1, false), 2u);
      THEN("they are passed over until they are") {
        CHECK_EQ(x.room.totals().present, 0u);
        CHECK(x.admit(at(1)).empty());
        x.room.connected(lobby::person(1), 0);
        CHECK(x.admit(at(2)) == std::vector<std::uint64_t>{2});
      }
    }
  }
}

SCENARIO("turns are worth writing once, and a snapshot knows them all") {
  lobby x{{.admission_per_s = 1000, .number_block = 10}};
  for (int i = 1; i <= 25; ++i)
    x.join(i, i != 7);
  CHECK(!x.room.turns_to_write(at(60)));
  for (int ms = 0; ms < 20; ++ms)
    x.admit(at_ms(ms));
  auto first = x.room.turns_to_write(at(60));
  REQUIRE(first.has_value());
  CHECK((first->numbers
         == std::vector<number_span>{{queue_number{1}, queue_number{6}}, {queue_number{8}, queue_number{21}}}));
  x.room.apply(*first);
  CHECK(!x.room.turns_to_write(at(60)));
  for (int ms = 20; ms < 1000; ++ms)
    x.admit(at_ms(ms));
  x.room.leave(lobby::person(7));
  auto second = x.room.turns_to_write(at(90));
  REQUIRE(second.has_value());
  x.room.apply(*second);
  x.admit(at(60)); // the first ones are over now
  std::vector<fact> expected{
      numbers_reserved{x.written},
      numbers_used_up{{{queue_number{1}, queue_number{21}}}, queue_number{21}}, // including the one who left
      turns_taken{{{queue_number{22}, queue_number{25}}}, at(90)},
  };
  CHECK(x.room.snapshot() == expected);
}

SCENARIO("whoever leaves was never served, before and after a snapshot") {
  GIVEN("ten people of whom two were let in and all others left") {
    lobby x{{.admission_per_s = 2}};
    for (int i = 1; i <= 10; ++i)
      x.join(i);
    x.admit(at(0));
    x.admit(at_ms(500));
    x.room.apply(*x.room.turns_to_write(at(60)));
    for (int i = 3; i <= 10; ++i)
      x.room.leave(lobby::person(i));
    auto serving = x.room.totals().serving;
    CHECK_EQ(serving, 2u);
    CHECK_EQ((lobby{{}, x.room.snapshot()}.room.totals().serving), serving); // the passes of those inside last
    WHEN("these are over") {
      x.admit(at(60));
      lobby later{{}, x.room.snapshot()};
      CHECK_EQ(later.room.totals().serving, serving);
      THEN("nobody uses one of the numbers again") {
        for (std::uint64_t number = 1; number <= 10; ++number)
          CHECK(std::holds_alternative<refusal>(later.room.rejoin(lobby::person(99), queue_number{number}, at(61))));
      }
    }
  }
}

SCENARIO("whose pass ended while no room served is not counted as inside by the next") {
  lobby x{{},
          {numbers_reserved{queue_number{10}}, turns_taken{{{queue_number{1}, queue_number{3}}}, at(60)},
           turns_taken{{{queue_number{4}, queue_number{5}}}, at(90)}}};
  CHECK_EQ(x.room.totals().shopping, 5u);
  x.room.follow_earlier_room(at(60));
  CHECK_EQ(x.room.totals().shopping, 2u);
}

SCENARIO("what people are told gets more exact as they come closer") {
  GIVEN("a hundred thousand people before a room that lets in a hundred a second, every second one absent") {
    lobby x{{.admission_per_s = 100}};
    for (int i = 0; i < 100'000; ++i)
      x.join(i, i % 2 == 0);
    THEN("the last one waits between 500 and 1000 seconds") {
      auto place = x.place(99'999);
      CHECK_EQ(place.ahead, 99'999u);
      CHECK_EQ(place.eta_low.count(), 500);
      CHECK_EQ(place.eta_high->count(), 1001);
      CHECK_EQ(x.place(0).ahead, 0u);
    }
  }
}
