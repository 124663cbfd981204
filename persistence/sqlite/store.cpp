#include "persistence/sqlite/store.hpp"

#include "domain/ensure.hpp"
#include "persistence/fact_codec.hpp"
#include "persistence/id_bytes.hpp"
#include "persistence/journal_examiner.hpp"
#include "persistence/narrowed.hpp"
#include "persistence/read_back.hpp"
#include "persistence/sqlite/appender.hpp"
#include "persistence/sqlite/connection.hpp"
#include "persistence/sqlite/schema.hpp"

#include <algorithm>
#include <chrono>
#include <unordered_map>
#include <utility>

namespace usher::persistence::sqlite {
namespace {

using domain::event_id;
using domain::shard_id;
using domain::shard_kind;

/// Opens the file and prepares its tables before any statements on them are prepared.
struct ready_connection : connection {
  ready_connection(const std::string& file, schema_upkeep upkeep) : connection(file) { prepare(*this, upkeep); }
};

domain::instant to_instant(std::int64_t microseconds) {
  return domain::instant{domain::microseconds{microseconds}};
}

domain::fact_seq to_seq(std::int64_t number) {
  return domain::fact_seq{static_cast<std::uint64_t>(number)};
}

domain::epoch to_epoch(std::int64_t number) {
  return domain::epoch{static_cast<std::uint64_t>(number)};
}

class store final : public booking_store {
public:
  store(const std::string& file, schema_upkeep upkeep) : db_(file, upkeep), appender_(db_) {}

  domain::instant now() override { return std::chrono::floor<domain::microseconds>(std::chrono::system_clock::now()); }

  /// The newest rows' latest: one commit's facts are nearly of one moment, but not in the order of their moments.
  std::optional<domain::instant> newest_fact_at() override {
    auto row = newest_at_.rows();
    if (!row.next() || row.number(0) == 0)
      return std::nullopt;
    return to_instant(row.number(0));
  }

  bool add_event(const stored_event& event, std::uint16_t sections) override {
    transaction all{db_};
    if (!write_event(add_event_, event, sections))
      return false;
    all.commit();
    return true;
  }

  bool replace_plan(const stored_event& event, std::uint16_t sections, domain::epoch own) override {
    transaction all{db_};
    auto found = find({shard_kind::event, event.id, {}});
    if (!found || found->epoch != own)
      return false;
    write_event(change_event_, event, sections);
    all.commit();
    return true;
  }

  std::vector<stored_event> events() override {
    std::vector<stored_event> all;
    for (auto row = list_events_.rows(); row.next();) {
      stored_event event{event_id{std::string{row.text(0)}}, std::string{row.text(1)}, {}};
      event.supplement = supplement_of(event.id, row.text(2));
      all.push_back(std::move(event));
    }
    return all;
  }

  std::vector<std::optional<domain::epoch>> claim_shards(std::span<const wanted_shard> wanted,
                                                         std::string_view owner) override {
    std::vector<std::optional<domain::epoch>> taken;
    transaction all{db_};
    appender_.catch_up();
    for (const auto& want : wanted) {
      auto found = find(want.shard);
      auto& epoch = taken.emplace_back();
      if (!found || (want.seen && *want.seen != found->epoch))
        continue;
      epoch = domain::epoch{found->epoch.value() + 1};
      take_over_.run(found->number, static_cast<std::int64_t>(epoch->value()), owner);
    }
    all.commit();
    appender_.forget();
    return taken;
  }

  std::vector<std::optional<shard_history>> histories(std::span<const owned_shard> owned) override {
    note_all_ends(); // each history is read backwards from its end
    std::vector<std::optional<shard_history>> all;
    transaction view{db_, transaction::kind::reading};
    for (const auto& [shard, epoch] : owned) {
      auto found = find(shard);
      auto& history = all.emplace_back();
      if (!found || found->epoch != epoch)
        continue;
      history.emplace();
      history->epoch = epoch;
      if (auto kept = read_snapshot_of(shard, found->number)) {
        ensure_nothing_lost(shard, found->last, kept->upto);
        if (!kept->is_outdated) {
          history->last = kept->upto;
          history->snapshot = std::move(kept->facts);
        }
      }
      history->facts = read_facts(shard, *found, history->last);
      history->last = found->last;
    }
    view.commit();
    return all;
  }

  std::vector<append_result> append(std::span<const journal_entry> group) override { return appender_.append(group); }

  void put_snapshot(const shard_id& shard, domain::epoch epoch, domain::fact_seq upto,
                    const std::vector<domain::fact>& facts) override {
    auto bytes = encode_snapshot(facts);
    transaction all{db_};
    appender_.catch_up();
    if (auto found = find(shard); found && found->epoch == epoch && upto <= found->last)
      put_snapshot_.run(found->number, static_cast<std::int64_t>(epoch.value()),
                        static_cast<std::int64_t>(upto.value()), blob{bytes});
    all.commit();
  }

  /// For all events at once: here the noted ends are the shards' own, which lag behind (journal_ends.hpp).
  void note_ends(const event_id&) override { note_all_ends(); }

  void at_one_moment(const std::function<void()>& work) override {
    transaction view{db_, transaction::kind::reading};
    work();
    view.commit();
  }

  void read_journal(const event_id& event, const std::function<void(const journal_entry&)>& each) override {
    examine_journal(event, [&each](const examined_entry& row) { each(trusted(row)); });
  }

  void examine_journal(const event_id& event, const std::function<void(const examined_entry&)>& each) override {
    auto lists = list_rows(event);
    for (const auto& [shard, number] : shards_of(event)) {
      auto read_page = [this, &rows = lists[number]](domain::fact_seq after, std::size_t most) {
        std::vector<journal_row> page;
        auto next = std::upper_bound(rows.begin(), rows.end(), after,
                                     [](domain::fact_seq seq, const listed_row& row) { return seq < row.seq; });
        for (; next != rows.end() && page.size() < most; ++next)
          page.push_back(read_row(*next));
        return page;
      };
      examine_shard(shard, read_page, each);
    }
  }

  std::optional<stored_snapshot> snapshot(const shard_id& shard) override {
    auto found = find(shard);
    return found ? read_snapshot_of(shard, found->number) : std::nullopt;
  }

  std::vector<sold_row> sold_seats(const event_id& event) override {
    std::vector<sold_row> all;
    for (auto row = list_sold_.rows(event.value()); row.next();)
      all.push_back({domain::section_no{narrowed<std::uint16_t>(row.number(0))},
                     domain::seat_no{narrowed<std::uint32_t>(row.number(1))}, narrowed<std::uint32_t>(row.number(2)),
                     narrowed<std::uint8_t>(row.number(3), 1) == 1, id_from_bytes<domain::order_id>(row.text(4)),
                     domain::buyer_id{std::string{row.text(5)}}, row.number(6)});
    return all;
  }

  std::vector<order_row> orders(const event_id& event) override {
    std::vector<order_row> all;
    for (auto row = list_orders_.rows(event.value()); row.next();)
      all.push_back({id_from_bytes<domain::order_id>(row.text(0)), id_from_bytes<domain::hold_id>(row.text(1)),
                     domain::buyer_id{std::string{row.text(2)}}, order_state_of(row.number(3)), row.number(4)});
    return all;
  }

  std::vector<stored_shard> shards(const event_id& event) override {
    std::vector<stored_shard> all;
    for (auto row = list_shards_.rows(event.value()); row.next();)
      all.push_back({shard_in(event, row), to_epoch(row.number(3)), std::string{row.text(4)}, to_seq(row.number(5))});
    return all;
  }

  std::string secret(std::string_view name, const std::function<std::string()>& make) override {
    transaction all{db_};
    if (auto row = find_secret_.rows(name); row.next())
      return std::string{row.text(0)};
    auto value = make();
    domain::ensure(value.size() >= 32, "a secret has at least 32 bytes");
    add_secret_.run(name, blob{value});
    all.commit();
    return value;
  }

private:
  void note_all_ends() {
    if (!appender_.behind())
      return;
    transaction all{db_};
    appender_.catch_up();
    all.commit();
  }

  /// Call within a transaction. False when `how` wrote nothing: then no shards are added either.
  bool write_event(statement& how, const stored_event& event, std::uint16_t sections) {
    auto supplement = encode(event.supplement);
    if (how.run(event.plan, blob{supplement}, event.id.value()) == 0)
      return false;
    auto add = [&](shard_kind kind, std::int64_t section) {
      add_shard_.run(event.id.value(), static_cast<std::int64_t>(kind), section);
    };
    add(shard_kind::event, 0);
    add(shard_kind::waiting_room, 0);
    for (std::uint16_t section = 0; section < sections; ++section)
      add(shard_kind::section, section);
    return true;
  }

  struct found_shard {
    std::int64_t number = 0;
    domain::epoch epoch;
    domain::fact_seq last;
    std::int64_t newest = 0; ///< the row of fact `last`
  };
  /// Where a fact lies, and whether a walk back from the newest one reaches it.
  struct listed_row {
    domain::fact_seq seq;
    std::int64_t number = 0;
    bool reached = true;
  };

  std::optional<found_shard> find(const shard_id& shard) {
    auto row = find_shard_.rows(shard.event.value(), static_cast<std::int64_t>(shard.kind),
                                static_cast<std::int64_t>(shard.section.value()));
    if (!row.next())
      return std::nullopt;
    return found_shard{row.number(0), to_epoch(row.number(1)), to_seq(row.number(2)), row.number(3)};
  }

  /// The facts after `after`, in order: found by walking back from the newest one.
  std::vector<domain::fact> read_facts(const shard_id& shard, const found_shard& found, domain::fact_seq after) {
    std::vector<domain::fact> facts;
    auto number = found.newest;
    for (auto seq = found.last; seq > after; seq = domain::fact_seq{seq.value() - 1}) {
      auto row = read_fact_.rows(number, found.number, static_cast<std::int64_t>(seq.value()));
      facts.push_back(journal_fact(shard, seq, row.next() ? row.text(1) : std::string_view{}));
      number = row.number(0);
    }
    std::reverse(facts.begin(), facts.end());
    return facts;
  }

  /// Where every fact of an event lies, by its shard's number and in order. No index says that; for reading a whole
  /// journal one scan will do.
  std::unordered_map<std::int64_t, std::vector<listed_row>> list_rows(const event_id& event) {
    std::unordered_map<std::int64_t, std::vector<listed_row>> lists;
    for (auto row = list_facts_.rows(event.value()); row.next();) {
      auto& list = lists[row.number(0)];
      listed_row listed{to_seq(row.number(1)), row.number(2)};
      auto before = list.empty() ? 0 : list.back().number;
      bool is_newest = row.number(4) == row.number(1);
      listed.reached = row.number(3) == before && (!is_newest || row.number(5) == listed.number);
      list.push_back(listed);
    }
    return lists;
  }

  journal_row read_row(const listed_row& listed) {
    auto row = read_row_.rows(listed.number);
    if (!row.next())
      throw store_broken("the journal's row " + std::to_string(listed.number) + " is gone");
    return {listed.seq,
            to_epoch(row.number(0)),
            to_instant(row.number(1)),
            std::string{row.text(2)},
            std::string{row.text(3)},
            listed.reached};
  }

  std::optional<stored_snapshot> read_snapshot_of(const shard_id& shard, std::int64_t number) {
    auto row = get_snapshot_.rows(number);
    if (!row.next())
      return std::nullopt;
    return read_snapshot(shard, to_epoch(row.number(0)), to_seq(row.number(1)), row.text(2));
  }

  static shard_id shard_in(const event_id& event, const cursor& row) {
    return {static_cast<shard_kind>(row.number(1)), event, domain::section_no{narrowed<std::uint16_t>(row.number(2))}};
  }

  std::vector<std::pair<shard_id, std::int64_t>> shards_of(const event_id& event) {
    std::vector<std::pair<shard_id, std::int64_t>> all;
    for (auto row = list_shards_.rows(event.value()); row.next();)
      all.emplace_back(shard_in(event, row), row.number(0));
    return all;
  }

  ready_connection db_;
  appender appender_;
  statement add_event_{db_, "INSERT INTO event (plan, supplement, id) VALUES (?, ?, ?) ON CONFLICT (id) DO NOTHING"};
  statement change_event_{db_, "UPDATE event SET plan = ?, supplement = ? WHERE id = ?"};
  statement add_shard_{db_, "INSERT OR IGNORE INTO shard (event, kind, section) "
                            "SELECT number, ?2, ?3 FROM event WHERE id = ?1"};
  statement newest_at_{db_,
                       "SELECT coalesce(max(at), 0) FROM (SELECT at FROM journal ORDER BY number DESC LIMIT 1000)"};
  statement list_events_{db_, "SELECT id, plan, supplement FROM event ORDER BY number"};
  statement find_shard_{db_, "SELECT s.number, s.epoch, s.last, s.newest FROM shard s "
                             "JOIN event e ON e.number = s.event WHERE e.id = ? AND s.kind = ? AND s.section = ?"};
  statement take_over_{db_, "UPDATE shard SET epoch = ?2, owner = ?3 WHERE number = ?1"};
  statement list_shards_{db_,
                         "SELECT s.number, s.kind, s.section, s.epoch, s.owner, s.last "
                         "FROM shard s JOIN event e ON e.number = s.event WHERE e.id = ? ORDER BY s.kind, s.section"};
  statement read_fact_{db_, "SELECT previous, fact FROM journal WHERE number = ? AND shard = ? AND seq = ?"};
  statement list_facts_{db_, "SELECT j.shard, j.seq, j.number, j.previous, s.last, s.newest FROM event e "
                             "JOIN shard s ON s.event = e.number JOIN journal j ON j.shard = s.number "
                             "WHERE e.id = ? ORDER BY j.shard, j.seq"};
  statement read_row_{db_, "SELECT epoch, at, link, fact FROM journal WHERE number = ?"};
  statement get_snapshot_{db_, "SELECT epoch, upto, facts FROM snapshot WHERE shard = ?"};
  statement put_snapshot_{db_, "INSERT INTO snapshot (shard, epoch, upto, facts) VALUES (?, ?, ?, ?) "
                               "ON CONFLICT (shard) DO UPDATE SET epoch = excluded.epoch, upto = excluded.upto, "
                               "facts = excluded.facts WHERE excluded.upto >= snapshot.upto"};
  statement list_sold_{db_, "SELECT s.section, s.seat, s.version, s.sold, s.order_id, s.buyer, s.price "
                            "FROM sold_seat s JOIN event e ON e.number = s.event WHERE e.id = ? "
                            "ORDER BY s.section, s.seat"};
  statement list_orders_{db_, "SELECT o.order_id, o.hold_id, o.buyer, o.state, o.total FROM orders o "
                              "JOIN event e ON e.number = o.event WHERE e.id = ? ORDER BY o.order_id"};
  statement find_secret_{db_, "SELECT value FROM secret WHERE name = ?"};
  statement add_secret_{db_, "INSERT INTO secret (name, value) VALUES (?, ?)"};
};

} // namespace

std::unique_ptr<booking_store> open(const std::string& file, schema_upkeep upkeep) {
  return std::make_unique<store>(file, upkeep);
}

} // namespace usher::persistence::sqlite
