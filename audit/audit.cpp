#include "audit/audit.hpp"

#include "audit/findings.hpp"
#include "audit/order_ledger.hpp"
#include "audit/section_ledger.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

namespace usher::audit {

using namespace domain;
using persistence::examined_entry;

namespace {

/// What must hold for every shard's journal, whatever its facts mean.
class sequence_check {
public:
  sequence_check(const std::vector<persistence::stored_shard>& shards, audit_findings& findings) : findings_(findings) {
    for (const auto& row : shards)
      shards_.emplace(row.shard, standing{row.epoch, row.noted, {}});
  }

  void read(const examined_entry& entry) {
    if (entry.shard != shard_)
      begin(entry.shard);
    auto expected = fact_seq{last_.value() + 1};
    if (entry.seq != expected)
      findings_.add(0, shard_, entry.seq,
                    "facts are missing before this one: " + std::to_string(expected.value()) + " is not there");
    else if (!entry.chained)
      findings_.add(0, shard_, entry.seq,
                    "the fact or one next to it was changed after it was written: the chain is broken");
    if (entry.epoch < epoch_)
      findings_.add(4, shard_, entry.seq, "the fact carries an older epoch than the one before it");
    if (entry.epoch > standing_->epoch_now)
      findings_.add(4, shard_, entry.seq, "the fact carries an epoch that its shard has not reached");
    last_ = entry.seq;
    epoch_ = std::max(epoch_, entry.epoch);
    standing_->last = entry.seq;
  }

  /// If a shard's newest fact is lost, no later one shows the gap; so the store notes how far the journal reached.
  void finish() {
    for (const auto& [shard, found] : shards_)
      if (found.last < found.noted)
        findings_.add(0, shard, found.last,
                      "the newest facts are missing: fact " + std::to_string(found.noted.value()) + " was there");
  }

private:
  struct standing {
    epoch epoch_now;
    fact_seq noted; ///< the journal once reached this fact
    fact_seq last;  ///< and now reaches this one
  };

  void begin(const shard_id& shard) {
    shard_ = shard;
    last_ = {};
    epoch_ = {};
    standing_ = &shards_[shard];
  }

  audit_findings& findings_;
  std::map<shard_id, standing> shards_;
  shard_id shard_; // no event has an empty name, so the first entry begins a shard
  fact_seq last_;
  epoch epoch_;
  standing* standing_ = nullptr; ///< of `shard_`
};

/// A waiting room never gives a number out twice and never goes back.
class number_check {
public:
  number_check(shard_id shard, audit_findings& findings, std::optional<persistence::stored_snapshot> snapshot)
      : shard_(std::move(shard)), findings_(findings), snapshot_(std::move(snapshot)) {}

  void read(const examined_entry& entry, const fact& fact) {
    note(entry, fact);
    last_ = entry.seq;
    if (snapshot_ && !snapshot_->is_outdated && snapshot_->upto == entry.seq)
      compare_snapshot(entry);
  }

  void finish() {
    if (snapshot_ && (snapshot_->upto > last_ || snapshot_->upto == fact_seq{}))
      findings_.add(0, shard_, snapshot_->upto, "the snapshot stands for facts that are not in the journal");
  }

private:
  void note(const examined_entry& entry, const fact& fact) {
    if (const auto* block = std::get_if<numbers_reserved>(&fact)) {
      if (block->up_to <= reserved_)
        findings_.add(7, shard_, entry.seq, "numbers are reserved that were reserved before");
      reserved_ = block->up_to;
    } else if (const auto* turns = std::get_if<turns_taken>(&fact)) {
      for (const auto& span : turns->numbers)
        if (span.last > reserved_)
          return findings_.add(7, shard_, entry.seq, "a number has a turn that was never reserved");
      mark(turns->numbers, turns_);
    } else {
      findings_.add(0, shard_, entry.seq, std::string{name_of(fact)} + " is no fact of a waiting room");
    }
  }

  /// A room's snapshot must neither give a number out again nor forget a turn that was written down.
  void compare_snapshot(const examined_entry& entry) {
    queue_number reserved;
    std::vector<bool> turns;
    for (const auto& x : snapshot_->facts) {
      if (const auto* block = std::get_if<numbers_reserved>(&x))
        reserved = block->up_to;
      else if (const auto* taken = std::get_if<turns_taken>(&x))
        mark(taken->numbers, turns);
      else if (const auto* used_up = std::get_if<numbers_used_up>(&x))
        mark(used_up->numbers, turns);
    }
    auto forgets = [&] {
      for (std::size_t number = 0; number < turns_.size(); ++number)
        if (turns_[number] && (number >= turns.size() || !turns[number]))
          return true;
      return false;
    };
    if (reserved < reserved_ || forgets())
      findings_.add(0, shard_, entry.seq, "the snapshot is behind what the facts up to it say");
  }

  /// Limited to reserved numbers, so that this is bounded, too.
  void mark(const std::vector<number_span>& spans, std::vector<bool>& numbers) const {
    for (const auto& span : spans) {
      auto last = static_cast<std::size_t>(std::min(span.last, reserved_).value());
      if (last >= numbers.size())
        numbers.resize(last + 1);
      for (auto number = static_cast<std::size_t>(span.first.value()); number <= last; ++number)
        numbers[number] = true;
    }
  }

  shard_id shard_;
  audit_findings& findings_;
  std::optional<persistence::stored_snapshot> snapshot_;
  fact_seq last_;
  queue_number reserved_;
  std::vector<bool> turns_; ///< by number: whether it has had its turn
};

/// A shard's snapshot; an unreadable one is a violation, and the audit goes on as if there were none.
std::optional<persistence::stored_snapshot> read_snapshot(persistence::booking_store& store, const shard_id& shard,
                                                          audit_findings& findings) {
  try {
    return store.snapshot(shard);
  } catch (const persistence::store_broken& unreadable) {
    findings.add(0, shard, {}, unreadable.what());
    return std::nullopt;
  }
}

/// One audit under way.
class auditor {
public:
  auditor(persistence::booking_store& store, const shared_plan& plan, const audit_limits& limits, audit_report& report)
      : store_(store), plan_(plan), report_(report), findings_(report, limits),
        orders_({shard_kind::event, report.event, {}}, findings_,
                read_snapshot(store, {shard_kind::event, report.event, {}}, findings_)),
        numbers_({shard_kind::waiting_room, report.event, {}}, findings_,
                 read_snapshot(store, {shard_kind::waiting_room, report.event, {}}, findings_)) {}

  void run() {
    open_sections();
    read_journal();
    compare_sold_seats();
    orders_.compare_with(sections_);
    orders_.compare_with(store_.orders(report_.event));
    balance();
  }

private:
  void open_sections() {
    for (std::size_t i = 0; i < plan_->sections().size(); ++i) {
      shard_id shard{shard_kind::section, report_.event, section_no{static_cast<std::uint16_t>(i)}};
      sections_.try_emplace(shard.section, shard, plan_, findings_, read_snapshot(store_, shard, findings_));
    }
  }

  void read_journal() {
    auto shards = store_.shards(report_.event);
    find_missing(shards);
    sequence_check sequence{shards, findings_};
    event_activity served;
    store_.examine_journal(report_.event, [&](const examined_entry& entry) {
      ++report_.facts;
      sequence.read(entry);
      served.note(entry.at);
      if (entry.fact)
        read(entry);
      else
        findings_.add(0, entry.shard, entry.seq, "the bytes in the journal are no fact");
    });
    sequence.finish();
    orders_.finish();
    numbers_.finish();
    for (auto& [section, ledger] : sections_)
      ledger.finish(served);
  }

  /// If a shard is missing, so are its facts.
  void find_missing(const std::vector<persistence::stored_shard>& shards) {
    auto look_for = [&](const shard_id& wanted) {
      if (std::none_of(shards.begin(), shards.end(), [&](const auto& row) { return row.shard == wanted; }))
        findings_.add(0, wanted, {}, "the shard is not there");
    };
    look_for({shard_kind::event, report_.event, {}});
    look_for({shard_kind::waiting_room, report_.event, {}});
    for (const auto& [section, ledger] : sections_)
      look_for({shard_kind::section, report_.event, section});
  }

  void read(const examined_entry& entry) {
    if (entry.shard.kind == shard_kind::event)
      return orders_.read(entry, *entry.fact);
    if (entry.shard.kind == shard_kind::waiting_room)
      return numbers_.read(entry, *entry.fact);
    if (auto found = sections_.find(entry.shard.section); found != sections_.end())
      return found->second.read(entry, *entry.fact);
    findings_.add(0, entry.shard, entry.seq, "the plan has no such section");
  }

  void compare_sold_seats() {
    std::map<section_no, std::vector<bool>> in_table;
    for (const auto& [section, ledger] : sections_)
      in_table[section].resize(ledger.seats().size());
    for (const auto& row : store_.sold_seats(report_.event)) {
      shard_id shard{shard_kind::section, report_.event, row.section};
      auto name = "seat " + std::to_string(row.seat.value());
      auto ledger = sections_.find(row.section);
      if (ledger == sections_.end() || row.seat.value() >= ledger->second.seats().size()) {
        findings_.add(0, shard, {}, name + " is in the table of sold seats and not in the plan");
        continue;
      }
      if (in_table[row.section][row.seat.value()])
        findings_.add(0, shard, {}, name + " is twice in the table of sold seats");
      in_table[row.section][row.seat.value()] = true;
      const auto& seat = ledger->second.seats()[row.seat.value()];
      if (seat.version == 0)
        findings_.add(0, shard, {}, name + " is in the table of sold seats and was never sold in the journal");
      else if (row.version != seat.version || row.sold != (seat.state == seat_state::sold) || row.order != seat.order
               || row.buyer != seat.buyer || row.price != seat.price)
        findings_.add(0, shard, {}, name + " differs between the table of sold seats and the journal");
    }
    for (const auto& [section, ledger] : sections_)
      for (std::uint32_t seat = 0; seat < ledger.seats().size(); ++seat)
        if (ledger.seats()[seat].version != 0 && !in_table[section][seat])
          findings_.add(0, {shard_kind::section, report_.event, section}, {},
                        "seat " + std::to_string(seat)
                            + " was sold in the journal and is not in the table of sold seats");
  }

  void balance() {
    report_.capacity = plan_->capacity();
    for (const auto& [section, ledger] : sections_) {
      const auto& own = ledger.totals();
      const auto& planned = plan_->section(section);
      if (planned.capacity() == 0 && own == section_totals{})
        continue; // only earlier plans had it
      report_.sections.push_back({section, planned.id, planned.capacity(), own});
      report_.totals.free += own.free;
      report_.totals.held += own.held;
      report_.totals.sold += own.sold;
      report_.totals.blocked += own.blocked;
      report_.totals.revenue += own.revenue;
      report_.totals.refunded += own.refunded;
    }
    orders_.count_states(report_);
  }

  persistence::booking_store& store_;
  const shared_plan& plan_;
  audit_report& report_;
  audit_findings findings_;
  order_ledger orders_;
  number_check numbers_;
  std::map<section_no, section_ledger> sections_;
};

} // namespace

audit_report audit(persistence::booking_store& store, const event_id& event, const shared_plan& plan,
                   const audit_limits& limits) {
  auto given = [&plan] { return plan; };
  return audit(store, event, given, limits).value();
}

std::optional<audit_report> audit(persistence::booking_store& store, const event_id& event,
                                  const std::function<shared_plan()>& read_plan, const audit_limits& limits) {
  std::optional<audit_report> report;
  store.at_one_moment([&] {
    report.reset();
    auto plan = read_plan();
    if (!plan)
      return;
    report.emplace().event = event;
    auditor{store, plan, limits, *report}.run();
  });
  return report;
}

} // namespace usher::audit
