#include "persistence/postgres/appender.hpp"

#include "log/log.hpp"
#include "persistence/fact_codec.hpp"
#include "persistence/id_bytes.hpp"
#include "persistence/postgres/arguments.hpp"
#include "persistence/postgres/array_parameter.hpp"
#include "persistence/row_changes.hpp"

#include <pqxx/pqxx>

#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace usher::persistence::postgres {
namespace {

// The fence: every shard must still be at its writer's epoch, and stays there until this has committed. The facts go in
// and the rows that guard sales change with them, or nothing happens at all. Rows are locked in the order in which
// claims lock them, so that the two do not wait for each other.

constexpr auto fence_and_facts = R"sql(
  WITH fence AS MATERIALIZED (
    SELECT s.number FROM unnest($1::int[], $2::bigint[]) AS mine (shard, epoch)
    JOIN shard s ON s.number = mine.shard AND s.epoch = mine.epoch
    ORDER BY s.number FOR SHARE OF s
  ), held AS MATERIALIZED (
    SELECT count(*) = cardinality($1::int[]) AS by_all FROM fence
  ), written AS (
    INSERT INTO journal (shard, seq, epoch, at, link, fact)
    SELECT * FROM unnest($3::int[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bytea[], $8::bytea[])
    WHERE (SELECT by_all FROM held)
  )
)sql";

constexpr prepared append_facts{"append_facts", fence_and_facts, "SELECT by_all FROM held"};

constexpr prepared append_facts_and_rows{"append_facts_and_rows", fence_and_facts, R"sql(
  , sold_first AS (
    INSERT INTO sold_seat (event, section, seat, version, sold, order_id, buyer, price)
    SELECT event, section, seat, 1, true, order_id, buyer, price
    FROM unnest($9::int[], $10::int[], $11::bigint[], $12::uuid[], $13::bytea[], $14::bigint[])
         AS new (event, section, seat, order_id, buyer, price)
    WHERE (SELECT by_all FROM held)
  ), swapped AS (
    UPDATE sold_seat AS old
    SET version = new.version, sold = new.sold, order_id = new.order_id, price = new.price,
        buyer = CASE WHEN new.sold THEN new.buyer ELSE old.buyer END
    FROM unnest($15::int[], $16::int[], $17::bigint[], $18::bigint[], $19::boolean[], $20::uuid[], $21::bytea[],
                $22::bigint[]) AS new (event, section, seat, version, sold, order_id, buyer, price)
    WHERE old.event = new.event AND old.section = new.section AND old.seat = new.seat
          AND old.version = new.version - 1 AND old.sold <> new.sold
          AND (new.sold OR old.order_id = new.order_id) AND (SELECT by_all FROM held)
    RETURNING 1
  ), started AS (
    INSERT INTO orders (event, order_id, hold_id, buyer, state, total)
    SELECT event, order_id, hold_id, buyer, 0, total
    FROM unnest($23::int[], $24::uuid[], $25::uuid[], $26::bytea[], $27::bigint[])
         AS new (event, order_id, hold_id, buyer, total)
    WHERE (SELECT by_all FROM held)
    ON CONFLICT ON CONSTRAINT orders_pkey DO UPDATE
    SET hold_id = EXCLUDED.hold_id, buyer = EXCLUDED.buyer, state = 0, total = EXCLUDED.total
    WHERE orders.state IN (4, 9) -- failed, unacknowledged
          OR (orders.total = 0 AND orders.state IN (6, 8)) -- refunded, cancelled
    RETURNING 1
  ), advanced AS (
    UPDATE orders AS old SET state = new.state
    FROM unnest($28::int[], $29::uuid[], $30::int[]) AS new (event, order_id, state)
    WHERE old.event = new.event AND old.order_id = new.order_id AND (SELECT by_all FROM held)
    RETURNING 1
  )
  SELECT by_all, CASE WHEN by_all THEN ensure_agreement(
    (SELECT count(*) FROM swapped) = cardinality($15::int[])
    AND (SELECT count(*) FROM started) = cardinality($23::int[])
    AND (SELECT count(*) FROM advanced) = cardinality($28::int[])) END
  FROM held
)sql"};

constexpr prepared find_head{"find_head", R"sql(
  SELECT s.number, s.event, j.link FROM event e
  JOIN shard s ON s.event = e.number AND s.kind = $2::int AND s.section = $3::int
  LEFT JOIN journal j ON j.shard = s.number AND j.seq = $4::bigint
  WHERE e.id = $1::text
)sql"};

constexpr prepared find_epoch{"find_epoch", R"sql(
  SELECT s.epoch FROM event e JOIN shard s ON s.event = e.number AND s.kind = $2::int AND s.section = $3::int
  WHERE e.id = $1::text
)sql"};

} // namespace

/// The statement's arguments, in its order.
struct appender::arguments {
  using type = array_parameter::type;

  struct {
    array_parameter shard{type::int4}, epoch{type::int8};
  } fence;
  struct {
    array_parameter shard{type::int4}, seq{type::int8}, epoch{type::int8}, at{type::int8}, link{type::bytea},
        fact{type::bytea};
  } facts;
  struct {
    array_parameter event{type::int4}, section{type::int4}, seat{type::int8}, order{type::uuid}, buyer{type::bytea},
        price{type::int8};
  } first_sales;
  struct {
    array_parameter event{type::int4}, section{type::int4}, seat{type::int8}, version{type::int8}, sold{type::boolean},
        order{type::uuid}, buyer{type::bytea}, price{type::int8};
  } swaps;
  struct {
    array_parameter event{type::int4}, order{type::uuid}, hold{type::uuid}, buyer{type::bytea}, total{type::int8};
  } starts;
  struct {
    array_parameter event{type::int4}, order{type::uuid}, state{type::int4};
  } advances;
  std::string fact_bytes;
  std::vector<seat_change> seat_changes;

  template <class Visitor>
  void each_of_facts(Visitor visit) {
    for (auto* array :
         {&fence.shard, &fence.epoch, &facts.shard, &facts.seq, &facts.epoch, &facts.at, &facts.link, &facts.fact})
      visit(*array);
  }
  template <class Visitor>
  void each_of_rows(Visitor visit) {
    for (auto* array :
         {&first_sales.event, &first_sales.section, &first_sales.seat, &first_sales.order, &first_sales.buyer,
          &first_sales.price, &swaps.event,         &swaps.section,    &swaps.seat,        &swaps.version,
          &swaps.sold,        &swaps.order,         &swaps.buyer,      &swaps.price,       &starts.event,
          &starts.order,      &starts.hold,         &starts.buyer,     &starts.total,      &advances.event,
          &advances.order,    &advances.state})
      visit(*array);
  }
  void clear() {
    auto empty = [](array_parameter& array) { array.clear(); };
    each_of_facts(empty);
    each_of_rows(empty);
  }
  [[nodiscard]] bool without_rows() const {
    return first_sales.event.size() + swaps.event.size() + starts.event.size() + advances.event.size() == 0;
  }
};

appender::appender(connection& db) : db_(db), arguments_(std::make_unique<arguments>()) {}

appender::~appender() = default;

std::vector<append_result> appender::append(std::span<const journal_entry> group) {
  results_.assign(group.size(), append_result::written);
  stopped_.clear();
  try {
    positions chosen;
    for (std::size_t begin = 0; begin < group.size();) {
      auto end = end_of_batch(group, begin);
      chosen.clear();
      for (; begin < end; ++begin) {
        if (auto reason = stopped_.find(group[begin].shard); reason != stopped_.end())
          results_[begin] = reason->second;
        else
          chosen.push_back(begin);
      }
      if (!chosen.empty())
        settle(group, chosen);
    }
  } catch (...) {
    heads_.clear(); // what was written is unknown
    throw;
  }
  return results_;
}

std::size_t appender::end_of_batch(std::span<const journal_entry> group, std::size_t begin) {
  std::unordered_map<domain::shard_id, const journal_entry*> latest;
  std::set<std::pair<domain::shard_id, domain::seat_no>> seats;
  std::set<domain::order_id> orders;
  std::vector<seat_change> changes;
  for (auto position = begin; position < group.size(); ++position) {
    const auto& entry = group[position];
    auto& before = latest[entry.shard];
    if (before != nullptr && (before->epoch != entry.epoch || before->seq.value() + 1 != entry.seq.value()))
      return position;
    before = &entry;
    changes.clear();
    append_seat_changes(entry, changes);
    for (const auto& change : changes)
      if (!seats.emplace(entry.shard, change.seat).second && position > begin)
        return position;
    if (auto change = order_change_of(entry); change && !orders.insert(change->order).second)
      return position;
  }
  return group.size();
}

// ---- finding the guilty entries ----

void appender::settle(std::span<const journal_entry> group, const positions& chosen) {
  auto result = write(group, chosen);
  auto elsewhere = [&](std::size_t position) { return group[position].shard != group[chosen.front()].shard; };
  if (result == append_result::written)
    return;
  if (std::any_of(chosen.begin(), chosen.end(), elsewhere))
    settle_each_shard(group, chosen);
  else if (chosen.size() > 1 && result != append_result::fenced)
    settle_each_entry(group, chosen);
  else
    note(group, chosen, result);
}

void appender::settle_each_shard(std::span<const journal_entry> group, const positions& chosen) {
  std::unordered_map<domain::shard_id, positions> by_shard;
  for (auto position : chosen)
    by_shard[group[position].shard].push_back(position);
  for (const auto& [shard, own] : by_shard)
    settle(group, own);
}

void appender::settle_each_entry(std::span<const journal_entry> group, const positions& chosen) {
  for (std::size_t i = 0; i < chosen.size(); ++i) {
    auto result = write(group, {chosen[i]});
    if (result == append_result::written)
      continue;
    note(group, {chosen.begin() + static_cast<std::ptrdiff_t>(i), chosen.end()}, result);
    return;
  }
}

void appender::note(std::span<const journal_entry> group, const positions& chosen, append_result result) {
  for (auto position : chosen) {
    results_[position] = result;
    stopped_.emplace(group[position].shard, result);
  }
}

// ---- one statement ----

append_result appender::write(std::span<const journal_entry> group, const positions& chosen) {
  if (generation_ != db_.generation()) {
    heads_.clear();
    generation_ = db_.generation();
  }
  journal_heads heads;
  if (!fill(group, chosen, heads))
    return why_out_of_place(group[chosen.front()]);
  auto result = run_statement();
  if (result == append_result::written)
    for (auto& [shard, head] : heads)
      heads_.insert_or_assign(shard, head);
  return result;
}

bool appender::fill(std::span<const journal_entry> group, const positions& chosen, journal_heads& heads) {
  auto& to = *arguments_;
  to.clear();
  for (auto position : chosen) {
    const auto& entry = group[position];
    auto place = heads.find(entry.shard);
    if (place == heads.end()) {
      auto head = head_before(entry);
      if (!head)
        return false;
      place = heads.emplace(entry.shard, *head).first;
      to.fence.shard.add(head->shard);
      to.fence.epoch.add(number(entry.epoch.value()));
    }
    auto& head = place->second;
    to.fact_bytes.clear();
    encode(entry.fact, to.fact_bytes);
    head.link = next_link(head.link, entry.seq, entry.epoch, entry.at, to.fact_bytes);
    head.last = entry.seq;
    to.facts.shard.add(head.shard);
    to.facts.seq.add(number(entry.seq.value()));
    to.facts.epoch.add(number(entry.epoch.value()));
    to.facts.at.add(static_cast<std::int64_t>(entry.at.time_since_epoch().count()));
    to.facts.link.add(bytes_of(head.link));
    to.facts.fact.add(to.fact_bytes);
    fill_rows(entry, head.event);
  }
  return true;
}

void appender::fill_rows(const journal_entry& entry, std::int64_t event) {
  auto& to = *arguments_;
  to.seat_changes.clear();
  append_seat_changes(entry, to.seat_changes);
  for (const auto& change : to.seat_changes) {
    auto order = to_bytes(change.order);
    auto buyer = change.buyer == nullptr ? std::string_view{} : std::string_view{change.buyer->value()};
    auto add = [&](auto& rows) {
      rows.event.add(event);
      rows.section.add(std::int64_t{change.section.value()});
      rows.seat.add(std::int64_t{change.seat.value()});
      rows.order.add(view(order));
      rows.buyer.add(buyer);
      rows.price.add(change.price);
    };
    if (change.makes_row()) {
      add(to.first_sales);
      continue;
    }
    add(to.swaps);
    to.swaps.version.add(std::int64_t{change.version});
    to.swaps.sold.add(std::int64_t{change.sold});
  }
  auto change = order_change_of(entry);
  if (!change)
    return;
  auto order = to_bytes(change->order);
  if (change->started == nullptr) {
    to.advances.event.add(event);
    to.advances.order.add(view(order));
    to.advances.state.add(static_cast<std::int64_t>(change->state));
    return;
  }
  to.starts.event.add(event);
  to.starts.order.add(view(order));
  to.starts.hold.add(view(to_bytes(change->started->hold)));
  to.starts.buyer.add(change->started->buyer.value());
  to.starts.total.add(change->started->total);
}

std::optional<journal_head> appender::head_before(const journal_entry& entry) {
  if (entry.seq.value() == 0)
    return std::nullopt;
  auto before = domain::fact_seq{entry.seq.value() - 1};
  if (auto known = heads_.find(entry.shard); known != heads_.end() && known->second.last == before)
    return known->second;
  auto rows = db_.run(find_head, {as_bytes(entry.shard.event.value()), static_cast<int>(entry.shard.kind),
                                  static_cast<int>(entry.shard.section.value()), number(before.value())});
  if (rows.empty())
    return std::nullopt;
  auto row = rows.front();
  journal_head head{row[0].as<std::int64_t>(), row[1].as<std::int64_t>(), before, first_link(entry.shard)};
  if (before.value() == 0)
    return head;
  if (row[2].is_null())
    return std::nullopt;
  auto link = row[2].as<pqxx::bytes>();
  head.link = link_from({reinterpret_cast<const char*>(link.data()), link.size()});
  return head;
}

append_result appender::run_statement() {
  pqxx::params all;
  auto add = [&all](array_parameter& array) { all.append(as_bytes(array.bytes())); };
  bool facts_only = arguments_->without_rows();
  all.reserve(30);
  arguments_->each_of_facts(add);
  if (!facts_only)
    arguments_->each_of_rows(add);
  try {
    auto rows = db_.run(facts_only ? append_facts : append_facts_and_rows, all);
    return rows.front()[0].as<bool>() ? append_result::written : append_result::fenced;
  } catch (const refused_statement& refusal) {
    // A sequence number that is taken violates the journal's key; everything else is about the other tables.
    bool about_journal = std::string_view{refusal.what()}.find("journal_pkey") != std::string_view::npos;
    return about_journal ? append_result::conflict : append_result::disagreed;
  } catch (const data_refused& refusal) {
    // No fact can be like that, unless the domain has a fault. Its shard stops; the others' facts are written.
    log::of("persistence").critical("a fact cannot be kept: {}", refusal.what());
    return append_result::disagreed;
  }
}

append_result appender::why_out_of_place(const journal_entry& entry) {
  auto rows = db_.run(find_epoch, {as_bytes(entry.shard.event.value()), static_cast<int>(entry.shard.kind),
                                   static_cast<int>(entry.shard.section.value())});
  bool own = !rows.empty() && rows.front()[0].as<std::int64_t>() == number(entry.epoch.value());
  return own ? append_result::conflict : append_result::fenced;
}

} // namespace usher::persistence::postgres
