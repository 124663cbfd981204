#define CAF_SUITE actors.shard_journal

#include "actors/shard_journal.hpp"

#include <caf/test/dsl.hpp>

#include <caf/test/bdd_dsl.hpp>

#include <rapidcheck.h>

using namespace usher;
using namespace std::chrono_literals;
using messages::append_failure;

namespace {

/// Remembers what a journal wants done.
struct recording_port final : actors::journal_port {
  std::vector<messages::append_facts> appended;
  std::vector<messages::keep_snapshot> snapshots;
  std::vector<messages::reclaim_shard> reclaims;
  std::vector<std::chrono::milliseconds> wakes;
  std::vector<messages::shard_stopped> stops;

  void append(messages::append_facts facts) override { appended.push_back(std::move(facts)); }
  void keep(messages::keep_snapshot snapshot) override { snapshots.push_back(std::move(snapshot)); }
  void reclaim(messages::reclaim_shard wish) override { reclaims.push_back(std::move(wish)); }
  void wake(std::chrono::milliseconds wait) override { wakes.push_back(wait); }
  void stopped(messages::shard_stopped notice) override { stops.push_back(std::move(notice)); }
};

/// A journal at epoch 3 after fact 20, whose consequences are numbers.
struct journal_fixture {
  recording_port port;
  actors::shard_journal<int> journal{
      port,
      {{domain::shard_kind::section, domain::event_id{"rock"}, {}}, domain::epoch{3}, domain::fact_seq{20}},
      {.in_flight_max = 4, .facts_per_snapshot = 3}};
  std::vector<int> followed;
  std::vector<int> undone;

  bool write(int consequence) { return journal.write(domain::hold_ended{}, {}, consequence); }
  void durable(std::uint64_t upto, std::uint64_t epoch = 3) {
    journal.durable({domain::epoch{epoch}, domain::fact_seq{upto}}, [this](int x) { followed.push_back(x); });
  }
  void fail(append_failure why, std::uint64_t epoch = 3) {
    journal.failed({domain::epoch{epoch}, domain::fact_seq{21}, why}, [this](int x) { undone.push_back(x); });
  }
};

} // namespace

BEGIN_FIXTURE_SCOPE(journal_fixture)

SCENARIO("facts are numbered without gaps and handed over together") {
  GIVEN("three facts, written before the first flush") {
    CHECK(write(1));
    CHECK(!write(2));
    CHECK(!write(3));
    journal.flush();
    journal.flush();
    CHECK(write(4));
    journal.flush();
    THEN("there are two messages, one behind the other") {
      REQUIRE(port.appended.size() == 2u);
      CHECK_EQ(port.appended[0].first.value(), 21u);
      CHECK_EQ(port.appended[0].facts.size(), 3u);
      CHECK_EQ(port.appended[1].first.value(), 24u);
      CHECK_EQ(port.appended[1].epoch.value(), 3u);
    }
    THEN("too many facts in flight are an obstacle until some are durable") {
      CHECK(journal.obstacle() == domain::rejection::overloaded);
      durable(21);
      CHECK(!journal.obstacle());
    }
  }
}

SCENARIO("consequences follow in order, once their facts are durable") {
  GIVEN("two facts, something that waits for both, and a third fact") {
    write(1);
    write(2);
    journal.after_all(102);
    write(3);
    journal.flush();
    durable(21);
    CHECK((followed == std::vector{1}));
    CHECK(!journal.settled());
    durable(21);
    durable(22);
    CHECK((followed == std::vector{1, 2, 102}));
    durable(23, 2); // from an epoch long past
    CHECK_EQ(followed.size(), 3u);
    durable(23);
    CHECK((followed == std::vector{1, 2, 102, 3}));
    CHECK(journal.settled());
  }
}

SCENARIO("a failure undoes all that is in flight and claims the shard anew") {
  GIVEN("one durable fact and two in flight, one of them not yet handed over") {
    write(1);
    journal.flush();
    durable(21);
    write(2);
    journal.flush();
    write(3);
    WHEN("the store is out of reach") {
      fail(append_failure::unavailable);
      THEN("what is in flight is undone, and nothing more is taken") {
        CHECK((undone == std::vector{2, 3}));
        CHECK(journal.obstacle() == domain::rejection::store_unavailable);
        CHECK(!journal.settled());
        journal.flush();
        CHECK_EQ(port.appended.size(), 2u);
        REQUIRE(port.reclaims.size() == 1u);
        CHECK_EQ(port.reclaims[0].epoch.value(), 3u);
      }
      THEN("the keeper is asked again, more and more seldom") {
        for (int i = 0; i < 6; ++i) {
          journal.reclaim_failed({domain::rejection::store_unavailable, {}, {}, {}});
          journal.reclaim_again();
        }
        CHECK((port.wakes == std::vector{250ms, 500ms, 1000ms, 2000ms, 2000ms, 2000ms}));
        CHECK_EQ(port.reclaims.size(), 7u);
      }
      THEN("it writes on from what the claim found") {
        messages::shard_reclaimed history{domain::epoch{4}, domain::fact_seq{22}, {}, {}};
        CHECK(journal.reclaimed(history));
        CHECK(journal.settled());
        durable(23); // a late message from the previous epoch
        fail(append_failure::fenced);
        CHECK(journal.standing() == actors::shard_standing::writing);
        write(4);
        journal.flush();
        CHECK_EQ(port.appended.back().first.value(), 23u);
        CHECK_EQ(port.appended.back().epoch.value(), 4u);
      }
    }
    AND("it fails again, and the claim finds less than was durable") {
      fail(append_failure::unavailable, 4);
      CHECK(!journal.reclaimed({domain::epoch{5}, domain::fact_seq{21}, {}, {}}));
      THEN("it stops") {
        CHECK(journal.standing() == actors::shard_standing::stopped);
        CHECK(journal.obstacle() == domain::rejection::store_unavailable);
        REQUIRE(port.stops.size() == 1u);
        CHECK(port.stops[0].why == append_failure::lost);
        CHECK(port.stops[0].sentence.find("lost facts") != std::string::npos);
      }
    }
  }
}

SCENARIO("a fenced shard stops for ever") {
  GIVEN("a fact in flight") {
    write(1);
    journal.flush();
    fail(append_failure::fenced);
    THEN("the keeper is told, and nothing is claimed") {
      CHECK((undone == std::vector{1}));
      CHECK_EQ(port.stops.size(), 1u);
      CHECK(port.reclaims.empty());
      durable(21);
      CHECK(followed.empty());
      CHECK(journal.obstacle() == domain::rejection::store_unavailable);
    }
  }
}

SCENARIO("a shard whose claim is refused stops") {
  GIVEN("a shard in doubt that is somebody else's by now") {
    write(1);
    fail(append_failure::conflict);
    journal.reclaim_failed({domain::rejection::not_found, {}, {}, {}});
    THEN("it says that it was fenced") {
      REQUIRE(port.stops.size() == 1u);
      CHECK(port.stops[0].why == append_failure::fenced);
      journal.reclaim_again();
      CHECK_EQ(port.reclaims.size(), 1u);
    }
  }
}

SCENARIO("a snapshot is handed over when everything under it is durable") {
  GIVEN("three facts, two of them durable") {
    CHECK(!journal.snapshot_due());
    write(1);
    write(2);
    write(3);
    journal.flush();
    durable(22);
    REQUIRE(journal.snapshot_due());
    journal.take_snapshot({domain::hold_ended{}, domain::hold_ended{}, domain::hold_ended{}, domain::hold_ended{}});
    CHECK(!journal.snapshot_due());
    CHECK(port.snapshots.empty());
    durable(23);
    THEN("it stands for all three, and the next one is due after as many facts as it has") {
      REQUIRE(port.snapshots.size() == 1u);
      CHECK_EQ(port.snapshots[0].upto.value(), 23u);
      for (int i = 0; i < 3; ++i)
        write(i);
      CHECK(!journal.snapshot_due());
      durable(26);
      write(4);
      CHECK(journal.snapshot_due());
    }
  }
}

SCENARIO("a fact that sums many up makes a snapshot as large as these") {
  GIVEN("a snapshot that is the past of a section where four holds ended and one seat came back") {
    write(1);
    write(2);
    write(3);
    journal.flush();
    durable(23);
    journal.take_snapshot({domain::section_past{{{1, 1}, {1, 2}, {1, 3}, {1, 4}}, {{domain::seat_no{1}, 1, 0}}}});
    THEN("the next one is due after five more facts") {
      for (int i = 0; i < 4; ++i)
        write(i);
      CHECK(!journal.snapshot_due());
      journal.flush();
      durable(27);
      write(5);
      CHECK(journal.snapshot_due());
    }
  }
}

SCENARIO("answers are kept back while in doubt, in their order, and not without bound") {
  GIVEN("a journal in doubt that keeps back what was in flight") {
    for (int i = 1; i <= 3; ++i)
      write(i);
    journal.flush();
    CHECK(!journal.may_keep_back());
    journal.failed({domain::epoch{3}, domain::fact_seq{21}, append_failure::unavailable},
                   [this](int x) { journal.keep_back(x); });
    CHECK(journal.may_keep_back());
    journal.keep_back(4);
    CHECK(!journal.may_keep_back());
    WHEN("it is claimed anew") {
      messages::shard_reclaimed history;
      history.epoch = domain::epoch{4};
      history.last = domain::fact_seq{23};
      REQUIRE(journal.reclaimed(history));
      THEN("they are taken once, the oldest first") {
        CHECK((journal.take_kept_back() == std::vector<int>{1, 2, 3, 4}));
        CHECK(journal.take_kept_back().empty());
      }
    }
  }
}

END_FIXTURE_SCOPE()

SCENARIO("whatever the journal does, every consequence comes back exactly once") {
  CHECK(rc::check("each consequence follows or is undone, in order", [] {
    journal_fixture world;
    int next = 0;
    std::uint64_t written = 20;
    std::uint64_t epoch = 3;
    for (auto step : *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 6))) {
      auto free = !world.journal.obstacle();
      if (step <= 2 && free) {
        world.write(next++);
        ++written;
        world.journal.flush();
      } else if (step == 3) {
        world.durable(*rc::gen::inRange<std::uint64_t>(20, written + 1), epoch);
      } else if (step == 4) {
        world.fail(append_failure::unavailable, epoch);
      } else if (world.journal.standing() == actors::shard_standing::in_doubt) {
        messages::shard_reclaimed history{domain::epoch{++epoch}, domain::fact_seq{written}, {}, {}};
        RC_ASSERT(world.journal.reclaimed(history));
      }
    }
    if (world.journal.standing() == actors::shard_standing::writing)
      world.durable(written, epoch);
    auto all = world.followed;
    all.insert(all.end(), world.undone.begin(), world.undone.end());
    std::sort(all.begin(), all.end());
    RC_ASSERT(all.size() == static_cast<std::size_t>(next));
    RC_ASSERT(std::is_sorted(world.followed.begin(), world.followed.end()));
    RC_ASSERT(std::adjacent_find(all.begin(), all.end()) == all.end());
  }));
}
