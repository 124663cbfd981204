#include "persistence/postgres/coordination.hpp"

#include "domain/ensure.hpp"
#include "persistence/id_bytes.hpp"
#include "persistence/postgres/arguments.hpp"
#include "persistence/postgres/connection.hpp"
#include "persistence/postgres/schema.hpp"

#include <pqxx/pqxx>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace usher::persistence::postgres {
namespace {

using namespace std::chrono_literals;

/// A second is how long a beat may take, or a claim that is to be served from soon.
const connection_settings patience{.connect = 1s, .statement = 900ms, .answer = 1'000ms, .lock = 500ms};

// ---- who is alive ----

constexpr prepared join_members{"join_members", R"sql(
  SELECT answer, which FROM join_members($1::text, $2::text, $3::text, $4::text, $5::text, $6::int, $7::int, $8::int)
)sql"};
constexpr prepared count_beat{"count_beat", R"sql(
  UPDATE node SET beat = beat + 1, beat_at = clock_timestamp(), figures = $2::text
  WHERE incarnation = $1::bigint AND living
  RETURNING status, beat, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint
)sql"};
constexpr auto member_columns = R"sql(
  SELECT n.incarnation, n.name, n.owner, n.link, n.http, n.release, n.level_from, n.level_to, n.weight, n.status, n.beat,
         (extract(epoch FROM n.since) * 1000000)::bigint, n.why, (extract(epoch FROM n.beat_at) * 1000000)::bigint,
         n.figures
)sql";
constexpr prepared list_members{"list_members", member_columns, R"sql(
         , c.other, c.kind, c.beat, (extract(epoch FROM c.since) * 1000000)::bigint,
         (extract(epoch FROM clock_timestamp()) * 1000000)::bigint, (SELECT rebalances FROM cluster)
  FROM node n LEFT JOIN (cut c JOIN node other ON other.incarnation = c.other AND other.living)
              ON c.seen_by = n.incarnation
  WHERE n.living ORDER BY n.incarnation, c.other
)sql"};
constexpr prepared find_member{"find_member", member_columns, "FROM node n WHERE n.incarnation = $1::bigint"};
constexpr prepared move_member{"move_member", R"sql(
  WITH moved AS (
    UPDATE node SET status = $2::text, since = clock_timestamp()
    WHERE incarnation = $1::bigint AND living
          AND ($2::text = 'left' OR (status, $2::text) IN (('joining', 'up'), ('up', 'draining'), ('draining', 'up')))
    RETURNING incarnation
  ), lifted AS (
    DELETE FROM cut USING moved WHERE $2::text = 'left' AND moved.incarnation IN (cut.seen_by, cut.other)
  )
  SELECT pg_notify('usher', 'members') FROM moved
)sql"};
constexpr prepared add_cut{"add_cut", R"sql(
  WITH noted AS (
    INSERT INTO cut (seen_by, other, kind, beat)
    SELECT me.incarnation, it.incarnation, $3::text, it.beat FROM node me, node it
    WHERE me.incarnation = $1::bigint AND me.living AND it.incarnation = $2::bigint AND it.living AND me.incarnation <> it.incarnation
    ON CONFLICT (seen_by, other) DO UPDATE SET kind = excluded.kind WHERE cut.kind <> excluded.kind
    RETURNING 1
  )
  SELECT pg_notify('usher', 'members') FROM noted
)sql"};
constexpr prepared remove_cut{"remove_cut", R"sql(
  WITH lifted AS (DELETE FROM cut WHERE seen_by = $1::bigint AND other = $2::bigint RETURNING 1)
  SELECT pg_notify('usher', 'members') FROM lifted
)sql"};
constexpr prepared end_member{"end_member", "SELECT end_node($1::bigint, $2::bigint, $3::bigint, $4::text)"};
constexpr prepared end_silent_member{"end_silent_member", "SELECT end_node(NULL, $1::bigint, $2::bigint, $3::text)"};
constexpr prepared read_cluster{"read_cluster", "SELECT id::text, level FROM cluster"};

// ---- who owns what ----

// What a session that stands still has locked is passed over, so that it delays nobody's other shards.
constexpr prepared claim_free{"claim_free", named_shards, R"sql(
  , mine AS MATERIALIZED (
    SELECT owner, status = 'up' AS may_take FROM node WHERE incarnation = $5::bigint AND status IN ('up', 'draining')
  ), free AS MATERIALIZED (
    SELECT s.number, named.place FROM named JOIN shard s ON s.number = named.number AND s.epoch = named.epoch
    CROSS JOIN mine
    WHERE s.owner = mine.owner
          OR mine.may_take AND NOT EXISTS (SELECT FROM node o WHERE o.owner = s.owner AND o.living)
    ORDER BY s.number FOR UPDATE OF s SKIP LOCKED
  )
  UPDATE shard s SET epoch = s.epoch + 1, owner = mine.owner FROM free, mine WHERE s.number = free.number
  RETURNING free.place, s.epoch
)sql"};
constexpr prepared give_shard{"give_shard", R"sql(
  WITH given AS (
    UPDATE shard s SET epoch = s.epoch + 1, owner = taker.owner FROM event e, node taker, node giver
    WHERE e.id = $1::text AND s.event = e.number AND s.kind = $2::int AND s.section = $3::int AND s.epoch = $4::bigint
          AND giver.incarnation = $5::bigint AND giver.living AND s.owner = giver.owner
          AND taker.incarnation = $6::bigint AND taker.status = 'up' AND taker.owner <> giver.owner
    RETURNING s.epoch
  )
  SELECT epoch, pg_notify('usher', 'shards') FROM given
)sql"};

constexpr prepared list_owners{"list_owners", R"sql(
  SELECT e.id, s.kind, s.owner, count(*) FROM event e JOIN shard s ON s.event = e.number
  GROUP BY e.id, s.kind, s.owner ORDER BY e.id, s.kind, s.owner
)sql"};
constexpr prepared count_rebalance{"count_rebalance", R"sql(
  WITH asked AS (UPDATE cluster SET rebalances = rebalances + 1 RETURNING 1)
  SELECT pg_notify('usher', 'members') FROM asked
)sql"};

// ---- events ----

constexpr prepared list_shared_events{"list_shared_events", "SELECT id, revision, gatherer FROM event ORDER BY number"};
constexpr prepared gather_event{"gather_event", R"sql(
  WITH gathered AS (
    UPDATE event e SET gatherer = me.incarnation FROM node me, shard s
    WHERE e.id = $2::text AND me.incarnation = $1::bigint AND me.status = 'up'
          AND s.event = e.number AND s.kind = 0 AND s.owner = me.owner AND s.epoch = $3::bigint
    RETURNING 1
  )
  SELECT pg_notify('usher', 'shards') FROM gathered
)sql"};
constexpr prepared let_event_go{"let_event_go", R"sql(
  WITH let_go AS (
    UPDATE event SET gatherer = 0 WHERE id = $2::text AND gatherer = $1::bigint RETURNING 1
  )
  SELECT pg_notify('usher', 'shards') FROM let_go
)sql"};
constexpr prepared add_draft{"add_draft", R"sql(
  WITH old AS (DELETE FROM draft WHERE made < clock_timestamp() - interval '1 day')
  INSERT INTO draft (token, event, plan, wish) VALUES ($1::uuid, $2::text, $3::text, $4::bytea)
  ON CONFLICT (token) DO NOTHING
)sql"};
constexpr prepared find_draft{"find_draft", "SELECT event, plan, wish FROM draft WHERE token = $1::uuid"};
constexpr prepared remove_draft{"remove_draft", "DELETE FROM draft WHERE token = $1::uuid"};

// ---- words in the tables ----

constexpr std::array<std::string_view, 5> statuses{"joining", "up", "draining", "left", "dead"};
constexpr std::array<std::string_view, 2> cut_kinds{"silent", "refused"};
constexpr std::array<std::string_view, 4> obstacles{"name", "alone", "cluster", "level"};
constexpr std::array<std::string_view, 4> end_answers{"ended", "alive", "gone", "accuser"};

template <class Enumeration, std::size_t Count>
Enumeration read_word(const std::array<std::string_view, Count>& words, const pqxx::field& field) {
  auto found = std::find(words.begin(), words.end(), field.view());
  if (found == words.end())
    throw store_broken("a word in the store is unknown: " + field.as<std::string>());
  return static_cast<Enumeration>(found - words.begin());
}

template <class Enumeration, std::size_t Count>
pqxx::bytes_view word(const std::array<std::string_view, Count>& words, Enumeration value) {
  return as_bytes(words.at(static_cast<std::size_t>(value)));
}

member member_in(const pqxx::row& row) {
  member it;
  it.number = to_number<incarnation>(row[0]);
  it.card = {row[1].as<std::string>(),   row[2].as<std::string>(),  row[3].as<std::string>(),
             row[4].as<std::string>(),   row[5].as<std::string>(),  row[6].as<std::uint32_t>(),
             row[7].as<std::uint32_t>(), row[8].as<std::uint32_t>()};
  it.status = read_word<node_status>(statuses, row[9]);
  it.beat = narrowed<std::uint64_t>(row[10].as<std::int64_t>());
  it.since = to_instant(row[11]);
  it.why = row[12].as<std::string>();
  it.beaten = to_instant(row[13]);
  it.figures = row[14].as<std::string>();
  return it;
}

/// What others wrote into the channel; anything unknown is nobody's news.
void add_to(store_news& news, std::string_view payload) {
  constexpr std::string_view of_event = "event ";
  if (payload == "members")
    news.members = true;
  else if (payload == "shards")
    news.shards = true;
  else if (payload.starts_with(of_event) && domain::is_event_id(payload.substr(of_event.size())))
    news.events.emplace(std::string{payload.substr(of_event.size())});
}

class coordinator final : public coordination {
public:
  coordinator(const std::string& url, schema_upkeep upkeep) : db_(url, patience) {
    connection patient{url}; // a migration may take longer
    prepare(patient, upkeep);
  }

  std::variant<incarnation, join_refused> join(const node_card& card) override {
    auto row = db_.run(join_members,
                       {as_bytes(card.name), as_bytes(card.owner), as_bytes(card.link), as_bytes(card.http),
                        as_bytes(card.release), number(card.level_from), number(card.level_to), number(card.weight)})
                   .one_row();
    if (row[0].view() == "joined") {
      auto me = to_number<incarnation>(row[1]);
      act_for(me);
      return me;
    }
    join_refused refused{read_word<join_obstacle>(obstacles, row[0])};
    if (!row[1].is_null())
      refused.in_the_way = find(to_number<incarnation>(row[1]));
    return refused;
  }

  void act_for(incarnation me) override { db_.rename(session_of(me)); }

  std::optional<counted_beat> beat(incarnation me, std::string_view figures) override {
    auto kept = figures.size() <= figures_bytes_max ? figures : std::string_view{};
    auto rows = db_.run(count_beat, {number(me.value()), as_bytes(kept)});
    if (rows.empty())
      return std::nullopt;
    auto row = rows.front();
    return counted_beat{read_word<node_status>(statuses, row[0]), narrowed<std::uint64_t>(row[1].as<std::int64_t>()),
                        to_instant(row[2])};
  }

  membership members() override {
    membership all;
    for (const auto& row : db_.run(list_members)) {
      auto it = to_number<incarnation>(row[0]);
      if (all.members.empty() || all.members.back().number != it)
        all.members.push_back(member_in(row));
      if (!row[15].is_null())
        all.cuts.push_back({it, to_number<incarnation>(row[15]), read_word<cut_kind>(cut_kinds, row[16]),
                            narrowed<std::uint64_t>(row[17].as<std::int64_t>()), to_instant(row[18])});
      all.now = to_instant(row[19]);
      all.rebalances = narrowed<std::uint64_t>(row[20].as<std::int64_t>());
    }
    return all;
  }

  std::optional<member> find(incarnation it) override {
    auto rows = db_.run(find_member, {number(it.value())});
    return rows.empty() ? std::nullopt : std::optional{member_in(rows.front())};
  }

  bool change_status(incarnation it, node_status to) override {
    domain::ensure(to != node_status::joining && to != node_status::dead, "a node is born joining, and dies by others");
    return !db_.run(move_member, {number(it.value()), word(statuses, to)}).empty();
  }

  void note_cut(incarnation me, incarnation other, cut_kind kind) override {
    db_.run(add_cut, {number(me.value()), number(other.value()), word(cut_kinds, kind)});
  }

  void lift_cut(incarnation me, incarnation other) override {
    db_.run(remove_cut, {number(me.value()), number(other.value())});
  }

  end_answer end_node(incarnation me, incarnation it, std::uint64_t seen_beat, std::string_view why) override {
    auto answer =
        db_.run(end_member, {number(me.value()), number(it.value()), number(seen_beat), as_bytes(why)}).one_field();
    return read_word<end_answer>(end_answers, answer);
  }

  end_answer end_silent(incarnation it, std::uint64_t seen_beat, std::string_view why) override {
    auto answer = db_.run(end_silent_member, {number(it.value()), number(seen_beat), as_bytes(why)}).one_field();
    return read_word<end_answer>(end_answers, answer);
  }

  cluster_card cluster() override {
    auto row = db_.run(read_cluster).one_row();
    return {row[0].as<std::string>(), row[1].as<std::uint32_t>()};
  }

  std::vector<std::optional<domain::epoch>> claim(incarnation me, std::span<const owned_shard> seen) override {
    std::vector<std::optional<domain::epoch>> taken;
    for_each_part(seen, shards_a_claim, [&](auto part) {
      auto first = taken.size();
      taken.resize(first + part.size());
      shard_list list;
      for (const auto& one : part)
        list.add(one.shard, number(one.epoch.value()));
      auto arguments = list.arguments();
      arguments.append(number(me.value()));
      for (const auto& row : db_.run(claim_free, arguments))
        taken.at(first + place_in(row)) = to_number<domain::epoch>(row[1]);
    });
    return taken;
  }

  std::optional<domain::epoch> give(incarnation me, const owned_shard& shard, incarnation taker) override {
    auto rows = db_.run(give_shard, {as_bytes(shard.shard.event.value()), static_cast<int>(shard.shard.kind),
                                     static_cast<int>(shard.shard.section.value()), number(shard.epoch.value()),
                                     number(me.value()), number(taker.value())});
    return rows.empty() ? std::nullopt : std::optional{to_number<domain::epoch>(rows.front()[0])};
  }

  std::vector<owned_shards> owners() override {
    std::vector<owned_shards> all;
    for (const auto& row : db_.run(list_owners))
      all.push_back({domain::event_id{row[0].as<std::string>()}, static_cast<domain::shard_kind>(row[1].as<int>()),
                     row[2].as<std::string>(), narrowed<std::size_t>(row[3].as<std::int64_t>())});
    return all;
  }

  void rebalance() override { db_.run(count_rebalance); }

  std::vector<shared_event> shared_events() override {
    std::vector<shared_event> all;
    for (const auto& row : db_.run(list_shared_events))
      all.push_back({domain::event_id{row[0].as<std::string>()}, narrowed<std::uint64_t>(row[1].as<std::int64_t>()),
                     to_number<incarnation>(row[2])});
    return all;
  }

  bool gather(incarnation me, const domain::event_id& event, domain::epoch own) override {
    return !db_.run(gather_event, {number(me.value()), as_bytes(event.value()), number(own.value())}).empty();
  }

  void let_go(incarnation me, const domain::event_id& event) override {
    db_.run(let_event_go, {number(me.value()), as_bytes(event.value())});
  }

  void keep_draft(const domain::draft_id& token, const plan_draft& draft) override {
    db_.run(add_draft, {to_hex(token), as_bytes(draft.event.value()), as_bytes(draft.plan), as_bytes(draft.wish)});
  }

  std::optional<plan_draft> draft(const domain::draft_id& token) override {
    auto rows = db_.run(find_draft, {to_hex(token)});
    if (rows.empty())
      return std::nullopt;
    auto row = rows.front();
    return plan_draft{domain::event_id{row[0].as<std::string>()}, row[1].as<std::string>(), to_text(row[2])};
  }

  void drop_draft(const domain::draft_id& token) override { db_.run(remove_draft, {to_hex(token)}); }

  store_news listen(std::chrono::milliseconds longest) override {
    store_news news;
    auto heard = db_.listen("usher", longest);
    news.missed = heard.missed;
    for (const auto& payload : heard.payloads)
      add_to(news, payload);
    return news;
  }

private:
  connection db_;
};

} // namespace

std::unique_ptr<coordination> open_coordination(const std::string& url, schema_upkeep upkeep) {
  return std::make_unique<coordinator>(url, upkeep);
}

} // namespace usher::persistence::postgres
