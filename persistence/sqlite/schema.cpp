#include "persistence/sqlite/schema.hpp"

#include "persistence/schema_version.hpp"

#include <array>

namespace usher::persistence::sqlite {
namespace {

/// Marks a file as Usher's ("Ushr"), in the header field that SQLite has for this.
constexpr std::int64_t application_id = 0x55736872;

/// The numbered migrations, from 1. They have run on somebody's file: only ever append.
constexpr std::array migrations{
    // 1: everything
    R"sql(
      CREATE TABLE event (
        number  INTEGER PRIMARY KEY,
        id      TEXT    NOT NULL UNIQUE,
        plan    TEXT    NOT NULL
      ) STRICT;

      CREATE TABLE shard (
        number  INTEGER PRIMARY KEY,
        event   INTEGER NOT NULL REFERENCES event,
        kind    INTEGER NOT NULL,
        section INTEGER NOT NULL,
        epoch   INTEGER NOT NULL DEFAULT 0,
        owner   TEXT    NOT NULL DEFAULT '',
        UNIQUE (event, kind, section)
      ) STRICT;

      -- One row a fact, and nothing else is true. `shard` is a number to keep the rows small.
      CREATE TABLE journal (
        shard   INTEGER NOT NULL,
        seq     INTEGER NOT NULL,
        epoch   INTEGER NOT NULL,
        at      INTEGER NOT NULL,
        link    BLOB    NOT NULL,
        fact    BLOB    NOT NULL,
        PRIMARY KEY (shard, seq)
      ) STRICT, WITHOUT ROWID;

      CREATE TABLE snapshot (
        shard   INTEGER PRIMARY KEY REFERENCES shard,
        epoch   INTEGER NOT NULL,
        upto    INTEGER NOT NULL,
        facts   BLOB    NOT NULL
      ) STRICT;

      -- The second guard of sales: one row a seat that was ever sold.
      CREATE TABLE sold_seat (
        event    INTEGER NOT NULL,
        section  INTEGER NOT NULL,
        seat     INTEGER NOT NULL,
        version  INTEGER NOT NULL,
        sold     INTEGER NOT NULL,
        order_id BLOB    NOT NULL,
        buyer    BLOB    NOT NULL,
        price    INTEGER NOT NULL,
        PRIMARY KEY (event, section, seat)
      ) STRICT, WITHOUT ROWID;

      CREATE TABLE orders (
        event    INTEGER NOT NULL,
        order_id BLOB    NOT NULL,
        hold_id  BLOB    NOT NULL,
        buyer    BLOB    NOT NULL,
        state    INTEGER NOT NULL,
        total    INTEGER NOT NULL,
        PRIMARY KEY (event, order_id)
      ) STRICT, WITHOUT ROWID;

      CREATE TABLE secret (
        name    TEXT PRIMARY KEY,
        value   BLOB NOT NULL
      ) STRICT;
    )sql",
    // 2: facts are stored in the order in which they were written, all shards' together. So a group fills one page
    // after another; only the small entries of the index still go to a page of each shard.
    R"sql(
      ALTER TABLE journal RENAME TO journal_by_shard;
      CREATE TABLE journal (
        shard   INTEGER NOT NULL,
        seq     INTEGER NOT NULL,
        epoch   INTEGER NOT NULL,
        at      INTEGER NOT NULL,
        link    BLOB    NOT NULL,
        fact    BLOB    NOT NULL,
        UNIQUE (shard, seq)
      ) STRICT;
      INSERT INTO journal (shard, seq, epoch, at, link, fact)
        SELECT shard, seq, epoch, at, link, fact FROM journal_by_shard ORDER BY shard, seq;
      DROP TABLE journal_by_shard;
    )sql",
    // 3: no index at all; it cost one 4 KiB page per shard and group. Each fact names the row of its shard's previous
    // fact, and the shard names the row of its newest, as of `journal_end`: a history is read backwards from there.
    // Rows after that end are scanned before anybody needs them (journal_ends.hpp).
    R"sql(
      ALTER TABLE shard ADD COLUMN last   INTEGER NOT NULL DEFAULT 0; -- the newest fact's sequence number
      ALTER TABLE shard ADD COLUMN newest INTEGER NOT NULL DEFAULT 0; -- and its row
      ALTER TABLE journal RENAME TO journal_with_index;
      CREATE TABLE journal (
        number   INTEGER PRIMARY KEY,
        previous INTEGER NOT NULL, -- 0 for a shard's first fact
        shard    INTEGER NOT NULL,
        seq      INTEGER NOT NULL,
        epoch    INTEGER NOT NULL,
        at       INTEGER NOT NULL,
        link     BLOB    NOT NULL,
        fact     BLOB    NOT NULL
      ) STRICT;
      INSERT INTO journal (number, previous, shard, seq, epoch, at, link, fact)
        SELECT rowid, lag(rowid, 1, 0) OVER (PARTITION BY shard ORDER BY seq), shard, seq, epoch, at, link, fact
        FROM journal_with_index ORDER BY rowid;
      DROP TABLE journal_with_index;
      -- One row: up to this row of the journal, `last` and `newest` of all shards are true.
      CREATE TABLE journal_end (number INTEGER NOT NULL) STRICT;
      INSERT INTO journal_end VALUES (0);
    )sql",
    // 4: a plan put in place in the middle of a sale says which numbers its places have, and which settings came with
    // it.
    R"sql(
      ALTER TABLE event ADD COLUMN supplement BLOB NOT NULL DEFAULT x'';
    )sql",
};

std::int64_t first_number(connection& db, const char* sql) {
  statement query{db, sql};
  auto row = query.rows();
  row.next();
  return row.number(0);
}

} // namespace

void prepare(connection& db, schema_upkeep upkeep) {
  // Another program's file must stay as it is, so this comes before anything is changed. It is asked at once: between
  // two questions another process of ours may make the tables.
  if (first_number(db, ("SELECT (SELECT application_id FROM pragma_application_id) <> " + std::to_string(application_id)
                        + " AND ((SELECT user_version FROM pragma_user_version) <> 0"
                          " OR EXISTS (SELECT 1 FROM sqlite_schema))")
                           .c_str())
      != 0)
    throw store_broken("this SQLite file belongs to another program");
  auto newest = static_cast<std::int64_t>(migrations.size());
  if (upkeep == schema_upkeep::none)
    return refuse_another(first_number(db, "PRAGMA user_version"), newest);
  db.use_write_ahead_log();
  transaction change{db};
  auto version = first_number(db, "PRAGMA user_version");
  if (version >= newest)
    return refuse_another(version, newest);
  for (auto next = version; next < newest; ++next)
    db.run(migrations[static_cast<std::size_t>(next)]);
  db.run(("PRAGMA user_version = " + std::to_string(newest)).c_str());
  db.run(("PRAGMA application_id = " + std::to_string(application_id)).c_str());
  change.commit();
}

} // namespace usher::persistence::sqlite
