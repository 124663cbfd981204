#include "audit/order_ledger.hpp"

#include "domain/ensure.hpp"

#include <algorithm>
#include <utility>

namespace usher::audit {

using namespace domain;

namespace {

std::string order_name(order_id id) {
  return "order " + to_hex(id);
}

} // namespace

order_ledger::order_ledger(shard_id shard, audit_findings& findings,
                           std::optional<persistence::stored_snapshot> snapshot)
    : shard_(std::move(shard)), findings_(findings), snapshot_(std::move(snapshot)), event_(std::in_place) {}

void order_ledger::read(const entry_type& entry, const fact& fact) {
  last_ = entry.seq;
  auto before = findings_.count();
  std::visit([&](const auto& x) { note(entry, x); }, fact);
  replay(entry, fact, findings_.count() != before);
  compare_snapshot(entry);
}

void order_ledger::finish() {
  if (snapshot_ && (snapshot_->upto > last_ || snapshot_->upto == fact_seq{}))
    findings_.add(0, shard_, snapshot_->upto, "the snapshot stands for facts that are not in the journal");
}

void order_ledger::note(const entry_type& entry, const order_started& fact) {
  minor_units sum = 0;
  for (const auto& seat : fact.seats)
    sum += seat.price;
  if (sum != fact.total)
    findings_.add(5, shard_, entry.seq, order_name(fact.order) + " has another total than its seats cost together");
  auto [position, is_new] = orders_.try_emplace(fact.order, order_record{fact});
  if (is_new)
    return;
  // An order for which no money moved may be tried again under the same key.
  const auto& before = position->second;
  auto is_undone = before.state == order_state::refunded || before.state == order_state::cancelled;
  if (before.state == order_state::failed || before.state == order_state::unacknowledged
      || (is_undone && before.started.total == 0))
    position->second = order_record{fact};
  else
    findings_.add(5, shard_, entry.seq, order_name(fact.order) + " starts twice");
}

void order_ledger::note(const entry_type& entry, const order_advanced& fact) {
  auto found = orders_.find(fact.order);
  if (found == orders_.end()) {
    findings_.add(5, shard_, entry.seq, order_name(fact.order) + " advances although it never started");
    return;
  }
  auto& order = found->second;
  if (fact.state == order_state::confirmed && order.confirmed)
    findings_.add(5, shard_, entry.seq, order_name(fact.order) + " is confirmed twice");
  if (fact.state == order_state::confirmed && !order.charged)
    findings_.add(5, shard_, entry.seq, order_name(fact.order) + " is confirmed although it was not charged");
  if (fact.state == order_state::confirmed && order.cancel_requested)
    findings_.add(5, shard_, entry.seq, order_name(fact.order) + " is confirmed although its buyer had cancelled it");
  order.state = fact.state;
  order.charged = order.charged || fact.state == order_state::charged;
  order.confirmed = order.confirmed || fact.state == order_state::confirmed;
}

void order_ledger::note(const entry_type& entry, const order_cancel_requested& fact) {
  if (auto found = orders_.find(fact.order); found != orders_.end())
    found->second.cancel_requested = true;
  else
    findings_.add(5, shard_, entry.seq, order_name(fact.order) + " is cancelled although it never started");
}

template <class Fact>
void order_ledger::note(const entry_type& entry, const Fact& fact) {
  findings_.add(0, shard_, entry.seq, std::string{name_of(fact)} + " is no fact of an event");
}

void order_ledger::replay(const entry_type& entry, const fact& fact, bool contradicted) {
  if (!event_)
    return;
  try {
    event_->apply(fact);
  } catch (const broken_invariant&) {
    event_.reset();
    if (!contradicted)
      findings_.add(0, shard_, entry.seq, std::string{name_of(fact)} + " contradicts the facts before it");
  }
}

void order_ledger::compare_snapshot(const entry_type& entry) {
  if (!snapshot_ || snapshot_->is_outdated || snapshot_->upto != entry.seq || !event_)
    return;
  try {
    event fresh;
    for (const auto& x : snapshot_->facts)
      fresh.apply(x);
    if (fresh != *event_)
      findings_.add(0, shard_, entry.seq, "the snapshot is not what the facts up to it say");
  } catch (const broken_invariant&) {
    findings_.add(0, shard_, entry.seq, "the snapshot contradicts itself");
  }
}

void order_ledger::compare_with(const std::map<section_no, section_ledger>& sections) {
  for (auto& [id, order] : orders_)
    order.seats_owned = 0;
  for (const auto& [section, ledger] : sections)
    for (std::uint32_t seat = 0; seat < ledger.seats().size(); ++seat)
      if (ledger.seats()[seat].state == seat_state::sold)
        count_owner(ledger.seats()[seat], section, seat_no{seat});
  for (const auto& [id, order] : orders_) {
    bool ended_without = order.state == order_state::failed || order.state == order_state::refunded
                         || order.state == order_state::cancelled || order.state == order_state::unacknowledged;
    if (order.state == order_state::confirmed && order.seats_owned != order.started.seats.size())
      findings_.add(5, shard_, {}, order_name(id) + " is confirmed and does not own all of its seats");
    if (ended_without && order.seats_owned != 0)
      findings_.add(5, shard_, {},
                    order_name(id) + " is " + std::string{to_string(order.state)} + " and still owns seats");
  }
}

void order_ledger::count_owner(const section_ledger::seat_record& seat, section_no section, seat_no number) {
  shard_id place{shard_kind::section, shard_.event, section};
  auto name = "seat " + std::to_string(number.value());
  auto found = orders_.find(seat.order);
  if (found == orders_.end()) {
    findings_.add(5, place, {}, name + " is sold to " + order_name(seat.order) + ", which never started");
    return;
  }
  auto& order = found->second;
  if (!order.charged)
    findings_.add(5, place, {}, name + " is sold to " + order_name(seat.order) + ", which was not charged");
  if (order.started.buyer != seat.buyer)
    findings_.add(1, place, {}, name + " is sold to another buyer than the one of " + order_name(seat.order));
  if (order.started.hold != seat.hold)
    findings_.add(1, place, {}, name + " is sold from another hold than the one of " + order_name(seat.order));
  if (std::count(order.started.seats.begin(), order.started.seats.end(), ordered_seat{section, number, seat.price})
      == 1)
    ++order.seats_owned;
  else
    findings_.add(5, place, {},
                  name + " is sold by " + order_name(seat.order) + ", which has no such seat at that price");
}

void order_ledger::compare_with(const std::vector<persistence::order_row>& table) {
  for (const auto& row : table) {
    auto found = orders_.find(row.order);
    if (found == orders_.end()) {
      findings_.add(0, shard_, {}, order_name(row.order) + " is in the table and not in the journal");
      continue;
    }
    const auto& order = found->second;
    if (row.state != order.state || row.total != order.started.total || row.buyer != order.started.buyer
        || row.hold != order.started.hold)
      findings_.add(0, shard_, {}, order_name(row.order) + " differs between the table and the journal");
  }
  if (table.size() >= orders_.size())
    return; // all of these were reported above
  std::vector<order_id> known;
  known.reserve(table.size());
  for (const auto& row : table)
    known.push_back(row.order);
  std::sort(known.begin(), known.end());
  for (const auto& [id, order] : orders_)
    if (!std::binary_search(known.begin(), known.end(), id))
      findings_.add(0, shard_, {}, order_name(id) + " is in the journal and not in the table");
}

void order_ledger::count_states(audit_report& report) const {
  for (const auto& [id, order] : orders_)
    ++report.orders.at(static_cast<std::size_t>(order.state));
}

} // namespace usher::audit
