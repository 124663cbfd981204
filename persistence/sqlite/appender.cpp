#include "persistence/sqlite/appender.hpp"

#include "log/log.hpp"
#include "persistence/fact_codec.hpp"
#include "persistence/id_bytes.hpp"

#include <utility>

namespace usher::persistence::sqlite {
namespace {

std::int64_t number(std::uint64_t x) {
  return static_cast<std::int64_t>(x);
}

std::uint64_t to_unsigned(std::int64_t x) {
  return static_cast<std::uint64_t>(x);
}

/// A fact and its rows are written together or not at all, without giving up the rest of the group.
class savepoint {
public:
  explicit savepoint(connection& db) : db_(db) { db_.run("SAVEPOINT entry"); }
  ~savepoint() {
    if (!kept_)
      db_.run_quietly("ROLLBACK TO entry; RELEASE entry");
  }
  savepoint(const savepoint&) = delete;
  savepoint& operator=(const savepoint&) = delete;

  void keep() {
    db_.run("RELEASE entry");
    kept_ = true;
  }

private:
  connection& db_;
  bool kept_ = false;
};

} // namespace

appender::appender(connection& db)
    : db_(db), ends_(db), find_version_(db, "PRAGMA data_version"),
      find_shard_(db, "SELECT s.number, s.event, s.epoch, s.last, s.newest FROM shard s "
                      "JOIN event e ON e.number = s.event WHERE e.id = ? AND s.kind = ? AND s.section = ?"),
      find_link_(db, "SELECT link FROM journal WHERE number = ?"),
      add_fact_(db, "INSERT INTO journal (previous, shard, seq, epoch, at, link, fact) VALUES (?, ?, ?, ?, ?, ?, ?)"),
      add_seat_(db, "INSERT OR IGNORE INTO sold_seat (event, section, seat, version, sold, order_id, buyer, price) "
                    "VALUES (?, ?, ?, 1, 1, ?, ?, ?)"),
      swap_seat_(db, "UPDATE sold_seat SET version = ?4, sold = ?5, order_id = ?6, price = ?8, "
                     "buyer = CASE WHEN ?5 THEN ?7 ELSE buyer END "
                     "WHERE event = ?1 AND section = ?2 AND seat = ?3 AND version = ?4 - 1 AND sold <> ?5 "
                     "AND (?5 OR order_id = ?6)"),
      add_order_(db, "INSERT INTO orders (event, order_id, hold_id, buyer, state, total) VALUES (?, ?, ?, ?, 0, ?) "
                     "ON CONFLICT (event, order_id) DO UPDATE SET hold_id = excluded.hold_id, buyer = excluded.buyer, "
                     "state = 0, total = excluded.total WHERE orders.state IN (4, 9) " // failed, unacknowledged
                     "OR (orders.total = 0 AND orders.state IN (6, 8))"),              // refunded, cancelled
      move_order_(db, "UPDATE orders SET state = ?3 WHERE event = ?1 AND order_id = ?2") {}

std::vector<append_result> appender::append(std::span<const journal_entry> group) {
  std::vector<append_result> results;
  results.reserve(group.size());
  try {
    transaction all{db_};
    notice_other_writers();
    const domain::shard_id* last = nullptr;
    known_shard* shard = nullptr;
    for (const auto& entry : group) {
      if (last == nullptr || !(entry.shard == *last))
        shard = &find(entry.shard);
      last = &entry.shard;
      results.push_back(append_one(entry, *shard));
    }
    ends_.note_added(group.size());
    all.commit();
    std::erase_if(shards_, [](const auto& one) { return one.second.stopped.has_value(); });
  } catch (...) {
    forget(); // what was remembered may have been rolled back
    throw;
  }
  return results;
}

/// SQLite counts the commits of other connections; the write lock keeps them out from now to our own.
void appender::notice_other_writers() {
  caught_up_ = false;
  auto row = find_version_.rows();
  row.next();
  if (auto version = row.number(0); version != version_) {
    forget();
    version_ = version;
  }
}

appender::known_shard& appender::find(const domain::shard_id& shard) {
  auto known = shards_.find(shard);
  if (known == shards_.end())
    known = shards_.emplace(shard, read(shard)).first;
  return known->second;
}

appender::known_shard appender::read(const domain::shard_id& shard) {
  if (!std::exchange(caught_up_, true))
    ends_.catch_up();
  known_shard state;
  auto row = find_shard_.rows(shard.event.value(), static_cast<std::int64_t>(shard.kind),
                              static_cast<std::int64_t>(shard.section.value()));
  if (!row.next()) {
    state.stopped = append_result::fenced;
    return state;
  }
  state.head = {row.number(0), row.number(1), domain::fact_seq{to_unsigned(row.number(3))}, first_link(shard)};
  state.epoch = domain::epoch{to_unsigned(row.number(2))};
  state.newest = row.number(4);
  if (state.head.last.value() == 0)
    return state;
  auto newest = find_link_.rows(state.newest);
  if (!newest.next())
    throw store_broken("the journal of " + to_string(shard) + " has lost fact "
                       + std::to_string(state.head.last.value()));
  state.head.link = link_from(newest.text(0));
  return state;
}

append_result appender::append_one(const journal_entry& entry, known_shard& shard) {
  if (shard.stopped)
    return *shard.stopped;
  auto result = append_result::fenced;
  if (entry.epoch == shard.epoch)
    result = entry.seq.value() == shard.head.last.value() + 1 ? write(entry, shard) : append_result::conflict;
  if (result != append_result::written)
    shard.stopped = result;
  return result;
}

append_result appender::write(const journal_entry& entry, known_shard& shard) {
  try {
    return write_all(entry, shard);
  } catch (const data_refused& refusal) {
    // No fact can be like that, unless the domain has a fault. Its shard stops; the others' facts are written.
    log::of("persistence").critical("a fact cannot be kept: {}", refusal.what());
    return append_result::disagreed;
  }
}

append_result appender::write_all(const journal_entry& entry, known_shard& shard) {
  auto& head = shard.head;
  fact_bytes_.clear();
  encode(entry.fact, fact_bytes_);
  auto link = next_link(head.link, entry.seq, entry.epoch, entry.at, fact_bytes_);
  seat_changes_.clear();
  append_seat_changes(entry, seat_changes_);
  auto order = order_change_of(entry);

  std::optional<savepoint> with_rows;
  if (!seat_changes_.empty() || order)
    with_rows.emplace(db_);
  add_fact_.run(shard.newest, head.shard, number(entry.seq.value()), number(entry.epoch.value()),
                static_cast<std::int64_t>(entry.at.time_since_epoch().count()), blob{bytes_of(link)},
                blob{fact_bytes_});
  auto row = db_.last_row();
  for (const auto& change : seat_changes_)
    if (!change_seat(head, change))
      return append_result::disagreed;
  if (order && !change_order(head, *order))
    return append_result::disagreed;
  if (with_rows)
    with_rows->keep();
  head.last = entry.seq;
  head.link = link;
  shard.newest = row;
  return append_result::written;
}

bool appender::change_seat(const journal_head& head, const seat_change& change) {
  auto section = static_cast<std::int64_t>(change.section.value());
  auto seat = static_cast<std::int64_t>(change.seat.value());
  auto order = to_bytes(change.order);
  auto buyer = change.buyer == nullptr ? std::string_view{} : std::string_view{change.buyer->value()};
  if (change.makes_row())
    return add_seat_.run(head.event, section, seat, blob{view(order)}, blob{buyer}, change.price) == 1;
  return swap_seat_.run(head.event, section, seat, static_cast<std::int64_t>(change.version),
                        static_cast<std::int64_t>(change.sold), blob{view(order)}, blob{buyer}, change.price)
         == 1;
}

bool appender::change_order(const journal_head& head, const order_change& change) {
  auto order = to_bytes(change.order);
  if (change.started == nullptr)
    return move_order_.run(head.event, blob{view(order)}, static_cast<std::int64_t>(change.state)) == 1;
  auto hold = to_bytes(change.started->hold);
  return add_order_.run(head.event, blob{view(order)}, blob{view(hold)}, blob{change.started->buyer.value()},
                        change.started->total)
         == 1;
}

} // namespace usher::persistence::sqlite
