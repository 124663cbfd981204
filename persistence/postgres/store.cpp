#include "persistence/postgres/store.hpp"

#include "domain/ensure.hpp"
#include "persistence/fact_codec.hpp"
#include "persistence/history_broken.hpp"
#include "persistence/id_bytes.hpp"
#include "persistence/journal_examiner.hpp"
#include "persistence/narrowed.hpp"
#include "persistence/postgres/appender.hpp"
#include "persistence/postgres/arguments.hpp"
#include "persistence/postgres/array_parameter.hpp"
#include "persistence/postgres/connection.hpp"
#include "persistence/postgres/schema.hpp"
#include "persistence/read_back.hpp"

#include <pqxx/pqxx>

#include <algorithm>
#include <utility>

namespace usher::persistence::postgres {
namespace {

using domain::event_id;
using domain::shard_id;
using domain::shard_kind;

constexpr std::int64_t rows_a_page = 2000;
/// How many histories are begun with one query: it reads their snapshots.
constexpr std::size_t shards_a_page = 64;

constexpr prepared read_clock{"read_clock", "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint"};
constexpr prepared add_event_row{"add_event_row", R"sql(
  INSERT INTO event (id, plan, supplement) VALUES ($1::text, $2::text, $3::bytea) ON CONFLICT (id) DO NOTHING
)sql"};
constexpr prepared change_event_row{"change_event_row", R"sql(
  UPDATE event SET plan = $2::text, supplement = $3::bytea, revision = revision + 1 WHERE id = $1::text
)sql"};
// Whoever tries to take the shard over waits until the plan is replaced.
constexpr prepared lock_event_shard{"lock_event_shard", R"sql(
  SELECT 1 FROM event e JOIN shard s ON s.event = e.number
  WHERE e.id = $1::text AND s.kind = $2::int AND s.section = 0 AND s.epoch = $3::bigint FOR UPDATE OF s
)sql"};
constexpr prepared put_shards{"put_shards", R"sql(
  INSERT INTO shard (event, kind, section)
  SELECT e.number, new.kind, new.section FROM event e,
         (SELECT $3::int, 0 UNION ALL SELECT $4::int, 0
          UNION ALL SELECT $5::int, generate_series(0, $2::int - 1)) AS new (kind, section)
  WHERE e.id = $1::text
  ON CONFLICT (event, kind, section) DO NOTHING
)sql"};
constexpr prepared tell_of_event{"tell_of_event", "SELECT pg_notify('usher', 'event ' || $1::text)"};
constexpr prepared list_events{"list_events", "SELECT id, plan, supplement FROM event ORDER BY number"};
constexpr prepared find_shard{"find_shard", R"sql(
  SELECT s.number, s.epoch FROM event e JOIN shard s ON s.event = e.number
  WHERE e.id = $1::text AND s.kind = $2::int AND s.section = $3::int
)sql"};
// Waits for the appends under way: they hold a shared lock on the rows. In a fixed order, so that two processes do not
// wait for each other. -1 stands for any epoch.
constexpr prepared take_over{"take_over", named_shards, R"sql(
  , found AS MATERIALIZED (
    SELECT s.number, named.place FROM named JOIN shard s ON s.number = named.number
    WHERE named.epoch IN (-1, s.epoch)
    ORDER BY s.number FOR UPDATE OF s
  )
  UPDATE shard s SET epoch = s.epoch + 1, owner = $5::text FROM found WHERE s.number = found.number
  RETURNING found.place, s.epoch
)sql"};
// Where each history begins and ends, as of one moment at which its shard is at the owner's epoch.
constexpr prepared find_ends{"find_ends", named_shards, R"sql(
  SELECT named.place, s.number, coalesce(journal.last, 0), coalesce(seen.last, 0), kept.epoch, kept.upto, kept.facts
  FROM named JOIN shard s ON s.number = named.number AND s.epoch = named.epoch
  CROSS JOIN LATERAL (SELECT max(seq) AS last FROM journal WHERE shard = s.number) journal
  LEFT JOIN journal_end seen ON seen.shard = s.number
  LEFT JOIN snapshot kept ON kept.shard = s.number
)sql"};
constexpr prepared read_facts{"read_facts", R"sql(
  SELECT part.place, j.seq, j.fact
  FROM unnest($1::int[], $2::bigint[], $3::bigint[]) WITH ORDINALITY AS part (shard, after, upto, place)
  JOIN journal j ON j.shard = part.shard AND j.seq > part.after AND j.seq <= part.upto
  ORDER BY part.place, j.seq
)sql"};
constexpr prepared list_shards{"list_shards", R"sql(
  SELECT s.number, s.kind, s.section, s.epoch, s.owner, coalesce(seen.last, 0)
  FROM event e JOIN shard s ON s.event = e.number LEFT JOIN journal_end seen ON seen.shard = s.number
  WHERE e.id = $1::text ORDER BY s.kind, s.section
)sql"};
// In a fixed order, so that two processes do not wait for each other.
constexpr prepared note_journal_ends{"note_journal_ends", R"sql(
  INSERT INTO journal_end (shard, last)
  SELECT s.number, now.last FROM event e JOIN shard s ON s.event = e.number
  CROSS JOIN LATERAL (SELECT max(seq) AS last FROM journal WHERE shard = s.number) now
  LEFT JOIN journal_end seen ON seen.shard = s.number
  WHERE e.id = $1::text AND now.last > coalesce(seen.last, 0) ORDER BY s.number
  ON CONFLICT (shard) DO UPDATE SET last = excluded.last WHERE excluded.last > journal_end.last
)sql"};
constexpr prepared read_rows{"read_rows", "SELECT seq, epoch, at, link, fact FROM journal WHERE shard = $1::int "
                                          "AND seq > $2::bigint ORDER BY seq LIMIT $3::bigint"};
constexpr prepared get_snapshot{"get_snapshot", "SELECT epoch, upto, facts FROM snapshot WHERE shard = $1::int"};
constexpr prepared put_snapshot_row{"put_snapshot", R"sql(
  INSERT INTO snapshot (shard, epoch, upto, facts)
  SELECT s.number, $4::bigint, $5::bigint, $6::bytea FROM event e
  JOIN shard s ON s.event = e.number AND s.kind = $2::int AND s.section = $3::int AND s.epoch = $4::bigint
  JOIN journal j ON j.shard = s.number AND j.seq = $5::bigint
  WHERE e.id = $1::text
  FOR SHARE OF s
  ON CONFLICT (shard) DO UPDATE SET epoch = excluded.epoch, upto = excluded.upto, facts = excluded.facts
  WHERE excluded.upto >= snapshot.upto
)sql"};
constexpr prepared list_sold{"list_sold", R"sql(
  SELECT s.section, s.seat, s.version, s.sold, uuid_send(s.order_id), s.buyer, s.price
  FROM event e JOIN sold_seat s ON s.event = e.number
  WHERE e.id = $1::text AND (s.section, s.seat) > ($2::int, $3::bigint) ORDER BY s.section, s.seat LIMIT $4::bigint
)sql"};
constexpr prepared list_orders{"list_orders", R"sql(
  SELECT uuid_send(o.order_id), uuid_send(o.hold_id), o.buyer, o.state, o.total
  FROM event e JOIN orders o ON o.event = e.number
  WHERE e.id = $1::text AND ($2::uuid IS NULL OR o.order_id > $2::uuid) ORDER BY o.order_id LIMIT $3::bigint
)sql"};
constexpr prepared find_secret{"find_secret", "SELECT value FROM secret WHERE name = $1::text"};
constexpr prepared add_secret{"add_secret", "INSERT INTO secret (name, value) VALUES ($1::text, $2::bytea) "
                                            "ON CONFLICT (name) DO NOTHING"};

shard_id shard_in(const event_id& event, const pqxx::row& row) {
  return {static_cast<shard_kind>(row[1].as<int>()), event, to_number<domain::section_no>(row[2])};
}

class store final : public booking_store {
public:
  store(const std::string& url, schema_upkeep upkeep, std::function<std::string()> session)
      : db_(url, {.name = std::move(session)}), appender_(db_) {
    prepare(db_, upkeep);
  }

  domain::instant now() override { return to_instant(db_.run(read_clock).one_field()); }

  bool add_event(const stored_event& event, std::uint16_t sections) override {
    auto is_new = false;
    db_.in_transaction([&](session& all) { is_new = write_event(add_event_row, event, sections, all); });
    return is_new;
  }

  bool replace_plan(const stored_event& event, std::uint16_t sections, domain::epoch own) override {
    auto is_own = false;
    db_.in_transaction([&](session& all) {
      auto found = all.run(lock_event_shard,
                           {as_bytes(event.id.value()), static_cast<int>(shard_kind::event), number(own.value())});
      is_own = !found.empty();
      if (is_own)
        write_event(change_event_row, event, sections, all);
    });
    return is_own;
  }

  std::vector<stored_event> events() override {
    std::vector<stored_event> all;
    for (const auto& row : db_.run(list_events)) {
      stored_event event{event_id{row[0].as<std::string>()}, row[1].as<std::string>(), {}};
      event.supplement = supplement_of(event.id, to_text(row[2]));
      all.push_back(std::move(event));
    }
    return all;
  }

  std::vector<std::optional<domain::epoch>> claim_shards(std::span<const wanted_shard> wanted,
                                                         std::string_view owner) override {
    std::vector<std::optional<domain::epoch>> taken;
    for_each_part(wanted, shards_a_claim, [&](auto part) {
      auto first = taken.size();
      taken.resize(first + part.size());
      shard_list list;
      for (const auto& want : part)
        list.add(want.shard, want.seen ? number(want.seen->value()) : -1);
      auto arguments = list.arguments();
      arguments.append(as_bytes(owner));
      for (const auto& row : db_.run(take_over, arguments))
        taken.at(first + place_in(row)) = to_number<domain::epoch>(row[1]);
    });
    return taken;
  }

  std::vector<std::optional<shard_history>> histories(std::span<const owned_shard> owned) override {
    std::vector<std::optional<shard_history>> all;
    all.reserve(owned.size());
    for_each_part(owned, shards_a_page, [&](auto part) { read_histories(part, all); });
    return all;
  }

  std::vector<append_result> append(std::span<const journal_entry> group) override { return appender_.append(group); }

  void put_snapshot(const shard_id& shard, domain::epoch epoch, domain::fact_seq upto,
                    const std::vector<domain::fact>& facts) override {
    auto bytes = encode_snapshot(facts);
    auto arguments = arguments_of(shard);
    arguments.append(number(epoch.value()));
    arguments.append(number(upto.value()));
    arguments.append(as_bytes(bytes));
    db_.run(put_snapshot_row, arguments);
  }

  void note_ends(const event_id& event) override { db_.run(note_journal_ends, {as_bytes(event.value())}); }

  void at_one_moment(const std::function<void()>& work) override { db_.at_one_moment(work); }

  void read_journal(const event_id& event, const std::function<void(const journal_entry&)>& each) override {
    examine_journal(event, [&each](const examined_entry& row) { each(trusted(row)); });
  }

  void examine_journal(const event_id& event, const std::function<void(const examined_entry&)>& each) override {
    for (const auto& shard : db_.run(list_shards, {as_bytes(event.value())})) {
      auto read_page = [this, place = shard[0].as<int>()](domain::fact_seq after, std::size_t most) {
        std::vector<journal_row> page;
        for (const auto& row : db_.run(read_rows, {place, number(after.value()), number(most)}))
          page.push_back({to_number<domain::fact_seq>(row[0]), to_number<domain::epoch>(row[1]), to_instant(row[2]),
                          to_text(row[3]), to_text(row[4])});
        return page;
      };
      examine_shard(shard_in(event, shard), read_page, each);
    }
  }

  std::optional<stored_snapshot> snapshot(const shard_id& shard) override {
    auto found = db_.run(find_shard, arguments_of(shard));
    if (found.empty())
      return std::nullopt;
    auto rows = db_.run(get_snapshot, {found.front()[0].as<int>()});
    return rows.empty() ? std::nullopt : std::optional{snapshot_in(shard, rows.front(), 0)};
  }

  std::vector<sold_row> sold_seats(const event_id& event) override {
    std::vector<sold_row> all;
    std::int64_t section = -1;
    std::int64_t seat = -1;
    for (;;) {
      auto rows = db_.run(list_sold, {as_bytes(event.value()), section, seat, rows_a_page});
      for (const auto& row : rows) {
        section = row[0].as<std::int64_t>();
        seat = row[1].as<std::int64_t>();
        all.push_back({to_number<domain::section_no>(row[0]), to_number<domain::seat_no>(row[1]),
                       row[2].as<std::uint32_t>(), row[3].as<bool>(), id_from_bytes<domain::order_id>(to_text(row[4])),
                       domain::buyer_id{to_text(row[5])}, row[6].as<std::int64_t>()});
      }
      if (std::int64_t{rows.size()} < rows_a_page)
        return all;
    }
  }

  std::vector<order_row> orders(const event_id& event) override {
    std::vector<order_row> all;
    std::optional<std::string> after;
    for (;;) {
      auto rows = db_.run(list_orders, {as_bytes(event.value()), after, rows_a_page});
      for (const auto& row : rows)
        all.push_back({id_from_bytes<domain::order_id>(to_text(row[0])),
                       id_from_bytes<domain::hold_id>(to_text(row[1])), domain::buyer_id{to_text(row[2])},
                       order_state_of(row[3].as<int>()), row[4].as<std::int64_t>()});
      if (std::int64_t{rows.size()} < rows_a_page)
        return all;
      after = to_hex(all.back().order);
    }
  }

  std::vector<stored_shard> shards(const event_id& event) override {
    std::vector<stored_shard> all;
    for (const auto& row : db_.run(list_shards, {as_bytes(event.value())}))
      all.push_back({shard_in(event, row), to_number<domain::epoch>(row[3]), row[4].as<std::string>(),
                     to_number<domain::fact_seq>(row[5])});
    return all;
  }

  std::string secret(std::string_view name, const std::function<std::string()>& make) override {
    auto found = db_.run(find_secret, {as_bytes(name)});
    if (found.empty()) {
      auto value = make();
      domain::ensure(value.size() >= 32, "a secret has at least 32 bytes");
      db_.run(add_secret, {as_bytes(name), as_bytes(value)});
      found = db_.run(find_secret, {as_bytes(name)}); // another node may have been faster
    }
    return to_text(found.one_field());
  }

private:
  /// False when `how` wrote nothing: then there are no new shards either.
  static bool write_event(const prepared& how, const stored_event& event, std::uint16_t sections, session& all) {
    auto id = as_bytes(event.id.value());
    auto supplement = encode(event.supplement);
    if (all.run(how, {id, as_bytes(event.plan), as_bytes(supplement)}).affected_rows() == 0)
      return false;
    all.run(put_shards, {id, static_cast<int>(sections), static_cast<int>(shard_kind::event),
                         static_cast<int>(shard_kind::waiting_room), static_cast<int>(shard_kind::section)});
    all.run(tell_of_event, {id});
    return true;
  }

  static pqxx::params arguments_of(const shard_id& shard) {
    return {as_bytes(shard.event.value()), static_cast<int>(shard.kind), static_cast<int>(shard.section.value())};
  }

  /// The snapshot whose epoch, end and facts stand in a row from column `begin` on.
  static stored_snapshot snapshot_in(const shard_id& shard, const pqxx::row& row, int begin) {
    return read_snapshot(shard, to_number<domain::epoch>(row[begin]), to_number<domain::fact_seq>(row[begin + 1]),
                         to_text(row[begin + 2]));
  }

  /// A history whose facts after `last` are still to be read.
  struct begun_history {
    const shard_id* shard;
    int place; ///< the shard's number in the store
    shard_history* history;
    domain::fact_seq end; ///< of the journal
  };

  /// Adds one page's histories to `all`.
  void read_histories(std::span<const owned_shard> owned, std::vector<std::optional<shard_history>>& all) {
    auto first = all.size();
    all.resize(first + owned.size());
    shard_list list;
    for (const auto& one : owned)
      list.add(one.shard, number(one.epoch.value()));
    std::vector<begun_history> begun;
    for (const auto& row : db_.run(find_ends, list.arguments())) {
      const auto& [shard, epoch] = owned[place_in(row)];
      auto& history = all[first + place_in(row)].emplace();
      history.epoch = epoch;
      auto end = to_number<domain::fact_seq>(row[2]);
      ensure_nothing_lost(shard, end, to_number<domain::fact_seq>(row[3]));
      if (!row[4].is_null()) {
        auto kept = snapshot_in(shard, row, 4);
        ensure_nothing_lost(shard, end, kept.upto);
        if (!kept.is_outdated) {
          history.last = kept.upto;
          history.snapshot = std::move(kept.facts);
        }
      }
      if (history.last < end)
        begun.push_back({&shard, row[1].as<int>(), &history, end});
    }
    for (auto rest = std::span{begun}; !rest.empty();)
      rest = rest.subspan(read_page(rest));
  }

  /// Reads the next facts, as many as make a page, and returns how many of the histories are complete.
  std::size_t read_page(std::span<begun_history> begun) {
    using type = array_parameter::type;
    array_parameter shards{type::int4};
    array_parameter after{type::int8};
    array_parameter upto{type::int8};
    auto room = static_cast<std::uint64_t>(rows_a_page);
    for (const auto& one : begun) {
      if (room == 0)
        break;
      auto rows = std::min(room, one.end.value() - one.history->last.value());
      shards.add(one.place);
      after.add(number(one.history->last.value()));
      upto.add(number(one.history->last.value() + rows));
      room -= rows;
    }
    auto asked = static_cast<std::uint64_t>(rows_a_page) - room;
    auto rows = db_.run(read_facts, {as_bytes(shards.bytes()), as_bytes(after.bytes()), as_bytes(upto.bytes())});
    for (const auto& row : rows) {
      auto& one = begun[place_in(row)];
      auto expected = one.history->last.value() + 1;
      one.history->last = to_number<domain::fact_seq>(row[1]);
      if (one.history->last.value() != expected)
        unreadable(*one.shard, expected);
      one.history->facts.push_back(journal_fact(*one.shard, one.history->last, to_text(row[2])));
    }
    std::size_t complete = 0;
    while (complete < begun.size() && begun[complete].history->last == begun[complete].end)
      ++complete;
    if (static_cast<std::uint64_t>(rows.size()) < asked) // one is missing, where the reading stopped
      unreadable(*begun[complete].shard, begun[complete].history->last.value() + 1);
    return complete;
  }

  [[noreturn]] static void unreadable(const shard_id& shard, std::uint64_t seq) {
    throw history_broken("the journal of " + to_string(shard) + " cannot be read at " + std::to_string(seq));
  }

  connection db_;
  appender appender_;
};

} // namespace

std::unique_ptr<booking_store> open(const std::string& url, schema_upkeep upkeep,
                                    std::function<std::string()> session) {
  return std::make_unique<store>(url, upkeep, std::move(session));
}

} // namespace usher::persistence::postgres
