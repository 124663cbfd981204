#include "tests/support/memory_coordination.hpp"

#include "domain/ensure.hpp"

#include <algorithm>
#include <map>
#include <tuple>

namespace usher::tests {

using namespace persistence;

namespace {

constexpr std::uint32_t level = 1;

/// Why a node with this name cannot join beside that one.
std::optional<join_obstacle> obstacle(const std::string& name, const std::string& other) {
  if (name == other)
    return name.empty() ? std::nullopt : std::optional{join_obstacle::name_taken};
  if (other.empty())
    return join_obstacle::served_alone;
  return name.empty() ? std::optional{join_obstacle::served_by_cluster} : std::nullopt;
}

} // namespace

template <class Work>
auto memory_coordination::call(const Work& work) {
  std::lock_guard lock{books_->guard_};
  if (books_->fault_ == store_fault::unavailable)
    throw store_unavailable{"the memory store was told to fail"};
  auto answer = work();
  if (books_->fault_ == store_fault::lost_answer)
    throw store_unavailable{"the memory store was told to lose its answer"};
  return answer;
}

member* memory_coordination::living(incarnation it) {
  auto found = books_->members_.find(it);
  return found != books_->members_.end() && is_living(found->second.status) ? &found->second : nullptr;
}

bool memory_coordination::is_owned_by_living(const std::string& owner) const {
  return std::any_of(books_->members_.begin(), books_->members_.end(), [&owner](const auto& one) {
    return is_living(one.second.status) && one.second.card.owner == owner;
  });
}

void memory_coordination::end(member& it, node_status as, std::string_view why) {
  it.status = as;
  it.since = books_->now_;
  it.why = why;
  std::erase_if(books_->cuts_,
                [&](const auto& one) { return one.first.first == it.number || one.first.second == it.number; });
  if (as == node_status::dead)
    std::erase_if(books_->locked_, [&](const auto& one) { return one.second == it.number; });
  books_->tell({.members = true});
}

end_answer memory_coordination::end_unless_beaten(incarnation it, std::uint64_t seen_beat, std::string_view why) {
  auto* accused = living(it);
  if (accused == nullptr)
    return end_answer::gone;
  if (accused->beat != seen_beat)
    return end_answer::alive;
  end(*accused, node_status::dead, why);
  return end_answer::ended;
}

std::variant<incarnation, join_refused> memory_coordination::join(const node_card& card) {
  using answer = std::variant<incarnation, join_refused>;
  return call([&]() -> answer {
    for (const auto& [number, one] : books_->members_)
      if (one.card.owner == card.owner && is_living(one.status))
        return number;
    if (level < card.level_from || level > card.level_to)
      return join_refused{join_obstacle::level};
    for (const auto& [number, one] : books_->members_)
      if (auto why = obstacle(card.name, one.card.name); why && is_living(one.status))
        return join_refused{*why, one};
    for (auto& [number, one] : books_->members_) {
      if (one.card.owner == card.owner)
        throw store_broken{"an owner that has ended does not come back"};
      if (card.name.empty() && one.card.name.empty() && is_living(one.status))
        end(one, node_status::dead, "replaced by " + card.owner);
    }
    incarnation number{books_->members_.size() + 1};
    auto status = card.name.empty() ? node_status::up : node_status::joining;
    books_->members_.emplace(number, member{number, card, status, 0, books_->now_, {}, books_->now_});
    books_->tell({.members = true});
    return number;
  });
}

std::optional<counted_beat> memory_coordination::beat(incarnation me, std::string_view figures) {
  return call([&]() -> std::optional<counted_beat> {
    auto* it = living(me);
    if (it == nullptr)
      return std::nullopt;
    it->beaten = books_->now_;
    it->figures = figures.size() <= figures_bytes_max ? figures : std::string_view{};
    return counted_beat{it->status, ++it->beat, books_->now_};
  });
}

membership memory_coordination::members() {
  return call([&] {
    membership all;
    for (const auto& [number, one] : books_->members_)
      if (is_living(one.status))
        all.members.push_back(one);
    for (const auto& [key, cut] : books_->cuts_)
      all.cuts.push_back(cut);
    if (all.members.empty())
      return all;
    all.now = books_->now_;
    all.rebalances = books_->rebalances_;
    return all;
  });
}

std::optional<member> memory_coordination::find(incarnation it) {
  return call([&]() -> std::optional<member> {
    auto found = books_->members_.find(it);
    return found == books_->members_.end() ? std::nullopt : std::optional{found->second};
  });
}

bool memory_coordination::change_status(incarnation it, node_status to) {
  domain::ensure(to != node_status::joining && to != node_status::dead, "a node is born joining, and dies by others");
  return call([&] {
    auto* one = living(it);
    if (one == nullptr)
      return false;
    if (to == node_status::left) {
      end(*one, to, "");
      return true;
    }
    auto allowed = to == node_status::up ? one->status != node_status::up : one->status == node_status::up;
    if (allowed) {
      one->status = to;
      one->since = books_->now_;
      books_->tell({.members = true});
    }
    return allowed;
  });
}

void memory_coordination::note_cut(incarnation me, incarnation other, cut_kind kind) {
  call([&] {
    auto* it = living(other);
    if (me == other || living(me) == nullptr || it == nullptr)
      return false;
    auto [place, is_new] = books_->cuts_.try_emplace({me, other}, noted_cut{me, other, kind, it->beat, books_->now_});
    if (is_new || std::exchange(place->second.kind, kind) != kind)
      books_->tell({.members = true});
    return true;
  });
}

void memory_coordination::lift_cut(incarnation me, incarnation other) {
  call([&] {
    if (books_->cuts_.erase({me, other}) == 0)
      return false;
    books_->tell({.members = true});
    return true;
  });
}

end_answer memory_coordination::end_node(incarnation me, incarnation it, std::uint64_t seen_beat,
                                         std::string_view why) {
  return call(
      [&] { return living(me) == nullptr ? end_answer::accuser_ended : end_unless_beaten(it, seen_beat, why); });
}

end_answer memory_coordination::end_silent(incarnation it, std::uint64_t seen_beat, std::string_view why) {
  return call([&] { return end_unless_beaten(it, seen_beat, why); });
}

cluster_card memory_coordination::cluster() {
  return call([] { return cluster_card{"7f3a0000-0000-4000-8000-000000000000", level}; });
}

std::vector<std::optional<domain::epoch>> memory_coordination::claim(incarnation me,
                                                                     std::span<const owned_shard> seen) {
  return call([&] {
    const auto* mine = living(me);
    std::vector<std::optional<domain::epoch>> taken;
    for (const auto& one : seen) {
      auto& epoch = taken.emplace_back();
      auto found = books_->tables_.shards.find(one.shard);
      if (mine == nullptr || mine->status == node_status::joining || found == books_->tables_.shards.end()
          || found->second.epoch != one.epoch || books_->locked_.contains(one.shard))
        continue;
      auto& row = found->second;
      auto is_free = mine->status == node_status::up && !is_owned_by_living(row.owner);
      if (row.owner != mine->card.owner && !is_free)
        continue;
      row.epoch = domain::epoch{row.epoch.value() + 1};
      row.owner = mine->card.owner;
      epoch = row.epoch;
    }
    return taken;
  });
}

std::optional<domain::epoch> memory_coordination::give(incarnation me, const owned_shard& shard, incarnation taker) {
  return call([&]() -> std::optional<domain::epoch> {
    const auto* giver = living(me);
    const auto* to = living(taker);
    auto found = books_->tables_.shards.find(shard.shard);
    if (giver == nullptr || to == nullptr || to == giver || to->status != node_status::up
        || found == books_->tables_.shards.end() || found->second.epoch != shard.epoch
        || found->second.owner != giver->card.owner)
      return std::nullopt;
    auto& row = found->second;
    row.epoch = domain::epoch{row.epoch.value() + 1};
    row.owner = to->card.owner;
    books_->tell({.shards = true});
    return row.epoch;
  });
}

std::vector<owned_shards> memory_coordination::owners() {
  return call([&] {
    std::map<std::tuple<domain::event_id, domain::shard_kind, std::string>, std::size_t> counts;
    for (const auto& [shard, row] : books_->tables_.shards)
      ++counts[{shard.event, shard.kind, row.owner}];
    std::vector<owned_shards> all;
    for (const auto& [key, count] : counts)
      all.push_back({std::get<0>(key), std::get<1>(key), std::get<2>(key), count});
    return all;
  });
}

void memory_coordination::rebalance() {
  call([&] {
    books_->tell({.members = true});
    return ++books_->rebalances_;
  });
}

std::vector<shared_event> memory_coordination::shared_events() {
  return call([&] {
    std::vector<shared_event> all;
    for (const auto& [event, revision] : books_->tables_.revisions) {
      auto gatherer = books_->gatherers_.find(event);
      all.push_back({event, revision, gatherer == books_->gatherers_.end() ? incarnation{} : gatherer->second});
    }
    return all;
  });
}

bool memory_coordination::gather(incarnation me, const domain::event_id& event, domain::epoch own) {
  return call([&] {
    const auto* gatherer = living(me);
    auto found = books_->tables_.shards.find({domain::shard_kind::event, event, {}});
    if (gatherer == nullptr || gatherer->status != node_status::up || found == books_->tables_.shards.end()
        || found->second.epoch != own || found->second.owner != gatherer->card.owner)
      return false;
    books_->gatherers_[event] = me;
    books_->tell({.shards = true});
    return true;
  });
}

void memory_coordination::let_go(incarnation me, const domain::event_id& event) {
  call([&] {
    auto found = books_->gatherers_.find(event);
    if (found == books_->gatherers_.end() || found->second != me)
      return false;
    books_->gatherers_.erase(found);
    books_->tell({.shards = true});
    return true;
  });
}

void memory_coordination::keep_draft(const domain::draft_id& token, const plan_draft& draft) {
  call([&] { return books_->drafts_.emplace(token, draft).second; });
}

std::optional<plan_draft> memory_coordination::draft(const domain::draft_id& token) {
  return call([&]() -> std::optional<plan_draft> {
    auto found = books_->drafts_.find(token);
    return found == books_->drafts_.end() ? std::nullopt : std::optional{found->second};
  });
}

void memory_coordination::drop_draft(const domain::draft_id& token) {
  call([&] { return books_->drafts_.erase(token); });
}

store_news memory_coordination::listen(std::chrono::milliseconds patience) {
  std::unique_lock lock{books_->guard_};
  if (!heard_) {
    heard_ = books_->news_.size();
    return {.missed = true};
  }
  books_->news_told_.wait_for(lock, patience, [this] { return books_->news_.size() > *heard_; });
  store_news all;
  for (; *heard_ < books_->news_.size(); ++*heard_) {
    const auto& one = books_->news_[*heard_];
    all.members = all.members || one.members;
    all.shards = all.shards || one.shards;
    all.events.insert(one.events.begin(), one.events.end());
  }
  return all;
}

} // namespace usher::tests
