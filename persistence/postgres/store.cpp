#include "persistence/postgres/store.hpp"

#include "domain/ensure.hpp"
#include "persistence/fact_codec.hpp"
#include "persistence/id_bytes.hpp"
#include "persistence/journal_examiner.hpp"
#include "persistence/narrowed.hpp"
#include "persistence/postgres/appender.hpp"
#include "persistence/postgres/arguments.hpp"
#include "persistence/postgres/connection.hpp"
#include "persistence/postgres/schema.hpp"
#include "persistence/read_back.hpp"

#include <pqxx/pqxx>

#include <utility>

namespace usher::persistence::postgres {
namespace {

using domain::event_id;
using domain::shard_id;
using domain::shard_kind;

constexpr std::int64_t rows_a_page = 2000;

constexpr prepared read_clock{"read_clock", "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint"};
constexpr prepared add_event_row{"add_event_row", R"sql(
  INSERT INTO event (id, plan, supplement) VALUES ($1::text, $2::text, $3::bytea) ON CONFLICT (id) DO NOTHING
)sql"};
constexpr prepared change_event_row{"change_event_row", R"sql(
  UPDATE event SET plan = $2::text, supplement = $3::bytea WHERE id = $1::text
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
constexpr prepared list_events{"list_events", "SELECT id, plan, supplement FROM event ORDER BY number"};
constexpr prepared find_shard{"find_shard", R"sql(
  SELECT s.number, s.epoch FROM event e JOIN shard s ON s.event = e.number
  WHERE e.id = $1::text AND s.kind = $2::int AND s.section = $3::int
)sql"};
// Waits for the appends under way: they hold a shared lock on the row.
constexpr prepared take_over{"take_over", R"sql(
  UPDATE shard SET epoch = epoch + 1, owner = $2::text
  WHERE number = $1::int AND ($3::bigint IS NULL OR epoch = $3::bigint) RETURNING epoch
)sql"};
constexpr prepared find_noted_end{"find_noted_end", "SELECT last FROM journal_end WHERE shard = $1::int"};
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
constexpr prepared read_facts{"read_facts", "SELECT seq, fact FROM journal WHERE shard = $1::int AND seq > $2::bigint "
                                            "ORDER BY seq LIMIT $3::bigint"};
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

std::string to_text(const pqxx::field& field) {
  auto bytes = field.as<pqxx::bytes>();
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

template <class Number>
Number to_number(const pqxx::field& field) {
  return Number{narrowed<typename Number::representation>(field.as<std::int64_t>())};
}

shard_id shard_in(const event_id& event, const pqxx::row& row) {
  return {static_cast<shard_kind>(row[1].as<int>()), event, to_number<domain::section_no>(row[2])};
}

class store final : public booking_store {
public:
  store(const std::string& url, schema_upkeep upkeep) : db_(url), appender_(db_) { prepare(db_, upkeep); }

  domain::instant now() override {
    return domain::instant{domain::microseconds{db_.run(read_clock).one_field().as<std::int64_t>()}};
  }

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

  std::optional<shard_history> claim(const shard_id& shard, std::string_view owner,
                                     std::optional<domain::epoch> expected) override {
    std::optional<shard_history> claimed;
    db_.in_transaction([&](session& all) {
      claimed.reset();
      auto found = all.run(find_shard, arguments_of(shard));
      if (found.empty())
        return;
      auto place = found.front()[0].as<int>();
      std::optional<std::int64_t> seen;
      if (expected)
        seen = number(expected->value());
      auto taken = all.run(take_over, {place, as_bytes(owner), seen});
      if (taken.empty())
        return;
      claimed.emplace();
      claimed->epoch = to_number<domain::epoch>(taken.front()[0]);
      domain::fact_seq known;
      if (auto kept = snapshot_from(shard, all.run(get_snapshot, {place}))) {
        known = kept->upto;
        if (!kept->is_outdated) {
          claimed->last = kept->upto;
          claimed->snapshot = std::move(kept->facts);
        }
      }
      read_facts_into(*claimed, shard, place, all);
      if (auto noted = all.run(find_noted_end, {place}); !noted.empty())
        known = std::max(known, to_number<domain::fact_seq>(noted.front()[0]));
      if (known > claimed->last)
        throw store_broken("the journal of " + to_string(shard) + " has lost its newest facts: it ends at "
                           + std::to_string(claimed->last.value()) + ", and fact " + std::to_string(known.value())
                           + " was in it");
    });
    return claimed;
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
          page.push_back({to_number<domain::fact_seq>(row[0]), to_number<domain::epoch>(row[1]),
                          domain::instant{domain::microseconds{row[2].as<std::int64_t>()}}, to_text(row[3]),
                          to_text(row[4])});
        return page;
      };
      examine_shard(shard_in(event, shard), read_page, each);
    }
  }

  std::optional<stored_snapshot> snapshot(const shard_id& shard) override {
    auto found = db_.run(find_shard, arguments_of(shard));
    if (found.empty())
      return std::nullopt;
    return snapshot_from(shard, db_.run(get_snapshot, {found.front()[0].as<int>()}));
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
    return true;
  }

  static pqxx::params arguments_of(const shard_id& shard) {
    return {as_bytes(shard.event.value()), static_cast<int>(shard.kind), static_cast<int>(shard.section.value())};
  }

  static std::optional<stored_snapshot> snapshot_from(const shard_id& shard, const pqxx::result& rows) {
    if (rows.empty())
      return std::nullopt;
    auto row = rows.front();
    return read_snapshot(shard, to_number<domain::epoch>(row[0]), to_number<domain::fact_seq>(row[1]), to_text(row[2]));
  }

  static void read_facts_into(shard_history& history, const shard_id& shard, int place, session& all) {
    for (;;) {
      auto rows = all.run(read_facts, {place, number(history.last.value()), rows_a_page});
      for (const auto& row : rows) {
        auto fact = decode(to_text(row[1]));
        auto expected = history.last.value() + 1;
        history.last = to_number<domain::fact_seq>(row[0]);
        if (!fact || history.last.value() != expected)
          throw store_broken("the journal of " + to_string(shard) + " cannot be read at " + std::to_string(expected));
        history.facts.push_back(std::move(*fact));
      }
      if (std::int64_t{rows.size()} < rows_a_page)
        return;
    }
  }

  connection db_;
  appender appender_;
};

} // namespace

std::unique_ptr<booking_store> open(const std::string& url, schema_upkeep upkeep) {
  return std::make_unique<store>(url, upkeep);
}

} // namespace usher::persistence::postgres
