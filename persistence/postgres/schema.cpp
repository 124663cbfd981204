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
    // 4: the nodes that share the store, and who of them cannot reach whom (persistence/coordination.hpp).
    R"sql(
      CREATE TABLE cluster (
        single  boolean PRIMARY KEY DEFAULT true CHECK (single),
        id      uuid    NOT NULL DEFAULT gen_random_uuid(),
        level   int     NOT NULL
      );
      COMMENT ON TABLE cluster IS 'One row: of the nodes that share this store.';
      INSERT INTO cluster (level) VALUES (1);

      CREATE TABLE node (
        incarnation bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        name        text        NOT NULL,
        owner       text        NOT NULL UNIQUE,
        status      text        NOT NULL CHECK (status IN ('joining', 'up', 'draining', 'left', 'dead')),
        living      boolean     NOT NULL GENERATED ALWAYS AS (status IN ('joining', 'up', 'draining')) STORED,
        beat        bigint      NOT NULL DEFAULT 0,
        beat_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
        link        text        NOT NULL,
        http        text        NOT NULL,
        release     text        NOT NULL,
        level_from  int         NOT NULL,
        level_to    int         NOT NULL,
        weight      int         NOT NULL,
        since       timestamptz NOT NULL DEFAULT clock_timestamp(),
        why         text        NOT NULL DEFAULT ''
      ) WITH (fillfactor = 50);
      COMMENT ON TABLE node IS 'One row a life of a node. It lives as long as its beat grows and nobody has ended it.';
      CREATE UNIQUE INDEX node_living ON node (name) WHERE living;

      CREATE TABLE cut (
        seen_by bigint      NOT NULL,
        other   bigint      NOT NULL,
        kind    text        NOT NULL CHECK (kind IN ('silent', 'refused')),
        beat    bigint      NOT NULL,
        since   timestamptz NOT NULL DEFAULT clock_timestamp(),
        PRIMARY KEY (seen_by, other)
      );
      COMMENT ON TABLE cut IS 'Which node cannot reach which, and the beat that the other one had when that was noted.';

      ALTER TABLE event ADD COLUMN revision bigint NOT NULL DEFAULT 0; -- of the plan and its supplement

      CREATE TABLE draft (
        token   uuid        PRIMARY KEY,
        event   text        NOT NULL,
        plan    text        NOT NULL,
        wish    bytea       NOT NULL,
        made    timestamptz NOT NULL DEFAULT clock_timestamp()
      );
      COMMENT ON TABLE draft IS 'Plans on their way to the node that is to put events on them.';

      -- Ends a node's sessions, and with them whatever locks they hold; waits a moment for each.
      CREATE FUNCTION end_sessions(it bigint) RETURNS void LANGUAGE plpgsql AS $$
      BEGIN
        PERFORM pg_terminate_backend(pid, 100) FROM pg_stat_activity
        WHERE datname = current_database() AND application_name = 'usher/' || it AND pid <> pg_backend_pid();
      EXCEPTION WHEN insufficient_privilege THEN
        NULL; -- then their locks last as long as the server lets idle transactions stand
      END $$;

      -- Ends a living node, if its beat is still the one that was seen. The caller has the members' lock.
      CREATE FUNCTION end_member(it bigint, seen_beat bigint, reason text) RETURNS boolean LANGUAGE plpgsql AS $$
      BEGIN
        -- A session of its own that stands still may have its row locked, which must not save it.
        PERFORM FROM node WHERE incarnation = it FOR UPDATE SKIP LOCKED;
        IF NOT FOUND THEN
          PERFORM end_sessions(it);
        END IF;
        UPDATE node SET status = 'dead', since = clock_timestamp(), why = reason
        WHERE incarnation = it AND living AND (seen_beat IS NULL OR beat = seen_beat);
        IF NOT FOUND THEN
          RETURN false;
        END IF;
        PERFORM end_sessions(it);
        DELETE FROM cut WHERE seen_by = it OR other = it;
        PERFORM pg_notify('usher', 'members');
        RETURN true;
      END $$;

      CREATE FUNCTION end_node(me bigint, it bigint, seen_beat bigint, reason text) RETURNS text LANGUAGE plpgsql AS $$
      DECLARE
        its_beat bigint;
      BEGIN
        PERFORM pg_advisory_xact_lock(hashtext('usher members')); -- accusers take turns
        PERFORM FROM node WHERE incarnation = me AND living;
        IF NOT FOUND THEN
          RETURN 'accuser';
        END IF;
        SELECT beat INTO its_beat FROM node WHERE incarnation = it AND living;
        IF NOT FOUND THEN
          RETURN 'gone';
        END IF;
        IF its_beat <> seen_beat OR NOT end_member(it, seen_beat, reason) THEN
          RETURN 'alive';
        END IF;
        RETURN 'ended';
      END $$;

      -- Adds a node. One without a name serves the store alone: it replaces another such node at once.
      CREATE FUNCTION join_members(its_name text, its_owner text, its_link text, its_http text, its_release text,
                                   its_from int, its_to int, its_weight int, OUT answer text, OUT which bigint)
      LANGUAGE plpgsql AS $$
      BEGIN
        PERFORM pg_advisory_xact_lock(hashtext('usher members'));
        SELECT incarnation INTO which FROM node WHERE owner = its_owner AND living;
        IF FOUND THEN
          answer := 'joined'; -- before, and the answer was lost
          RETURN;
        END IF;
        PERFORM FROM cluster WHERE level BETWEEN its_from AND its_to;
        IF NOT FOUND THEN
          answer := 'level';
          RETURN;
        END IF;
        SELECT incarnation, CASE WHEN name = its_name THEN 'name' WHEN name = '' THEN 'alone' ELSE 'cluster' END
        INTO which, answer FROM node
        WHERE living AND CASE WHEN its_name = '' THEN name <> '' ELSE name IN ('', its_name) END
        ORDER BY incarnation LIMIT 1;
        IF FOUND THEN
          RETURN;
        END IF;
        PERFORM end_member(incarnation, NULL, 'replaced by ' || its_owner) FROM node WHERE living AND name = its_name;
        INSERT INTO node (name, owner, status, link, http, release, level_from, level_to, weight)
        VALUES (its_name, its_owner, CASE WHEN its_name = '' THEN 'up' ELSE 'joining' END, its_link, its_http,
                its_release, its_from, its_to, its_weight)
        RETURNING incarnation INTO which;
        -- What was is kept for people, but not for ever.
        DELETE FROM node WHERE NOT living AND incarnation < which - 1000;
        DELETE FROM cut WHERE (SELECT count(*) FROM node WHERE incarnation IN (seen_by, other) AND living) < 2;
        PERFORM pg_notify('usher', 'members');
        answer := 'joined';
      END $$;
    )sql",
    // 5: whoever has beaten since keeps its sessions; whoever would join ends silent nodes, too.
    R"sql(
      -- Ends the session, if it is the node's own, that keeps the node's row locked although its beat is still the one
      -- that was seen.
      CREATE FUNCTION end_locker(it bigint, seen_beat bigint) RETURNS void LANGUAGE plpgsql AS $$
      BEGIN
        PERFORM pg_terminate_backend(locker.pid)
        FROM node n JOIN pg_stat_activity locker ON locker.backend_xid = n.xmax
        WHERE n.incarnation = it AND n.living AND (seen_beat IS NULL OR n.beat = seen_beat)
              AND locker.datname = current_database() AND locker.application_name = 'usher/' || it;
      EXCEPTION WHEN insufficient_privilege THEN
        NULL; -- then the lock lasts as long as the server lets idle transactions stand
      END $$;

      -- Waits for none of them: whoever calls has little time.
      CREATE OR REPLACE FUNCTION end_sessions(it bigint) RETURNS void LANGUAGE plpgsql AS $$
      BEGIN
        PERFORM pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND application_name = 'usher/' || it AND pid <> pg_backend_pid();
      EXCEPTION WHEN insufficient_privilege THEN
        NULL; -- then their locks last as long as the server lets idle transactions stand
      END $$;

      -- A row that is locked may be in the middle of a beat, which ends in less than this, and says that the node lives.
      CREATE OR REPLACE FUNCTION end_member(it bigint, seen_beat bigint, reason text) RETURNS boolean LANGUAGE plpgsql
      SET lock_timeout TO '300ms' AS $$
      BEGIN
        BEGIN
          PERFORM FROM node WHERE incarnation = it FOR UPDATE;
        EXCEPTION WHEN lock_not_available THEN
          PERFORM end_locker(it, seen_beat); -- a session of its own that stands still must not save it
        END;
        UPDATE node SET status = 'dead', since = clock_timestamp(), why = reason
        WHERE incarnation = it AND living AND (seen_beat IS NULL OR beat = seen_beat);
        IF NOT FOUND THEN
          RETURN false;
        END IF;
        PERFORM end_sessions(it);
        DELETE FROM cut WHERE seen_by = it OR other = it;
        PERFORM pg_notify('usher', 'members');
        RETURN true;
      END $$;

      -- Without `me`, the accuser is about to join.
      CREATE OR REPLACE FUNCTION end_node(me bigint, it bigint, seen_beat bigint, reason text) RETURNS text
      LANGUAGE plpgsql AS $$
      DECLARE
        its_beat bigint;
      BEGIN
        PERFORM pg_advisory_xact_lock(hashtext('usher members')); -- accusers take turns
        IF me IS NOT NULL AND NOT EXISTS (SELECT FROM node WHERE incarnation = me AND living) THEN
          RETURN 'accuser';
        END IF;
        SELECT beat INTO its_beat FROM node WHERE incarnation = it AND living;
        IF NOT FOUND THEN
          RETURN 'gone';
        END IF;
        IF its_beat <> seen_beat OR NOT end_member(it, seen_beat, reason) THEN
          RETURN 'alive';
        END IF;
        RETURN 'ended';
      END $$;
    )sql",
    // 6: a node brings all shards of an event together before it replaces the event's plan.
    R"sql(
      ALTER TABLE event ADD COLUMN gatherer bigint NOT NULL DEFAULT 0;
      COMMENT ON COLUMN event.gatherer IS 'To this node all its shards belong for now, if it is up; 0: to nobody.';
    )sql",
    // 7: what operators see of each node, and their wish that every shard move to its place.
    R"sql(
      ALTER TABLE node ADD COLUMN figures text NOT NULL DEFAULT '';
      COMMENT ON COLUMN node.figures IS 'What the node said of itself with its latest beat, for people.';
      ALTER TABLE cluster ADD COLUMN rebalances bigint NOT NULL DEFAULT 0;
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
