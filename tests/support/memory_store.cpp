#include "tests/support/memory_store.hpp"

#include "failpoint/plant.hpp"
#include "persistence/row_changes.hpp"

#include <algorithm>
#include <utility>

namespace usher::tests {

using namespace persistence;

namespace {

/// The compare part of a sold seat's compare-and-swap.
bool follows(const seat_change& change, const sold_row& row) {
  return row.version + 1 == change.version && row.sold != change.sold && (change.sold || row.order == change.order);
}

} // namespace

void memory_books::set(store_fault fault) {
  std::lock_guard lock{guard_};
  fault_ = fault;
  fault_changed_.notify_all();
}

void memory_books::set_now(domain::instant now) {
  std::lock_guard lock{guard_};
  now_ = now;
}

std::size_t memory_books::groups() const {
  std::lock_guard lock{guard_};
  return groups_;
}

std::vector<domain::fact> memory_books::facts(const domain::shard_id& shard) const {
  std::lock_guard lock{guard_};
  std::vector<domain::fact> result;
  if (auto found = tables_.shards.find(shard); found != tables_.shards.end())
    for (const auto& entry : found->second.journal)
      result.push_back(entry.fact);
  return result;
}

std::size_t memory_books::snapshots_kept() const {
  std::lock_guard lock{guard_};
  return snapshots_kept_;
}

void memory_books::lock(const domain::shard_id& shard, incarnation whose) {
  std::lock_guard lock{guard_};
  locked_.insert_or_assign(shard, whose);
}

void memory_books::let_go(const domain::shard_id& shard) {
  std::lock_guard lock{guard_};
  locked_.erase(shard);
}

void memory_books::forge_sale(const domain::event_id& event, const sold_row& row) {
  std::lock_guard lock{guard_};
  tables_.sold[{event, row.section, row.seat}] = row;
}

domain::instant memory_store::now() {
  std::lock_guard lock{books_->guard_};
  return books_->now_;
}

bool memory_store::add_event(const stored_event& event, std::uint16_t sections) {
  std::lock_guard lock{books_->guard_};
  if (books_->tables_.events.contains(event.id))
    return false;
  write_event(event, sections);
  return true;
}

bool memory_store::replace_plan(const stored_event& event, std::uint16_t sections, domain::epoch own) {
  std::lock_guard lock{books_->guard_};
  if (books_->fault_ == store_fault::unavailable)
    throw store_unavailable{"the memory store was told to fail"};
  auto found = books_->tables_.shards.find({domain::shard_kind::event, event.id, {}});
  if (found == books_->tables_.shards.end() || found->second.epoch != own)
    return false;
  write_event(failpoint::planted("numbering_not_kept") ? stored_event{event.id, event.plan, {}} : event, sections);
  return true;
}

void memory_store::write_event(const stored_event& event, std::uint16_t sections) {
  auto is_new = books_->tables_.events.insert_or_assign(event.id, event).second;
  books_->tables_.revisions[event.id] += is_new ? 0 : 1;
  books_->tell({.events = {event.id}});
  books_->tables_.shards.try_emplace({domain::shard_kind::event, event.id, {}});
  books_->tables_.shards.try_emplace({domain::shard_kind::waiting_room, event.id, {}});
  for (std::uint16_t i = 0; i < sections; ++i)
    books_->tables_.shards.try_emplace({domain::shard_kind::section, event.id, domain::section_no{i}});
}

std::vector<stored_event> memory_store::events() {
  std::lock_guard lock{books_->guard_};
  std::vector<stored_event> result;
  for (const auto& [id, event] : books_->tables_.events)
    result.push_back(event);
  return result;
}

std::vector<std::optional<domain::epoch>> memory_store::claim_shards(std::span<const wanted_shard> wanted,
                                                                     std::string_view owner) {
  std::lock_guard lock{books_->guard_};
  if (books_->fault_ == store_fault::unavailable || books_->fault_ == store_fault::lost_answer)
    throw store_unavailable{"the memory store was told to fail"};
  std::vector<std::optional<domain::epoch>> taken;
  for (const auto& want : wanted) {
    auto found = books_->tables_.shards.find(want.shard);
    auto& epoch = taken.emplace_back();
    if (found == books_->tables_.shards.end() || (want.seen && *want.seen != found->second.epoch))
      continue;
    auto& row = found->second;
    if (!failpoint::planted("claim_keeps_epoch") || row.epoch == domain::epoch{})
      row.epoch = domain::epoch{row.epoch.value() + 1};
    row.owner = owner;
    epoch = row.epoch;
  }
  auto is_taken = [](const auto& epoch) { return epoch.has_value(); };
  if (books_->fault_ == store_fault::lost_claim && std::any_of(taken.begin(), taken.end(), is_taken))
    throw store_unavailable{"the memory store was told to lose its answer"};
  return taken;
}

std::vector<std::optional<shard_history>> memory_store::histories(std::span<const owned_shard> owned) {
  std::lock_guard lock{books_->guard_};
  if (books_->fault_ == store_fault::unavailable)
    throw store_unavailable{"the memory store was told to fail"};
  std::vector<std::optional<shard_history>> all;
  for (const auto& [shard, epoch] : owned) {
    auto found = books_->tables_.shards.find(shard);
    auto& history = all.emplace_back();
    if (found == books_->tables_.shards.end() || found->second.epoch != epoch)
      continue;
    const auto& row = found->second;
    history.emplace(shard_history{epoch, domain::fact_seq{row.journal.size()}, {}, {}});
    std::size_t begin = 0;
    if (row.snapshot) {
      history->snapshot = row.snapshot->facts;
      begin = row.snapshot->upto.value();
    }
    for (auto i = begin; i < row.journal.size(); ++i)
      history->facts.push_back(row.journal[i].fact);
  }
  return all;
}

std::vector<append_result> memory_store::append(std::span<const journal_entry> group) {
  std::unique_lock lock{books_->guard_};
  books_->fault_changed_.wait(lock, [this] { return books_->fault_ != store_fault::paused; });
  if (books_->fault_ == store_fault::unavailable || books_->fault_ == store_fault::lost_claim
      || books_->fault_ == store_fault::full)
    throw store_unavailable{"the memory store was told to fail"};
  if (books_->fault_ == store_fault::broken)
    throw store_broken{"the memory store was told to break"};
  ++books_->groups_;
  std::map<domain::shard_id, append_result> stopped;
  std::vector<append_result> results;
  for (const auto& entry : group) {
    if (auto before = stopped.find(entry.shard); before != stopped.end()) {
      results.push_back(before->second);
      continue;
    }
    results.push_back(append_one(entry));
    if (results.back() != append_result::written)
      stopped.emplace(entry.shard, results.back());
  }
  if (books_->fault_ == store_fault::lost_answer)
    throw store_unavailable{"the memory store was told to lose its answer"};
  if (books_->fault_ == store_fault::mute)
    results.clear();
  return results;
}

append_result memory_store::append_one(const journal_entry& entry) {
  auto found = books_->tables_.shards.find(entry.shard);
  if (found == books_->tables_.shards.end())
    return append_result::fenced;
  if (found->second.epoch != entry.epoch && !failpoint::planted("stale_fact_written"))
    return append_result::fenced;
  auto& journal = found->second.journal;
  if (entry.seq.value() != journal.size() + 1)
    return append_result::conflict;
  if (!change_rows(entry))
    return append_result::disagreed;
  journal.push_back(entry);
  return append_result::written;
}

bool memory_store::change_rows(const journal_entry& entry) {
  std::vector<seat_change> changes;
  append_seat_changes(entry, changes);
  for (const auto& change : changes)
    if (!follows(change, books_->tables_.sold[{entry.shard.event, change.section, change.seat}]))
      return false;
  if (auto change = order_change_of(entry)) {
    auto key = memory_books::order_key{entry.shard.event, change->order};
    auto present = books_->tables_.orders.find(key);
    auto is_vacant = present == books_->tables_.orders.end() || present->second.state == domain::order_state::failed
                     || present->second.state == domain::order_state::unacknowledged
                     || (present->second.total == 0
                         && (present->second.state == domain::order_state::refunded
                             || present->second.state == domain::order_state::cancelled));
    if (change->started ? !is_vacant : present == books_->tables_.orders.end())
      return false;
    if (change->started)
      books_->tables_.orders[key] = {change->order, change->started->hold, change->started->buyer,
                                     domain::order_state::started, change->started->total};
    else
      present->second.state = change->state;
  }
  for (const auto& change : changes) {
    auto& row = books_->tables_.sold[{entry.shard.event, change.section, change.seat}];
    auto buyer = change.buyer ? *change.buyer : row.buyer;
    row = {change.section, change.seat, change.version, change.sold, change.order, buyer, change.price};
  }
  return true;
}

void memory_store::put_snapshot(const domain::shard_id& shard, domain::epoch epoch, domain::fact_seq upto,
                                const std::vector<domain::fact>& facts) {
  std::lock_guard lock{books_->guard_};
  auto found = books_->tables_.shards.find(shard);
  if (found == books_->tables_.shards.end() || found->second.epoch != epoch
      || upto.value() > found->second.journal.size())
    return;
  auto& row = found->second;
  if (row.snapshot && row.snapshot->upto > upto)
    return;
  row.snapshot = stored_snapshot{epoch, upto, facts};
  ++books_->snapshots_kept_;
}

std::optional<stored_snapshot> memory_store::snapshot(const domain::shard_id& shard) {
  std::lock_guard lock{books_->guard_};
  auto found = readable().shards.find(shard);
  return found == readable().shards.end() ? std::nullopt : found->second.snapshot;
}

void memory_store::note_ends(const domain::event_id& event) {
  std::lock_guard lock{books_->guard_};
  for (auto& [id, row] : books_->tables_.shards)
    if (id.event == event)
      row.noted = domain::fact_seq{row.journal.size()};
}

void memory_store::at_one_moment(const std::function<void()>& work) {
  {
    std::lock_guard lock{books_->guard_};
    moment_ = books_->tables_;
  }
  try {
    work();
  } catch (...) {
    moment_.reset();
    throw;
  }
  moment_.reset();
}

void memory_store::read_journal(const domain::event_id& event, const std::function<void(const journal_entry&)>& each) {
  std::vector<journal_entry> entries;
  {
    std::lock_guard lock{books_->guard_};
    for (const auto& [id, row] : readable().shards)
      if (id.event == event)
        entries.insert(entries.end(), row.journal.begin(), row.journal.end());
  }
  std::for_each(entries.begin(), entries.end(), each);
}

std::vector<sold_row> memory_store::sold_seats(const domain::event_id& event) {
  std::lock_guard lock{books_->guard_};
  std::vector<sold_row> result;
  for (const auto& [key, row] : readable().sold)
    if (std::get<0>(key) == event && row.version > 0)
      result.push_back(row);
  return result;
}

std::vector<order_row> memory_store::orders(const domain::event_id& event) {
  std::lock_guard lock{books_->guard_};
  std::vector<order_row> result;
  for (const auto& [key, row] : readable().orders)
    if (key.first == event)
      result.push_back(row);
  return result;
}

std::vector<stored_shard> memory_store::shards(const domain::event_id& event) {
  std::lock_guard lock{books_->guard_};
  std::vector<stored_shard> result;
  for (const auto& [id, row] : readable().shards)
    if (id.event == event)
      result.push_back({id, row.epoch, row.owner, row.noted});
  return result;
}

std::string memory_store::secret(std::string_view name, const std::function<std::string()>& make) {
  std::lock_guard lock{books_->guard_};
  auto found = books_->secrets_.find(name);
  if (found == books_->secrets_.end())
    found = books_->secrets_.emplace(name, make()).first;
  return found->second;
}

} // namespace usher::tests
