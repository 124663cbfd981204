#include "audit/section_ledger.hpp"

#include "domain/ensure.hpp"

#include <algorithm>
#include <utility>

namespace usher::audit {

using namespace domain;

namespace {

std::string seat_name(seat_no seat) {
  return "seat " + std::to_string(seat.value());
}

bool taken(seat_state state) {
  return state == seat_state::held || state == seat_state::sold;
}

/// A broken invariant's sentence, without its place in the source.
std::string sentence_of(const broken_invariant& error) {
  std::string text = error.what();
  auto place = text.find(": ");
  return place == std::string::npos ? text : text.substr(place + 2);
}

} // namespace

section_ledger::section_ledger(shard_id shard, shared_plan plan, audit_findings& findings,
                               std::optional<persistence::stored_snapshot> snapshot)
    : shard_(std::move(shard)), plan_(std::move(plan)), here_(&plan_->section(shard_.section)), findings_(findings),
      snapshot_(std::move(snapshot)), section_(std::in_place, plan_, shard_.section), seats_(here_->numbers_given()) {
  totals_.free = here_->capacity();
}

void section_ledger::read(const entry_type& entry, const fact& fact) {
  last_ = entry.seq;
  auto before = findings_.count();
  std::visit([&](const auto& x) { note(entry, x); }, fact);
  replay(entry, fact, findings_.count() != before);
  compare_snapshot(entry);
}

void section_ledger::finish(const event_activity& served) {
  if (snapshot_ && (snapshot_->upto > last_ || snapshot_->upto == fact_seq{}))
    findings_.add(0, shard_, snapshot_->upto, "the snapshot stands for facts that are not in the journal");
  for (const auto& late : late_ends_)
    judge(late, served);
  for (const auto& [id, hold] : holds_)
    judge({id, hold.until, served.last(), {}, hold.is_paying}, served);
  for (std::uint32_t i = 0; i < seats_.size(); ++i)
    if (taken(seats_[i].state) && !here_->has(seat_no{i}))
      findings_.add(1, shard_, {},
                    seat_name(seat_no{i}) + " has an owner, and the plan no longer has it: it was "
                        + plan_->guid({shard_.section, seat_no{i}}));
}

// ---- what each fact does to the seats ----

void section_ledger::note(const entry_type& entry, const seats_held& fact) {
  live_hold hold{fact.buyer, {}, fact.until, fact.until};
  for (const auto& wanted : fact.seats) {
    auto* seat = find(entry, wanted.seat);
    if (seat == nullptr)
      continue;
    if (taken(seat->state)) {
      find_fault(1, entry,
                 seat_name(wanted.seat) + " is given to hold " + to_hex(fact.hold) + " while it has an owner");
      if (auto other = holds_.find(seat->hold);
          seat->state == seat_state::held && other != holds_.end() && other->second.until > entry.at)
        find_fault(3, entry,
                   "hold " + to_hex(seat->hold) + " loses " + seat_name(wanted.seat) + " before its deadline");
    } else if (seat->state == seat_state::blocked) {
      find_fault(0, entry, seat_name(wanted.seat) + " is held although it is blocked");
    }
    move(*seat, seat_state::held);
    seat->hold = fact.hold;
    hold.seats.push_back(wanted.seat);
  }
  holds_.insert_or_assign(fact.hold, std::move(hold));
}

void section_ledger::note(const entry_type& entry, const hold_ended& fact) {
  auto hold = holds_.find(fact.hold);
  if (hold == holds_.end()) {
    find_fault(0, entry, "hold " + to_hex(fact.hold) + " ends although it is not there");
    return;
  }
  if (fact.why == hold_end::expired && entry.at < hold->second.until)
    find_fault(3, entry, "hold " + to_hex(fact.hold) + " runs out before its deadline");
  end_hold(entry, fact.hold);
}

void section_ledger::note(const entry_type& entry, const payment_started& fact) {
  extend(entry, fact.hold, fact.until, true);
}

void section_ledger::note(const entry_type& entry, const payment_stopped& fact) {
  if (auto hold = holds_.find(fact.hold); hold != holds_.end() && fact.until < hold->second.promised)
    find_fault(3, entry, "hold " + to_hex(fact.hold) + " is cut short when its payment stops");
  extend(entry, fact.hold, fact.until, false);
}

void section_ledger::note(const entry_type& entry, const seats_sold& fact) {
  for (const auto& sale : fact.seats) {
    auto* seat = find(entry, sale.seat);
    if (seat == nullptr)
      continue;
    if (seat->state == seat_state::sold)
      find_fault(1, entry, seat_name(sale.seat) + " is sold although order " + to_hex(seat->order) + " owns it");
    if (seat->state == seat_state::held && seat->hold != fact.hold)
      find_fault(1, entry, seat_name(sale.seat) + " is sold although hold " + to_hex(seat->hold) + " has it");
    seat->hold = fact.hold;
    if (sale.version != seat->version + 1)
      find_fault(5, entry,
                 seat_name(sale.seat) + " is sold with version " + std::to_string(sale.version) + " after "
                     + std::to_string(seat->version));
    if (seat->state == seat_state::sold)
      totals_.revenue -= seat->price;
    move(*seat, seat_state::sold);
    seat->version = sale.version;
    seat->order = fact.order;
    seat->buyer = fact.buyer;
    seat->price = sale.price;
    totals_.revenue += sale.price;
  }
  if (auto hold = holds_.find(fact.hold); hold != holds_.end()) {
    if (hold->second.buyer != fact.buyer)
      find_fault(1, entry, "hold " + to_hex(fact.hold) + " is sold to another buyer than the one who has it");
    end_hold(entry, fact.hold);
  }
}

void section_ledger::note(const entry_type& entry, const seats_returned& fact) {
  for (const auto& back : fact.seats) {
    auto* seat = find(entry, back.seat);
    if (seat == nullptr)
      continue;
    if (seat->state != seat_state::sold || seat->order != fact.order || back.version != seat->version + 1) {
      find_fault(5, entry,
                 seat_name(back.seat) + " comes back from order " + to_hex(fact.order)
                     + ", which does not own it at the version before");
      continue;
    }
    move(*seat, seat_state::free);
    seat->version = back.version;
    totals_.revenue -= seat->price;
    totals_.refunded += back.price;
  }
}

void section_ledger::note(const entry_type& entry, const seats_blocked& fact) {
  for (auto number : fact.seats) {
    auto* seat = find(entry, number);
    if (seat == nullptr)
      continue;
    if (taken(seat->state))
      find_fault(1, entry, seat_name(number) + " is blocked while it has an owner");
    else
      move(*seat, seat_state::blocked);
  }
}

void section_ledger::note(const entry_type& entry, const seats_unblocked& fact) {
  for (auto number : fact.seats) {
    auto* seat = find(entry, number);
    if (seat == nullptr)
      continue;
    if (seat->state != seat_state::blocked)
      find_fault(0, entry, seat_name(number) + " is unblocked although it is not blocked");
    else
      move(*seat, seat_state::free);
  }
}

template <class Fact>
void section_ledger::note(const entry_type& entry, const Fact& fact) {
  find_fault(0, entry, std::string{name_of(fact)} + " is no fact of a section");
}

void section_ledger::extend(const entry_type& entry, hold_id id, instant until, bool is_paying) {
  auto hold = holds_.find(id);
  if (hold == holds_.end()) {
    find_fault(0, entry, "hold " + to_hex(id) + " is paid for although it is not there");
    return;
  }
  hold->second.until = until;
  hold->second.is_paying = is_paying;
}

void section_ledger::end_hold(const entry_type& entry, hold_id id) {
  auto hold = holds_.extract(id);
  const auto& ended = hold.mapped();
  if (entry.at > ended.until + findings_.limits().hold_overrun && late_ends_.size() < findings_.limits().violations)
    late_ends_.push_back({id, ended.until, entry.at, entry.seq, ended.is_paying});
  for (auto number : ended.seats) {
    auto& seat = seats_[number.value()];
    if (seat.state == seat_state::held && seat.hold == id)
      move(seat, seat_state::free);
  }
}

/// No hold ends while nobody serves the event: a deadline within a gap counts from the end of the gap.
void section_ledger::judge(const late_end& late, const event_activity& served) {
  // What was decided in the last moments before a gap may have been lost.
  constexpr domain::seconds last_moments{2};
  auto settled = late.until + last_moments;
  auto next = served.first_since(settled);
  auto due = next > settled ? next : late.until;
  // One that is being paid for gets as much time again whenever its section is started or claimed anew.
  auto most = findings_.limits().hold_overrun + (late.is_paying ? findings_.limits().paying_grace : domain::seconds{0});
  if (late.at <= due + most)
    return;
  auto overrun = std::to_string(most.count()) + " s after its deadline";
  findings_.add(8, shard_, late.seq,
                "hold " + to_hex(late.hold) + (late.seq == fact_seq{} ? " has not ended " : " ends more than ")
                    + overrun + (due > late.until ? ", counted from when its event was served again" : ""));
}

// ---- the books ----

section_ledger::seat_record* section_ledger::find(const entry_type& entry, seat_no seat) {
  if (seat.value() < seats_.size())
    return &seats_[seat.value()];
  find_fault(0, entry, seat_name(seat) + " is not in the plan");
  return nullptr;
}

/// A place that the plan no longer has does not count.
void section_ledger::move(seat_record& record, seat_state to) {
  auto from = std::exchange(record.state, to);
  if (!here_->has(seat_no{static_cast<std::uint32_t>(&record - seats_.data())}))
    return;
  --count(from);
  ++count(to);
}

std::uint32_t& section_ledger::count(seat_state state) {
  switch (state) {
    case seat_state::held:
    case seat_state::paying:
      return totals_.held;
    case seat_state::sold:
      return totals_.sold;
    case seat_state::blocked:
      return totals_.blocked;
    case seat_state::free:
      break;
  }
  return totals_.free;
}

void section_ledger::replay(const entry_type& entry, const fact& fact, bool contradicted) {
  if (!section_)
    return;
  try {
    section_->apply(fact);
    compare_books(entry);
  } catch (const broken_invariant& error) {
    section_.reset();
    if (!contradicted)
      find_fault(0, entry, "the fact contradicts those before it: " + sentence_of(error));
  }
}

void section_ledger::compare_books(const entry_type& entry) {
  const auto& live = section_->totals();
  if (live.free + live.held + live.sold + live.blocked != here_->capacity())
    find_fault(6, entry, "free, held, sold and blocked seats are not the capacity together");
  else if (live != totals_)
    find_fault(6, entry, "the domain counts other seats or another revenue than the facts say");
}

void section_ledger::compare_snapshot(const entry_type& entry) {
  if (!snapshot_ || snapshot_->is_outdated || snapshot_->upto != entry.seq || !section_)
    return;
  try {
    section fresh{plan_, shard_.section};
    for (const auto& x : snapshot_->facts)
      fresh.apply(x);
    if (fresh != *section_)
      find_fault(0, entry, "the snapshot is not what the facts up to it say");
  } catch (const broken_invariant& error) {
    find_fault(0, entry, "the snapshot contradicts itself: " + sentence_of(error));
  }
}

void section_ledger::find_fault(int invariant, const entry_type& entry, std::string sentence) {
  findings_.add(invariant, shard_, entry.seq, std::move(sentence));
}

} // namespace usher::audit
