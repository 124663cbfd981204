#define CAF_SUITE actors.journal_writer

#include "actors/journal_writer.hpp"
#include "tests/actors/shard_fixture.hpp"

#include <caf/test/bdd_dsl.hpp>

using namespace usher;
using namespace usher::tests;
using messages::append_failure;

namespace {

/// A writer and two fake shards of an event.
class writer_fixture : public shard_fixture {
public:
  writer_fixture() {
    memory_store{books}.add_event({event, "plan"}, 2);
    for (int i = 0; i < 2; ++i)
      static_cast<void>(memory_store{books}.claim(shard(i), "test", {}));
  }

  [[nodiscard]] domain::shard_id shard(int number) const {
    return {domain::shard_kind::section, event, domain::section_no{static_cast<std::uint16_t>(number)}};
  }

  /// Hands over some holds without letting any actor work.
  void append(int number, std::uint64_t first, std::size_t facts, std::uint64_t epoch = 1) {
    messages::append_facts wanted{shard(number), domain::epoch{epoch}, domain::fact_seq{first}, now(), {}};
    for (std::size_t i = 0; i < facts; ++i)
      wanted.facts.push_back(domain::seats_held{{7, first + i}, domain::buyer_id{"buyer"}, {}, now(), 0});
    self->send(writer, wanted, shards[number]);
  }

  domain::event_id event{"rock"};
  std::shared_ptr<heard> ears[2] = {std::make_shared<heard>(), std::make_shared<heard>()};
  messages::shard_actor shards[2] = {caf::actor_cast<messages::shard_actor>(listen(ears[0])),
                                     caf::actor_cast<messages::shard_actor>(listen(ears[1]))};
  messages::journal_actor writer;
};

} // namespace

BEGIN_FIXTURE_SCOPE(writer_fixture)

SCENARIO("facts that wait together are written together") {
  GIVEN("many messages of two shards in the writer's mailbox") {
    writer = working_journal();
    for (std::uint64_t i = 0; i < 50; ++i) {
      append(0, 1 + 2 * i, 2);
      append(1, 1 + i, 1);
    }
    settle();
    THEN("the store saw one group, and each shard hears once how far it is") {
      CHECK_EQ(books->groups(), 1u);
      CHECK_EQ(books->facts(shard(0)).size(), 100u);
      REQUIRE(ears[0]->durable.size() == 1u);
      REQUIRE(ears[1]->durable.size() == 1u);
      CHECK_EQ(ears[0]->durable[0].upto.value(), 100u);
      CHECK_EQ(ears[1]->durable[0].upto.value(), 50u);
    }
  }
}

SCENARIO("a group has a bounded size") {
  GIVEN("a writer whose groups have ten facts at most, and a message with twenty-five") {
    writer = working_journal({.group_facts_max = 10});
    append(0, 1, 25);
    settle();
    THEN("it is written in three groups, in order") {
      CHECK_EQ(books->groups(), 3u);
      REQUIRE(ears[0]->durable.size() == 3u);
      CHECK_EQ(ears[0]->durable[1].upto.value(), 20u);
      CHECK_EQ(ears[0]->durable[2].upto.value(), 25u);
    }
  }
}

SCENARIO("under load a group waits for the next interval, and the first one for nothing") {
  GIVEN("a writer with five milliseconds between the starts of its groups") {
    writer = working_journal({.between_groups = 5ms});
    append(0, 1, 1);
    settle();
    CHECK_EQ(books->groups(), 1u);
    WHEN("more facts come one by one within that time") {
      for (std::uint64_t seq = 2; seq <= 4; ++seq) {
        append(0, seq, 1);
        settle();
        pass(1ms);
      }
      CHECK_EQ(books->groups(), 1u);
      THEN("they share one group when the time is over") {
        pass(2ms);
        CHECK_EQ(books->groups(), 2u);
        CHECK_EQ(books->facts(shard(0)).size(), 4u);
      }
    }
  }
  GIVEN("the same writer after a group that has just started, and a full one that waits") {
    writer = working_journal({.group_facts_max = 10, .between_groups = 5ms});
    append(1, 1, 1);
    settle();
    append(1, 2, 10);
    settle();
    THEN("the full one does not wait") {
      CHECK_EQ(books->facts(shard(1)).size(), 11u);
    }
  }
}

SCENARIO("a store that is out of reach fails everything that waits") {
  GIVEN("two shards' facts in two groups") {
    writer = working_journal({.group_facts_max = 3});
    books->set(store_fault::unavailable);
    append(0, 1, 3);
    append(1, 1, 3);
    settle();
    THEN("both shards hear of it once, and later facts of that epoch are passed over") {
      REQUIRE(ears[0]->failed.size() == 1u);
      REQUIRE(ears[1]->failed.size() == 1u);
      CHECK(ears[0]->failed[0].why == append_failure::unavailable);
      CHECK_EQ(ears[1]->failed[0].from.value(), 1u);
      books->set(store_fault::none);
      append(0, 4, 1);
      settle();
      CHECK_EQ(books->groups(), 0u);
      CHECK_EQ(ears[0]->failed.size(), 1u);
    }
    THEN("a shard that comes back with a newer epoch is written again") {
      static_cast<void>(memory_store{books}.claim(shard(0), "test", {}));
      append(0, 1, 2, 2);
      settle();
      REQUIRE(ears[0]->durable.size() == 1u);
      CHECK_EQ(ears[0]->durable[0].epoch.value(), 2u);
    }
  }
}

SCENARIO("a store that cannot be used, or contradicts itself, is said to be broken") {
  for (auto fault : {store_fault::broken, store_fault::mute}) {
    writer = working_journal();
    books->set(fault);
    append(0, 1, 2, 1);
    settle();
    books->set(store_fault::none);
    CHECK(ears[0]->durable.empty());
    REQUIRE(!ears[0]->failed.empty());
    CHECK(ears[0]->failed.back().why == append_failure::broken);
    ears[0]->failed.clear();
  }
}

SCENARIO(
    "the writer opens its connection when it starts, and says when the store takes no facts and takes them again") {
  GIVEN("a writer somebody listens to") {
    auto opened = 0;
    std::vector<std::optional<std::string>> told;
    auto open = [&, where = books] {
      ++opened;
      return std::make_unique<memory_store>(where);
    };
    writer = actors::spawn_journal_writer(sys, open, {}, actors::writer_thread::shared,
                                          [&](std::optional<std::string> why) { told.push_back(std::move(why)); });
    keep(caf::actor_cast<caf::actor>(writer));
    CHECK_EQ(opened, 1);
    append(0, 1, 1);
    settle();
    CHECK(told.empty());
    books->set(store_fault::full);
    append(0, 2, 1);
    settle();
    append(1, 1, 1);
    settle();
    REQUIRE_EQ(told.size(), 2u);
    CHECK(told[0].has_value());
    CHECK(told[1].has_value());
    books->set(store_fault::none);
    static_cast<void>(memory_store{books}.claim(shard(0), "test", {}));
    append(0, 2, 1, 2);
    append(0, 3, 1, 2);
    settle();
    REQUIRE_EQ(told.size(), 3u);
    CHECK(!told[2].has_value());
    CHECK_EQ(opened, 1);
  }
}

SCENARIO("a fenced shard does not disturb the others of its group") {
  GIVEN("one shard that another node has claimed and one that is still ours") {
    writer = working_journal();
    static_cast<void>(memory_store{books}.claim(shard(0), "another node", {}));
    append(0, 1, 2);
    append(1, 1, 2);
    settle();
    THEN("one stops and the other is durable") {
      CHECK(ears[0]->durable.empty());
      REQUIRE(ears[0]->failed.size() == 1u);
      CHECK(ears[0]->failed[0].why == append_failure::fenced);
      CHECK(ears[1]->failed.empty());
      CHECK_EQ(ears[1]->durable.size(), 1u);
    }
  }
}

SCENARIO("facts of an actor that has ended do not take those of the next one along") {
  GIVEN("facts of two actors of one shard, which wait together") {
    writer = working_journal();
    append(0, 1, 2); // of the first one
    static_cast<void>(memory_store{books}.claim(shard(0), "test", {}));
    auto next = std::make_shared<heard>();
    shards[0] = caf::actor_cast<messages::shard_actor>(listen(next));
    append(0, 1, 3, 2);
    append(1, 1, 1);
    settle();
    THEN("those of the first are fenced, and all others are written") {
      REQUIRE_EQ(ears[0]->failed.size(), 1u);
      CHECK(ears[0]->failed[0].why == append_failure::fenced);
      CHECK(next->failed.empty());
      REQUIRE_EQ(next->durable.size(), 1u);
      CHECK_EQ(next->durable[0].upto.value(), 3u);
      CHECK_EQ(ears[1]->durable.size(), 1u);
    }
  }
}

SCENARIO("a shard whose view is out of date hears from where") {
  GIVEN("a shard that numbers its facts with a gap") {
    writer = working_journal();
    append(0, 1, 2);
    append(0, 4, 1);
    settle();
    THEN("the facts before the gap are durable, the rest is in conflict") {
      REQUIRE(ears[0]->durable.size() == 1u);
      CHECK_EQ(ears[0]->durable[0].upto.value(), 2u);
      REQUIRE(ears[0]->failed.size() == 1u);
      CHECK(ears[0]->failed[0].why == append_failure::conflict);
      CHECK_EQ(ears[0]->failed[0].from.value(), 3u);
    }
  }
}

SCENARIO("a full queue says that it is overloaded") {
  GIVEN("a writer that keeps ten facts waiting at most") {
    writer = working_journal({.waiting_facts_max = 10});
    append(0, 1, 8);
    append(1, 1, 3);
    append(1, 4, 1);
    settle();
    THEN("the shard that came too late hears so once, the other one is durable") {
      CHECK_EQ(ears[0]->durable.size(), 1u);
      REQUIRE(ears[1]->failed.size() == 1u);
      CHECK(ears[1]->failed[0].why == append_failure::overloaded);
      CHECK(books->facts(shard(1)).empty());
    }
  }
}

SCENARIO("snapshots wait for facts, but not for ever") {
  GIVEN("a writer that keeps one snapshot after two groups of one fact") {
    writer = working_journal({.group_facts_max = 1, .groups_per_snapshot = 2});
    append(0, 1, 1);
    settle();
    append(0, 2, 4);
    self->send(writer, messages::keep_snapshot{shard(0), domain::epoch{1}, domain::fact_seq{1}, {}});
    for (int i = 0; i < 4; ++i)
      sched.run_once();
    settle();
    THEN("all are written and the snapshot is kept") {
      CHECK_EQ(books->groups(), 5u);
      CHECK_EQ(books->snapshots_kept(), 1u);
    }
  }
}

SCENARIO("a snapshot that cannot be kept costs nothing") {
  GIVEN("a store that is out of reach when there is time for a snapshot") {
    auto tries = std::make_shared<int>(0);
    auto open = [tries, where = books]() -> std::unique_ptr<persistence::booking_store> {
      if (++*tries == 1)
        throw persistence::store_unavailable{"not yet"};
      return std::make_unique<memory_store>(where);
    };
    writer = actors::spawn_journal_writer(sys, open, {}, actors::writer_thread::shared);
    keep(caf::actor_cast<caf::actor>(writer));
    self->send(writer, messages::keep_snapshot{shard(0), domain::epoch{1}, domain::fact_seq{0}, {}});
    settle();
    WHEN("facts come later") {
      append(0, 1, 1);
      settle();
      THEN("the writer opens the store then") {
        CHECK_EQ(*tries, 2);
        CHECK_EQ(ears[0]->durable.size(), 1u);
      }
    }
  }
}

END_FIXTURE_SCOPE()
