#define CAF_SUITE persistence.sqlite

#include "persistence/store_url.hpp"
#include "tests/persistence/contract.hpp"
#include "tests/persistence/sample_facts.hpp"
#include "tests/support/temporary_folder.hpp"

#include <caf/test/bdd_dsl.hpp>

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iterator>

using namespace usher;
using namespace usher::persistence;
using namespace usher::tests;

namespace {

/// What another program does to the file.
void tamper(const std::filesystem::path& file, const char* sql) {
  sqlite3* db = nullptr;
  CHECK_EQ(sqlite3_open(file.c_str(), &db), SQLITE_OK);
  CHECK_EQ(sqlite3_exec(db, sql, nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(db);
}

std::string content_of(const std::filesystem::path& file) {
  std::ifstream bytes{file, std::ios::binary};
  return {std::istreambuf_iterator<char>{bytes}, {}};
}

std::string refusal_of(const std::string& url) {
  try {
    (void)open_store(url);
  } catch (const store_broken& error) {
    return error.what();
  }
  return "";
}

} // namespace

SCENARIO("SQLite keeps the contract of all stores") {
  GIVEN("an empty file for each clause") {
    temporary_folder folder;
    int files = 0;
    check_contract([&]() -> connector {
      auto url = "sqlite:" + (folder.path() / std::to_string(++files)).string();
      return [url] { return open_store(url); };
    });
  }
}

SCENARIO("a file of the first version keeps its facts") {
  GIVEN("a journal that lies by shard, as the first version had it") {
    temporary_folder folder;
    auto file = folder.path() / "store";
    auto url = "sqlite:" + file.string();
    {
      auto store = open_store(url);
      store->add_event({rock, "{}"}, 1);
      auto mine = store->claim(section_shard(0), "test", std::nullopt)->epoch;
      for (std::uint64_t seq = 1; seq <= 3; ++seq)
        (void)store->append(std::vector<journal_entry>{
            {section_shard(0), mine, domain::fact_seq{seq}, moment(0), held(seq, {static_cast<std::uint32_t>(seq)})}});
    }
    tamper(file, "CREATE TABLE old (shard INTEGER NOT NULL, seq INTEGER NOT NULL, epoch INTEGER NOT NULL,"
                 "  at INTEGER NOT NULL, link BLOB NOT NULL, fact BLOB NOT NULL, PRIMARY KEY (shard, seq))"
                 "  STRICT, WITHOUT ROWID;"
                 "INSERT INTO old SELECT shard, seq, epoch, at, link, fact FROM journal; DROP TABLE journal;"
                 "ALTER TABLE old RENAME TO journal;"
                 "ALTER TABLE shard DROP COLUMN last; ALTER TABLE shard DROP COLUMN newest; DROP TABLE journal_end;"
                 "ALTER TABLE event DROP COLUMN supplement;"
                 "PRAGMA user_version = 1");
    WHEN("this version opens it") {
      auto store = open_store(url);
      THEN("every fact is there, and the next one fits") {
        auto history = store->claim(section_shard(0), "test", std::nullopt);
        CHECK_EQ(history->facts.size(), 3u);
        CHECK_EQ(history->last, domain::fact_seq{3});
        auto written = store->append(std::vector<journal_entry>{
            {section_shard(0), history->epoch, domain::fact_seq{4}, moment(0), held(4, {4})}});
        CHECK(written == std::vector{append_result::written});
        std::size_t fitting = 0;
        store->examine_journal(rock, [&](const examined_entry& row) { fitting += row.chained ? 1 : 0; });
        CHECK_EQ(fitting, 4u);
      }
    }
  }
}

SCENARIO("a file of the version before keeps its events, and they may get another plan") {
  GIVEN("a file without supplements") {
    temporary_folder folder;
    auto file = folder.path() / "store";
    auto url = "sqlite:" + file.string();
    put_noted_journal(*open_store(url));
    tamper(file, "ALTER TABLE event DROP COLUMN supplement; PRAGMA user_version = 3");
    THEN("this version goes on with it") {
      check_upgraded(*open_store(url));
    }
  }
}

SCENARIO("a journal that lacks facts is not gone on with") {
  GIVEN("three facts, and a keeper who has looked at them") {
    THEN("neither the newest nor one between may be missing") {
      for (const auto* lost : {"DELETE FROM journal WHERE seq = 3", "DELETE FROM journal WHERE seq = 2"}) {
        temporary_folder folder;
        auto file = folder.path() / "store";
        auto store = open_store("sqlite:" + file.string());
        put_noted_journal(*store);
        tamper(file, lost);
        CHECK_THROWS_AS((void)store->claim(section_shard(0), "next", std::nullopt), store_broken);
      }
    }
  }
}

SCENARIO("files that are not this program's are refused with a sentence") {
  GIVEN("a folder") {
    temporary_folder folder;
    auto file = folder.path() / "store";
    auto url = "sqlite:" + file.string();
    THEN("a newer schema is refused") {
      (void)open_store(url);
      tamper(file, "PRAGMA user_version = 1000");
      CHECK_NE(refusal_of(url).find("a newer Usher has used it"), std::string::npos);
    }
    THEN("another program's database is refused") {
      auto other = folder.path() / "other";
      tamper(other, "CREATE TABLE theirs (x)");
      auto before = content_of(other);
      CHECK_NE(refusal_of("sqlite:" + other.string()).find("another program"), std::string::npos);
      CHECK(content_of(other) == before);
    }
    THEN("who only reads is refused an older schema, and does not change it") {
      auto empty = folder.path() / "empty";
      std::ofstream{empty};
      CHECK_THROWS_AS((void)open_store("sqlite:" + empty.string(), schema_upkeep::none), store_broken);
      CHECK_EQ(content_of(empty), "");
      auto ready = "sqlite:" + (folder.path() / "ready").string();
      (void)open_store(ready);
      CHECK(open_store(ready, schema_upkeep::none) != nullptr);
    }
    THEN("a file that is no database is refused") {
      auto text = folder.path() / "text";
      std::ofstream{text} << std::string(5000, 'x');
      CHECK_NE(refusal_of("sqlite:" + text.string()), "");
    }
    THEN("a folder that does not exist is refused by name") {
      CHECK_NE(refusal_of("sqlite:/nowhere/at/all").find("/nowhere/at/all"), std::string::npos);
    }
  }
}

SCENARIO("a snapshot of an earlier version is left out: the journal has all its facts") {
  GIVEN("a shard with three facts and a snapshot of two of them") {
    temporary_folder folder;
    auto file = folder.path() / "store";
    auto store = open_store("sqlite:" + file.string());
    store->add_event({rock, "{}"}, 1);
    auto mine = store->claim(section_shard(0), "test", std::nullopt)->epoch;
    std::vector<journal_entry> group{entry(section_shard(0), mine, 1, held(1, {1})),
                                     entry(section_shard(0), mine, 2, held(2, {2})),
                                     entry(section_shard(0), mine, 3, held(3, {3}))};
    (void)store->append(group);
    store->put_snapshot(section_shard(0), mine, domain::fact_seq{2}, {held(50, {1, 2})});
    REQUIRE(store->snapshot(section_shard(0)).has_value());
    WHEN("it is one that begins with how many facts it has, as they did") {
      store.reset();
      tamper(file, "UPDATE snapshot SET facts = CAST(substr(facts, 3) AS BLOB)");
      store = open_store("sqlite:" + file.string());
      auto kept = store->snapshot(section_shard(0));
      REQUIRE(kept.has_value());
      CHECK(kept->is_outdated);
      CHECK(kept->facts.empty());
      auto history = store->claim(section_shard(0), "test", mine);
      REQUIRE(history.has_value());
      CHECK(history->snapshot.empty());
      CHECK_EQ(history->facts.size(), 3u);
      THEN("the next one takes its place, even if it stands for the same facts") {
        store->put_snapshot(section_shard(0), history->epoch, domain::fact_seq{2}, {held(51, {1})});
        CHECK(!store->snapshot(section_shard(0))->is_outdated);
      }
    }
  }
  GIVEN("a snapshot of a version that nobody knows yet") {
    temporary_folder folder;
    auto file = folder.path() / "store";
    auto store = open_store("sqlite:" + file.string());
    store->add_event({rock, "{}"}, 1);
    auto mine = store->claim(section_shard(0), "test", std::nullopt)->epoch;
    std::vector<journal_entry> group{entry(section_shard(0), mine, 1, held(1, {1}))};
    (void)store->append(group);
    store->put_snapshot(section_shard(0), mine, domain::fact_seq{1}, {held(1, {1})});
    store.reset();
    tamper(file, "UPDATE snapshot SET facts = CAST(x'0009' || substr(facts, 3) AS BLOB)");
    CHECK_THROWS_AS((void)open_store("sqlite:" + file.string())->snapshot(section_shard(0)), store_broken);
  }
}

SCENARIO("a store that another process keeps locked is unavailable, not broken") {
  GIVEN("a file that somebody else is writing") {
    temporary_folder folder;
    auto file = folder.path() / "store";
    auto store = open_store("sqlite:" + file.string());
    store->add_event({rock, "{}"}, 1);
    sqlite3* other = nullptr;
    CHECK_EQ(sqlite3_open(file.c_str(), &other), SQLITE_OK);
    CHECK_EQ(sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr), SQLITE_OK);
    WHEN("it stays locked") {
      CHECK_THROWS_AS((void)store->claim(event_shard, "test", std::nullopt), store_unavailable);
      THEN("the next call works once it is free") {
        sqlite3_close(other);
        CHECK(store->claim(event_shard, "test", std::nullopt).has_value());
      }
    }
  }
}

SCENARIO("a store that is known to be there is out of reach, not broken, while the process has no files to spare") {
  GIVEN("a process that may open no more files") {
    temporary_folder folder;
    auto url = "sqlite:" + (folder.path() / "store").string();
    (void)open_store(url);
    rlimit before{};
    CHECK_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
    auto next = ::open("/dev/null", O_RDONLY);
    ::close(next);
    auto few = before;
    few.rlim_cur = static_cast<rlim_t>(next);
    CHECK_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);
    auto outcome = std::string{"opened"};
    try {
      (void)open_store(url);
    } catch (const store_unavailable&) {
      outcome = "unavailable";
    } catch (const store_broken& error) {
      outcome = error.what();
    }
    CHECK_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
    CHECK_EQ(outcome, "unavailable");
    THEN("it is there again afterwards") {
      CHECK(open_store(url) != nullptr);
    }
  }
  GIVEN("a folder in the place of the file") {
    temporary_folder folder;
    CHECK_NE(refusal_of("sqlite:" + folder.path().string()), "");
  }
}

SCENARIO("what the file cannot keep is refused, and costs nothing else") {
  GIVEN("a table that takes short plans only") {
    temporary_folder folder;
    auto file = folder.path() / "store";
    auto url = "sqlite:" + file.string();
    (void)open_store(url);
    tamper(file, "ALTER TABLE event ADD COLUMN odd INTEGER CHECK (length(plan) < 10)");
    auto store = open_store(url);
    CHECK_THROWS_AS((void)store->add_event({rock, "{\"name\": \"long\"}"}, 1), data_refused);
    CHECK(store->add_event({rock, "{}"}, 1));
  }
  GIVEN("a journal that does not take the second fact") {
    temporary_folder folder;
    auto file = folder.path() / "store";
    auto url = "sqlite:" + file.string();
    (void)open_store(url);
    tamper(file, "ALTER TABLE journal ADD COLUMN odd INTEGER CHECK (seq <> 2)");
    auto store = open_store(url);
    store->add_event({rock, "{}"}, 2);
    auto first = store->claim(section_shard(0), "test", std::nullopt)->epoch;
    auto second = store->claim(section_shard(1), "test", std::nullopt)->epoch;
    std::vector group{entry(section_shard(0), first, 1, held(1, {1})), entry(section_shard(0), first, 2, held(2, {2})),
                      entry(section_shard(1), second, 1, held(3, {3}))};
    THEN("only its own shard stops") {
      CHECK((store->append(group)
             == std::vector{append_result::written, append_result::disagreed, append_result::written}));
    }
  }
}

SCENARIO("the newest fact's moment is known") {
  GIVEN("a store without facts, and one with two") {
    temporary_folder folder;
    auto store = open_store("sqlite:" + (folder.path() / "store").string());
    CHECK(!store->newest_fact_at());
    store->add_event({rock, "{}"}, 1);
    auto mine = store->claim(section_shard(0), "test", std::nullopt)->epoch;
    std::vector group{entry(section_shard(0), mine, 1, held(1, {1})), entry(section_shard(0), mine, 2, held(2, {2}))};
    auto newest = std::max(group[0].at, group[1].at) + std::chrono::hours{1};
    group[0].at = newest;
    (void)store->append(group);
    CHECK(store->newest_fact_at() == newest);
  }
}

SCENARIO("a url that names no store says what would") {
  GIVEN("urls of other kinds") {
    THEN("they are refused") {
      for (const auto* url : {"", "sqlite:", "mysql://x", "/var/lib/usher.db", "postgres:x"})
        CHECK_NE(refusal_of(url).find("sqlite:FILE"), std::string::npos);
    }
    THEN("what may be configured is what can be opened") {
      for (const auto* url : {"", "sqlite:", "mysql://x", "/var/lib/usher.db", "postgres:x", "postgres://"})
        CHECK(!is_store_url(url));
      for (const auto* url : {"sqlite:x", "postgres://x", "postgresql://x"})
        CHECK(is_store_url(url));
      CHECK(sqlite_file_of("sqlite:a:b") == std::optional<std::string>{"a:b"});
      CHECK(!sqlite_file_of("postgres://x"));
    }
  }
}

SCENARIO("passwords stay out of what people see") {
  GIVEN("urls with passwords in all places") {
    THEN("they are blotted out and nothing else is") {
      CHECK_EQ(without_password("postgres://usher:s3cret@db:5432/usher?sslmode=require"),
               "postgres://usher:***@db:5432/usher?sslmode=require");
      CHECK_EQ(without_password("postgres://usher:a@b/c@db/usher"), "postgres://usher:***@db/usher");
      CHECK_EQ(without_password("postgres:///usher?user=u&password=p%40ss&host=/tmp"),
               "postgres:///usher?user=u&password=***&host=/tmp");
      CHECK_EQ(without_password("postgres://db:5432/usher"), "postgres://db:5432/usher");
      CHECK_EQ(without_password("sqlite:a:b@c.db"), "sqlite:a:b@c.db");
      CHECK_EQ(without_passwords_of("postgres://u:p%40s%73@db/usher", "p@ss, p%40s%73 and p@s are refused"),
               "***, *** and p@s are refused");
      CHECK_EQ(without_passwords_of("postgres://u:50%@db/usher", "50% is no escape"), "*** is no escape");
    }
  }
}
