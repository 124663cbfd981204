#define CAF_SUITE persistence.postgres

#include "persistence/postgres/connection.hpp"
#include "tests/persistence/contract.hpp"
#include "tests/persistence/sample_facts.hpp"
#include "tests/support/private_postgres.hpp"

#include <caf/test/bdd_dsl.hpp>

#include <pqxx/pqxx>

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
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

/// Appends fact `seq` of the section: a hold of seat `seq`.
std::vector<append_result> append_one(booking_store& store, domain::epoch epoch, std::uint64_t seq) {
  auto group = std::vector{entry(section_shard(0), epoch, seq, held(seq, {static_cast<std::uint32_t>(seq)}))};
  return store.append(group);
}

/// Writes one fact after another until the store fails, and counts those acknowledged.
std::uint64_t write_until_failure(booking_store& store, domain::epoch epoch, std::atomic<std::uint64_t>& acknowledged) {
  for (std::uint64_t seq = 1;; ++seq) {
    try {
      if (append_one(store, epoch, seq) != std::vector{append_result::written})
        return acknowledged;
    } catch (const store_unavailable&) {
      return acknowledged;
    }
    acknowledged = seq;
  }
}

std::string owner_of(booking_store& store) {
  for (const auto& row : store.shards(rock))
    if (row.shard == section_shard(0))
      return row.owner;
  return {};
}

/// Another process, which claims the first section and reads its history, over and over until it is ended.
class reading_process {
public:
  explicit reading_process(const std::string& url) : process_(::fork()) {
    if (process_ == 0)
      run(url);
  }
  ~reading_process() {
    ::kill(process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
  }
  reading_process(const reading_process&) = delete;
  reading_process& operator=(const reading_process&) = delete;

  void stop() const {
    ::kill(process_, SIGSTOP);
    ::waitpid(process_, nullptr, WUNTRACED);
  }
  void go_on() const { ::kill(process_, SIGCONT); }

private:
  [[noreturn]] static void run(const std::string& url) {
    try {
      for (auto store = open_store(url);;)
        (void)store->claim(section_shard(0), "reader", std::nullopt);
    } catch (const std::exception&) {
      ::_exit(1);
    }
  }

  pid_t process_;
};

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("PostgreSQL keeps the contract of all stores") {
  GIVEN("an empty schema for each clause") {
    auto url = server.make_database();
    check_contract([&]() -> connector {
      pqxx::connection db{url};
      pqxx::nontransaction{db}.exec("SET client_min_messages TO error; DROP SCHEMA IF EXISTS usher CASCADE");
      return [url] { return open_store(url); };
    });
  }
}

SCENARIO("a newer schema is refused with a sentence") {
  GIVEN("a database that a newer program has used") {
    auto url = server.make_database();
    (void)open_store(url);
    pqxx::connection db{url};
    pqxx::nontransaction{db}.exec("UPDATE usher.schema_version SET version = 1000");
    try {
      (void)open_store(url);
      FAIL("the newer schema was accepted");
    } catch (const store_broken& error) {
      CHECK_NE(std::string{error.what()}.find("a newer Usher has used it"), std::string::npos);
    }
  }
}

SCENARIO("a schema of an earlier version keeps its facts, and its events may get another plan") {
  GIVEN("databases as each version left them") {
    THEN("this version goes on with them") {
      for (int version : {1, 2, 3, 4, 5, 6}) {
        auto url = server.make_database();
        put_noted_journal(*open_store(url));
        pqxx::connection db{url};
        pqxx::nontransaction before{db};
        before.exec("ALTER TABLE usher.node DROP COLUMN figures; ALTER TABLE usher.cluster DROP COLUMN rebalances");
        if (version < 6)
          before.exec("ALTER TABLE usher.event DROP COLUMN gatherer");
        if (version < 5)
          before.exec("DROP FUNCTION usher.end_locker");
        if (version < 4)
          before.exec("DROP TABLE usher.cluster, usher.node, usher.cut, usher.draft;"
                      "DROP FUNCTION usher.end_sessions, usher.end_member, usher.end_node, usher.join_members;"
                      "ALTER TABLE usher.event DROP COLUMN revision");
        if (version < 3)
          before.exec("ALTER TABLE usher.event DROP COLUMN supplement");
        if (version < 2)
          before.exec("DROP TABLE usher.journal_end");
        before.exec("UPDATE usher.schema_version SET version = " + std::to_string(version));
        check_upgraded(*open_store(url));
      }
    }
  }
}

SCENARIO("a database in another encoding than UTF8 is refused with a sentence that says how to make one") {
  GIVEN("databases that keep text in other ways, and a process that would have them do so") {
    auto url = server.make_database();
    pqxx::connection db{url};
    for (const std::string encoding : {"EUC_JP", "LATIN1", "SQL_ASCII", "MULE_INTERNAL"}) {
      auto name = "in_" + encoding;
      pqxx::nontransaction{db}.exec("CREATE DATABASE \"" + name + "\" TEMPLATE template0 ENCODING '" + encoding
                                    + "' LC_COLLATE 'C' LC_CTYPE 'C'");
      auto other = url.substr(0, url.rfind('/') + 1) + name;
      try {
        (void)open_store(other);
        FAIL("a database in " << encoding << " was accepted");
      } catch (const store_broken& error) {
        std::string sentence = error.what();
        CHECK_NE(sentence.find(name + " has the encoding " + encoding), std::string::npos);
        CHECK_NE(sentence.find("createdb --template=template0 --encoding=UTF8"), std::string::npos);
      }
    }
  }
}

SCENARIO("a pooler that changes sessions between transactions is refused with a sentence that says what to do") {
  GIVEN("a database whose first answer seems to come from another session than the next") {
    auto url = server.make_database();
    pqxx::connection db{url};
    pqxx::nontransaction set{db};
    set.exec("CREATE SCHEMA pooler;"
             "CREATE FUNCTION pooler.pg_backend_pid() RETURNS int LANGUAGE sql AS 'SELECT 0'");
    auto name = url.substr(url.rfind('/') + 1);
    set.exec("ALTER DATABASE " + set.quote_name(name) + " SET search_path TO pooler, pg_catalog");
    try {
      (void)open_store(url);
      FAIL("a pooler was accepted");
    } catch (const store_broken& error) {
      CHECK_NE(std::string{error.what()}.find("pool_mode = session"), std::string::npos);
    }
    THEN("a session that stays the same is accepted") {
      set.exec("DROP SCHEMA pooler CASCADE");
      CHECK(open_store(url)->events().empty());
    }
  }
}

SCENARIO("text goes in and out as it is, whatever encoding the process's environment and the url ask for") {
  GIVEN("an environment and urls that ask for another one, or for nonsense") {
    const stored_event event{rock, "{\"name\": \"Зал ★ 劇場\"}"};
    auto url = server.make_database();
    for (const char* asked : {"LATIN1", "EUC_JP", "nonsense"}) {
      ::setenv("PGCLIENTENCODING", asked, 1);
      for (const auto& way : {url, url + "?client_encoding=LATIN1"}) {
        auto store = open_store(way);
        store->add_event(event, 1);
        CHECK((store->events() == std::vector{event}));
      }
    }
    ::unsetenv("PGCLIENTENCODING");
  }
}

SCENARIO("what the database cannot keep is refused, and costs nothing else") {
  GIVEN("a plan that is no text, and one whose event has too long a name") {
    auto url = server.make_database();
    auto store = open_store(url);
    CHECK_THROWS_AS((void)store->add_event({rock, "\xff\xfe"}, 1), data_refused);
    CHECK_THROWS_AS((void)store->add_event({domain::event_id{std::string(100'000, 'x') + "\xff"}, "{}"}, 1),
                    data_refused);
    THEN("the same connection takes the next one") {
      CHECK(store->add_event({rock, "{}"}, 1));
      auto mine = store->claim(section_shard(0), "test", std::nullopt)->epoch;
      CHECK((append_one(*store, mine, 1) == std::vector{append_result::written}));
    }
  }
}

SCENARIO("a session that the server ends, or that forgets what was prepared, is made anew") {
  GIVEN("a connection that has prepared a statement") {
    constexpr postgres::prepared one{"one", "SELECT 1"};
    auto url = server.make_database();
    postgres::connection db{url};
    CHECK_EQ(db.run(one).one_field().as<int>(), 1);
    WHEN("the statement is gone, as behind a pooler") {
      db.in_transaction([](postgres::session& all) { all.script("DEALLOCATE ALL"); });
      CHECK_THROWS_AS((void)db.run(one), store_unavailable);
      THEN("the next call prepares it again") {
        CHECK_EQ(db.run(one).one_field().as<int>(), 1);
      }
    }
  }
  GIVEN("a process that stands still in the middle of a transaction") {
    constexpr postgres::prepared one{"one", "SELECT 1"};
    auto url = server.make_database();
    postgres::connection db{url};
    pqxx::connection watcher{url};
    auto stand_still = [&](postgres::session& all) {
      all.script("SET idle_in_transaction_session_timeout TO '50ms'");
      pqxx::nontransaction look{watcher};
      while (look.exec("SELECT 1 FROM pg_stat_activity WHERE application_name = 'usher'").size() > 0)
        std::this_thread::yield();
      all.run(one);
    };
    CHECK_THROWS_AS(db.in_transaction(stand_still), store_unavailable);
    THEN("the next call works") {
      CHECK_EQ(db.run(one).one_field().as<int>(), 1);
    }
  }
}

SCENARIO("a journal that lacks facts is not gone on with") {
  GIVEN("three facts, and a keeper who has looked at them") {
    THEN("neither the newest nor one between may be missing") {
      for (const auto* lost : {"DELETE FROM usher.journal WHERE seq = 3", "DELETE FROM usher.journal WHERE seq = 2"}) {
        auto url = server.make_database();
        auto store = open_store(url);
        put_noted_journal(*store);
        pqxx::connection db{url};
        pqxx::nontransaction{db}.exec(lost);
        CHECK_THROWS_AS((void)store->claim(section_shard(0), "next", std::nullopt), store_broken);
      }
    }
  }
}

SCENARIO("a server that is killed while facts are written loses nothing that it acknowledged") {
  GIVEN("a writer that never pauses") {
    auto url = server.make_database();
    auto store = open_store(url);
    store->add_event({rock, "{}"}, 1);
    auto mine = store->claim(section_shard(0), "test", std::nullopt)->epoch;
    std::atomic<std::uint64_t> acknowledged = 0;
    std::jthread writer{[&] { write_until_failure(*store, mine, acknowledged); }};
    while (acknowledged < 50)
      std::this_thread::yield();
    WHEN("every process of the server gets SIGKILL, and it starts again") {
      server.kill();
      writer.join();
      CHECK_THROWS_AS((void)store->now(), store_unavailable);
      server.start();
      auto next = open_store(url);
      auto history = next->claim(section_shard(0), "next", std::nullopt).value();
      THEN("everything acknowledged is there, and at most the one fact beyond whose outcome was unknown") {
        CHECK_GE(history.last.value(), acknowledged.load());
        CHECK_LE(history.last.value(), acknowledged.load() + 1);
        CHECK_EQ(history.facts.size(), history.last.value());
      }
      THEN("the writer's own connection comes back and is fenced") {
        auto result = append_one(*store, mine, history.last.value() + 1);
        CHECK((result == std::vector{append_result::fenced}));
        CHECK((append_one(*next, history.epoch, history.last.value() + 1) == std::vector{append_result::written}));
      }
    }
  }
}

SCENARIO("a server that stands still is unavailable within a bound") {
  GIVEN("a store with an open connection, over TCP or over a unix socket") {
    auto url = server.make_database();
    for (const auto& way : {url, server.socket_url(url)}) {
      auto store = open_store(way);
      store->add_event({rock, "{}"}, 1);
      auto mine = store->claim(section_shard(0), "test", std::nullopt)->epoch;
      server.pause();
      auto begin = steady::now();
      CHECK_THROWS_AS((void)append_one(*store, mine, 1), store_unavailable);
      CHECK_LT((steady::now() - begin).count(), std::chrono::nanoseconds{6s}.count());
      begin = steady::now();
      CHECK_THROWS_AS((void)append_one(*store, mine, 1), store_unavailable);
      CHECK_LT((steady::now() - begin).count(), std::chrono::nanoseconds{6s}.count());
      server.resume();
      auto history = open_store(way)->claim(section_shard(0), "test", mine).value();
      auto result = append_one(*store, history.epoch, history.last.value() + 1);
      CHECK((result == std::vector{append_result::written}));
    }
  }
}

SCENARIO("a row that somebody keeps locked makes the store unavailable, not stuck") {
  GIVEN("a connection that has locked a shard and says nothing more") {
    auto url = server.make_database();
    auto store = open_store(url);
    store->add_event({rock, "{}"}, 1);
    auto mine = store->claim(section_shard(0), "test", std::nullopt)->epoch;
    pqxx::connection db{url};
    pqxx::work lock{db};
    lock.exec("SELECT * FROM usher.shard FOR UPDATE");
    WHEN("a fact of that shard is written") {
      auto begin = steady::now();
      CHECK_THROWS_AS((void)append_one(*store, mine, 1), store_unavailable);
      CHECK_LT((steady::now() - begin).count(), std::chrono::nanoseconds{6s}.count());
      THEN("it is written once the lock is gone") {
        lock.abort();
        CHECK((append_one(*store, mine, 1) == std::vector{append_result::written}));
      }
    }
  }
}

SCENARIO("whoever stands still while it claims shards and reads their histories keeps nobody waiting") {
  GIVEN("a process that does nothing else, over a history of several pages") {
    auto url = server.make_database();
    auto store = open_store(url);
    store->add_event({rock, "{}"}, 1);
    auto mine = store->claim(section_shard(0), "test", std::nullopt)->epoch;
    std::vector<journal_entry> group;
    for (std::uint64_t seq = 1; seq <= 10'000; ++seq)
      group.push_back(entry(section_shard(0), mine, seq, held(seq, {static_cast<std::uint32_t>(seq)})));
    REQUIRE((store->append(group) == std::vector(group.size(), append_result::written)));
    reading_process reader{url};
    while (owner_of(*store) != "reader")
      std::this_thread::yield();
    THEN("it can be stopped at any moment, and another one has the shard at once and writes to it") {
      auto longest = steady::duration::zero();
      for (std::uint64_t round = 1; round <= 20; ++round) {
        reader.stop();
        auto begin = steady::now();
        const wanted_shard wanted{section_shard(0)};
        mine = store->claim_shards({&wanted, 1}, "other").front().value();
        CHECK((append_one(*store, mine, 10'000 + round) == std::vector{append_result::written}));
        longest = std::max(longest, steady::now() - begin);
        reader.go_on();
        while (owner_of(*store) != "reader")
          std::this_thread::yield();
        std::this_thread::sleep_for(round * 1ms); // so that it is stopped somewhere else each time
      }
      CHECK_LT(longest.count(), std::chrono::nanoseconds{2s}.count());
    }
  }
}

SCENARIO("a claim and a group of facts for the same shards do not wait for each other") {
  GIVEN("a stranger who has the first shard locked, and a claim that waits for it") {
    auto url = server.make_database();
    auto writer = open_store(url);
    writer->add_event({rock, "{}"}, 2);
    const std::vector<wanted_shard> wanted{{section_shard(0)}, {section_shard(1)}};
    auto mine = writer->claim_shards(wanted, "writer");
    pqxx::connection db{url};
    std::optional<pqxx::work> stranger{db};
    stranger->exec("SELECT * FROM usher.shard WHERE kind = 1 AND section = 0 FOR UPDATE");
    pqxx::connection watcher{url};
    pqxx::nontransaction look{watcher};
    auto await_waiting = [&look](int count) {
      constexpr auto waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'";
      while (look.exec(waiting).one_field().as<int>() < count)
        std::this_thread::yield();
    };
    std::vector<std::optional<domain::epoch>> taken;
    std::vector<append_result> results;
    std::jthread claimer{[&] { taken = open_store(url)->claim_shards(wanted, "other"); }};
    await_waiting(1);
    std::jthread appender{[&] {
      const std::vector group{entry(section_shard(1), mine[1].value(), 1, held(1, {1})),
                              entry(section_shard(0), mine[0].value(), 1, held(2, {2}))};
      results = writer->append(group);
    }};
    await_waiting(2);
    WHEN("the stranger has gone") {
      stranger.reset();
      claimer.join();
      appender.join();
      CHECK((taken == std::vector<std::optional<domain::epoch>>(2, domain::epoch{2})));
      CHECK((results == std::vector(2, append_result::fenced)));
    }
  }
}

SCENARIO("no error shows a password") {
  GIVEN("urls with a password that lead nowhere") {
    THEN("what is thrown does not contain it") {
      for (const auto* url :
           {"postgres://usher:hush-hush@127.0.0.1:1/usher", "postgres://usher:hush-hush@:x:/usher",
            "postgres://usher:hush-hush@[::1/usher", "postgres://u@127.0.0.1:1/x?password=hush-hush&bad",
            "postgres://usher:hush%2dhush@127.0.0.1:1/usher"}) {
        std::string text;
        try {
          (void)open_store(url);
        } catch (const std::runtime_error& error) {
          text = error.what();
        }
        CHECK_NE(text, "");
        CHECK_EQ(text.find("hush"), std::string::npos);
      }
    }
  }
}

END_FIXTURE_SCOPE()
