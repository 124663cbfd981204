#define CAF_SUITE persistence.postgres_coordination

#include "persistence/coordination.hpp"
#include "persistence/store_url.hpp"
#include "tests/persistence/coordination_contract.hpp"
#include "tests/persistence/sample_facts.hpp"
#include "tests/support/private_postgres.hpp"

#include <caf/test/bdd_dsl.hpp>

#include <pqxx/pqxx>

#include <atomic>
#include <chrono>
#include <optional>
#include <thread>

using namespace usher;
using namespace usher::persistence;
using namespace usher::tests;
using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

namespace {

struct fixture {
  private_postgres server;
};

/// A session that has begun a transaction, and says nothing more.
struct stuck_session {
  stuck_session(const std::string& url, const std::string& name, const std::string& sql)
      : db(url + "?application_name=" + name), transaction(db) {
    transaction.exec(sql);
  }

  pqxx::connection db;
  pqxx::work transaction;
};

std::string number_of(const domain::shard_id& shard) {
  return "(SELECT s.number FROM usher.shard s JOIN usher.event e ON e.number = s.event WHERE e.id = '"
         + shard.event.value() + "' AND s.kind = " + std::to_string(static_cast<int>(shard.kind))
         + " AND s.section = " + std::to_string(shard.section.value()) + ")";
}

int sessions_named(const std::string& url, const std::string& name) {
  pqxx::connection db{url};
  return pqxx::nontransaction{db}
      .exec("SELECT count(*) FROM pg_stat_activity WHERE application_name = '" + name + "'")
      .one_field()
      .as<int>();
}

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("PostgreSQL keeps the contract of all coordinators") {
  GIVEN("an empty schema for each clause") {
    auto url = server.make_database();
    check_coordination([&]() -> coordinated_store {
      pqxx::connection db{url};
      pqxx::nontransaction{db}.exec("SET client_min_messages TO error; DROP SCHEMA IF EXISTS usher CASCADE");
      auto lock = [url](const domain::shard_id& shard, incarnation whose) -> std::shared_ptr<void> {
        return std::make_shared<stuck_session>(url, whose == incarnation{} ? "psql" : session_of(whose),
                                               "SELECT 1 FROM usher.shard WHERE number = " + number_of(shard)
                                                   + " FOR UPDATE");
      };
      return {[url] { return open_coordination(url); }, [url] { return open_store(url); }, lock};
    });
  }
}

SCENARIO("a node is not saved by a session of its own that has its row locked") {
  GIVEN("two nodes, one of which stands still in the middle of a beat") {
    auto url = server.make_database();
    auto a = open_coordination(url);
    auto b = open_coordination(url);
    auto me = join_up(*a, card_of("a"));
    auto it = join_up(*b, card_of("b"));
    stuck_session beat{url, session_of(it),
                       "UPDATE usher.node SET beat = beat + 1 WHERE incarnation = " + std::to_string(it.value())};
    THEN("it is ended all the same, and its sessions with it") {
      CHECK((a->end_node(me, it, 0, "silent") == end_answer::ended));
      CHECK_EQ(a->members().members.size(), 1u);
      CHECK_EQ(sessions_named(url, session_of(it)), 0);
      CHECK_EQ(sessions_named(url, session_of(me)), 1);
    }
  }
}

SCENARIO("a node that has beaten since keeps its sessions, even if it was accused in the middle of the beat") {
  GIVEN("two nodes, one of which has not finished its beat yet") {
    auto url = server.make_database();
    auto a = open_coordination(url);
    auto b = open_coordination(url);
    auto me = join_up(*a, card_of("a"));
    auto it = join_up(*b, card_of("b"));
    stuck_session beat{url, session_of(it),
                       "UPDATE usher.node SET beat = beat + 1 WHERE incarnation = " + std::to_string(it.value())};
    pqxx::connection watcher{url};
    std::optional<end_answer> answer;
    std::thread accuser{[&] { answer = a->end_node(me, it, 0, "silent"); }};
    while (pqxx::nontransaction{watcher}.exec("SELECT 1 FROM pg_locks WHERE NOT granted").empty())
      std::this_thread::yield();
    beat.transaction.commit();
    accuser.join();
    CHECK((answer == end_answer::alive));
    CHECK_EQ(sessions_named(url, session_of(it)), 2);
    CHECK_EQ(b->beat(it, {})->beat, 2u);
  }
}

SCENARIO("the sessions of a node on another database of the same server are left alone") {
  GIVEN("two clusters, whose nodes have the same numbers") {
    auto url = server.make_database();
    auto other_url = server.make_database();
    auto a = open_coordination(url);
    auto b = open_coordination(url);
    auto other_a = open_coordination(other_url);
    auto other_b = open_coordination(other_url);
    auto me = join_up(*a, card_of("a"));
    auto it = join_up(*b, card_of("b"));
    join_up(*other_a, card_of("a"));
    REQUIRE((join_up(*other_b, card_of("b")) == it));
    CHECK_EQ(sessions_named(url, session_of(it)), 2);
    THEN("the end of one ends none of the other's") {
      CHECK((a->end_node(me, it, 0, "silent") == end_answer::ended));
      CHECK_EQ(sessions_named(url, session_of(it)), 1);
      CHECK(other_b->beat(it, {}).has_value());
    }
  }
}

SCENARIO("every connection of a node bears its name, whatever the address says, and again after it was lost") {
  GIVEN("a node, and a store that is opened for it") {
    auto url = server.make_database() + "?application_name=mine";
    auto plain = url.substr(0, url.find('?'));
    auto node = open_coordination(url);
    auto me = join_up(*node, card_of("a"));
    std::atomic<std::uint64_t> present = me.value(); // another one once it has joined again
    auto store = open_store(url, schema_upkeep::migrate, [&] { return session_of(incarnation{present}); });
    auto claims = open_coordination(url);
    claims->act_for(me);
    (void)claims->members();
    CHECK_EQ(sessions_named(plain, session_of(me)), 3);
    THEN("one whose node has joined again bears the new name from its next call on") {
      present = 8;
      (void)store->now();
      CHECK_EQ(sessions_named(plain, session_of(me)), 2);
      CHECK_EQ(sessions_named(plain, session_of(incarnation{8})), 1);
    }
    THEN("they can be found when they have come back") {
      present = 7;
      server.stop();
      server.start();
      for (auto lost = 0; lost < 3;) {
        try {
          lost == 0 ? void(node->members()) : lost == 1 ? void(store->now()) : void(claims->members());
          ++lost;
        } catch (const store_unavailable&) {
          std::this_thread::yield();
        }
      }
      CHECK_EQ(sessions_named(plain, session_of(me)), 2);
      CHECK_EQ(sessions_named(plain, session_of(incarnation{7})), 1);
    }
  }
}

SCENARIO("a coordinator waits for no lock, and for no silent server, for more than a moment") {
  GIVEN("a stranger who has a node's row locked, or the members' lock, or a shard's row") {
    auto url = server.make_database();
    auto store = open_store(url);
    store->add_event({rock, "{}"}, 1);
    auto a = open_coordination(url);
    auto b = open_coordination(url);
    auto me = join_up(*a, card_of("a"));
    auto it = join_up(*b, card_of("b"));
    const owned_shard wanted{event_shard, domain::epoch{0}};
    const owned_shard own{event_shard, a->claim(me, {&wanted, 1}).front().value()};
    auto fails_soon = [](auto call) {
      auto begin = steady::now();
      CHECK_THROWS_AS(call(), store_unavailable);
      CHECK_LT((steady::now() - begin).count(), std::chrono::nanoseconds{3s}.count());
    };
    {
      stuck_session stranger{url, "psql", "SELECT 1 FROM usher.node FOR UPDATE"};
      fails_soon([&] { (void)a->beat(me, {}); });
      fails_soon([&] { (void)a->end_node(me, it, 0, "silent"); });
      CHECK_EQ(sessions_named(url, session_of(it)), 1); // not ended, so its sessions are not, either
    }
    {
      stuck_session stranger{url, "psql", "SELECT pg_advisory_xact_lock(hashtext('usher members'))"};
      fails_soon([&] { (void)a->end_node(me, it, 0, "silent"); });
      fails_soon([&] { (void)b->join(card_of("c")); });
      CHECK(a->beat(me, {}).has_value());
    }
    {
      stuck_session stranger{url, "psql", "SELECT 1 FROM usher.shard FOR UPDATE"};
      fails_soon([&] { (void)a->give(me, own, it); });
    }
    CHECK((a->give(me, own, it) == domain::epoch{2}));
    server.pause();
    fails_soon([&] { (void)a->beat(me, {}); });
    fails_soon([&] { (void)a->beat(me, {}); }); // now by connecting
    server.resume();
  }
}

SCENARIO("whoever listens learns that it may have missed something while the server was away") {
  GIVEN("a listener") {
    auto url = server.make_database();
    auto listener = open_coordination(url);
    CHECK(listener->listen(0ms).missed);
    CHECK(!listener->listen(1ms).missed);
    server.stop();
    CHECK_THROWS_AS((void)listener->listen(10s), store_unavailable);
    server.start();
    THEN("it is told to read all anew, and then hears again") {
      CHECK(listener->listen(0ms).missed);
      join_up(*open_coordination(url), card_of("a"));
      CHECK(listener->listen(10s).members);
    }
  }
}

SCENARIO("words in the channel that nobody knows are no news") {
  GIVEN("a listener, and somebody who says anything") {
    auto url = server.make_database();
    auto listener = open_coordination(url);
    (void)listener->listen(0ms);
    pqxx::connection db{url};
    pqxx::nontransaction say{db};
    for (const char* word : {"", "member", "event ", "event Not An Id", "event rock"})
      say.exec("SELECT pg_notify('usher', $1)", pqxx::params{word});
    store_news all;
    while (all.events.empty()) {
      auto heard = listener->listen(10s);
      all.members = all.members || heard.members;
      all.shards = all.shards || heard.shards;
      all.events.merge(heard.events);
    }
    CHECK((!all.members && !all.shards && all.events == std::set{rock}));
  }
}

SCENARIO("nodes that have ended are remembered for a while") {
  GIVEN("a process that was started over and over") {
    auto url = server.make_database();
    auto node = open_coordination(url);
    pqxx::connection db{url};
    pqxx::nontransaction{db}.exec(
        "INSERT INTO usher.node (name, owner, status, link, http, release, level_from, level_to, weight) "
        "SELECT 'a', 'life ' || n, 'dead', '', '', '', 1, 1, 1 FROM generate_series(1, 3000) n");
    THEN("the next join forgets all but the last thousand") {
      auto me = join_up(*node, card_of("a"));
      CHECK_EQ(pqxx::nontransaction{db}.exec("SELECT count(*) FROM usher.node").one_field().as<int>(), 1'001);
      CHECK(node->find(incarnation{me.value() - 1}).has_value());
      CHECK(!node->find(incarnation{1}).has_value());
    }
  }
}

SCENARIO("a cluster needs a store that several nodes can use") {
  GIVEN("an SQLite file, and no address at all") {
    CHECK_THROWS_AS((void)open_coordination("sqlite:/tmp/any"), store_broken);
    CHECK_THROWS_AS((void)open_coordination("any"), store_broken);
  }
}

END_FIXTURE_SCOPE()
