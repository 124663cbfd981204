#include "persistence/postgres/schema.hpp"

#include "persistence/schema_version.hpp"

#include <pqxx/pqxx>

#include <array>

namespace usher::persistence::postgres {
namespace {

/// The numbered migrations, from 1. They have run on somebody's database: only ever append.
constexpr std::array migrations{
    // 1: everything
    R"sql(
      CREATE TABLE event (
        number  int    GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        id      text   NOT NULL UNIQUE,
        plan    text   NOT NULL
      );

      CREATE TABLE shard (
        number  int      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        event   int      NOT NULL REFERENCES event,
        kind    smallint NOT NULL,
        section int      NOT NULL,
        epoch   bigint   NOT NULL DEFAULT 0,
        owner   text     NOT NULL DEFAULT '',
        UNIQUE (event, kind, section)
      ) WITH (fillfactor = 50);
      COMMENT ON TABLE shard IS 'Who owns what. A fact is written only under the present epoch.';

      CREATE TABLE journal (
        shard   int      NOT NULL,
        seq     bigint   NOT NULL,
        epoch   bigint   NOT NULL,
        at      bigint   NOT NULL,
        link    bytea    NOT NULL,
        fact    bytea    NOT NULL,
        CONSTRAINT journal_pkey PRIMARY KEY (shard, seq)
      );
      COMMENT ON TABLE journal IS 'One row a fact, and nothing else is true. Times are microseconds since 1970.';

      CREATE TABLE snapshot (
        shard   int      PRIMARY KEY REFERENCES shard,
        epoch   bigint   NOT NULL,
        upto    bigint   NOT NULL,
        facts   bytea    NOT NULL
      );

      CREATE TABLE sold_seat (
        event    int     NOT NULL,
        section  int     NOT NULL,
        seat     bigint  NOT NULL,
        version  bigint  NOT NULL,
        sold     boolean NOT NULL,
        order_id uuid    NOT NULL,
        buyer    bytea   NOT NULL,
        price    bigint  NOT NULL,
        CONSTRAINT sold_seat_pkey PRIMARY KEY (event, section, seat)
      );
      COMMENT ON TABLE sold_seat IS 'The second guard of sales: one row a seat that was ever sold.';

      CREATE TABLE orders (
        event    int      NOT NULL,
        order_id uuid     NOT NULL,
        hold_id  uuid     NOT NULL,
        buyer    bytea    NOT NULL,
        state    smallint NOT NULL,
        total    bigint   NOT NULL,
        CONSTRAINT orders_pkey PRIMARY KEY (event, order_id)
      ) WITH (fillfactor = 80);

      CREATE TABLE secret (
        name    text  PRIMARY KEY,
        value   bytea NOT NULL
      );

      -- Lets a statement take back everything it has written.
      CREATE FUNCTION ensure_agreement(agreed boolean) RETURNS boolean LANGUAGE plpgsql AS $$
      BEGIN
        IF NOT agreed THEN
          RAISE EXCEPTION 'the tables contradict the fact' USING ERRCODE = 'US001';
        END IF;
        RETURN true;
      END $$;
    )sql",
    // 2: how far the journals were seen to reach. A table of its own: appenders hold shared locks on the shards' rows,
    // and would have to wait for whoever writes them.
    R"sql(
      CREATE TABLE journal_end (
        shard   int    PRIMARY KEY REFERENCES shard,
        last    bigint NOT NULL
      ) WITH (fillfactor = 50);
      COMMENT ON TABLE journal_end IS 'A journal that ends before this fact has lost its newest ones.';
    )sql",
    // 3: a plan put in place in the middle of a sale says which numbers its places have, and which settings came with
    // it.
    R"sql(
      ALTER TABLE event ADD COLUMN supplement bytea NOT NULL DEFAULT '';
    )sql",
};

constexpr prepared take_turns{"take_turns", "SELECT pg_advisory_xact_lock(hashtext('usher schema'))"};
constexpr prepared has_schema{"has_schema", "SELECT to_regclass('usher.schema_version') IS NOT NULL"};
constexpr prepared read_version{"read_version", "SELECT version FROM usher.schema_version"};
constexpr const char* make_schema = R"sql(
  CREATE SCHEMA IF NOT EXISTS usher;
  CREATE TABLE usher.schema_version (version int NOT NULL);
  INSERT INTO usher.schema_version VALUES (0);
)sql";

} // namespace

void prepare(connection& db, schema_upkeep upkeep) {
  db.in_transaction([upkeep](session& all) {
    all.run(take_turns);
    int newest = static_cast<int>(migrations.size());
    int version = 0;
    if (all.run(has_schema).one_field().as<bool>())
      version = all.run(read_version).one_field().as<int>();
    else if (upkeep == schema_upkeep::migrate)
      all.script(make_schema);
    if (version >= newest || upkeep == schema_upkeep::none)
      return refuse_another(version, newest);
    for (int next = version; next < newest; ++next)
      all.script(migrations[static_cast<std::size_t>(next)]);
    all.script("UPDATE usher.schema_version SET version = " + std::to_string(newest));
  });
}

} // namespace usher::persistence::postgres
