#include "catalog/event_loader.hpp"

#include "catalog/plan_change.hpp"
#include "domain/event.hpp"
#include "domain/replay.hpp"
#include "log/log.hpp"
#include "messages/refusal.hpp"
#include "messages/sentence.hpp"

#include <exception>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>

namespace usher::catalog {

event_loader::event_loader(keeper_common& core) : core_(core) {}

caf::result<void> event_loader::start_all() {
  if (!core_.settings.shares)
    if (auto refused = start())
      return messages::to_error(*refused);
  if (core_.store.gave_up())
    return messages::to_error(domain::rejection::store_unavailable);
  auto asked = core_.self->make_response_promise<void>();
  starters_.push_back(asked);
  answer_starters();
  return asked;
}

void event_loader::start_again_later() {
  if (core_.store.gave_up()) {
    for (auto& asked : std::exchange(starters_, {}))
      asked.deliver(messages::to_error(domain::rejection::store_unavailable));
    return;
  }
  if (core_.settings.shares || std::exchange(start_again_, true))
    return; // what a node that shares its store still has to start, it tries again by itself
  core_.self->run_delayed(core_.settings.retry, [this] { start_again(); });
}

void event_loader::start_again() {
  if (!start())
    answer_starters();
}

std::optional<domain::refusal> event_loader::start() {
  start_again_ = false;
  auto refused = core_.store.use([this](cluster::shard_claims& claims) { start_stored_events(claims); });
  if (refused)
    start_again_later();
  return refused;
}

void event_loader::start_stored_events(cluster::shard_claims& claims) {
  std::map<domain::event_id, taken_event> taken;
  for (auto& stored : claims.store().events()) {
    if (!core_.running.stands_still(stored.id) || core_.in_work.contains(stored.id))
      continue;
    auto plan = read(stored);
    if (!plan)
      continue;
    auto id = stored.id;
    auto histories = claims.take_over(id, cluster::section_count(*plan));
    if (!histories) {
      core_.store.lose(id);
      continue;
    }
    taken.emplace(id, taken_event{std::move(stored), std::move(plan), *std::move(histories)});
  }
  if (taken.empty())
    return;
  // Until the claim another process could replace the plan; now nobody else can.
  for (const auto& stored : claims.store().events()) {
    auto found = taken.find(stored.id);
    if (found == taken.end())
      continue;
    if (stored == found->second.stored)
      start_taken(claims, found->second);
    else
      start_again_later();
  }
}

/// Null when it cannot be read.
domain::shared_plan event_loader::read(const persistence::stored_event& stored) const {
  try {
    if (auto plan = domain::with_numbers(core_.factories.read_plan(stored.plan), stored.supplement.numbering))
      return plan;
    throw std::runtime_error{"the numbers of its places are of another plan"};
  } catch (const std::exception& unreadable) {
    log::of("cluster").critical("event {} is not served: its stored plan cannot be read: {}", stored.id.value(),
                                unreadable.what());
    return nullptr;
  }
}

void event_loader::start_taken(cluster::shard_claims& claims, taken_event& taken) {
  auto& stored = taken.stored;
  if (!catalog::write_due_settings(claims.store(), stored, taken.histories.event))
    return core_.store.lose(stored.id);
  auto text = std::make_shared<const std::string>(std::move(stored.plan));
  core_.running.serve({}, stored.id, std::move(taken.plan), std::move(text), std::move(taken.histories));
  introduce(stored.id);
}

// ---- announcing ------------------------------------------------------------------

void event_loader::introduce(const domain::event_id& id) {
  auto& event = core_.running.at(id);
  if (!event.event.actor) {
    if (core_.settings.shares)
      introduce_from_afar(id);
    return; // else it is introduced when its own shard is served again
  }
  event.seen_from_afar.reset();
  introducing_.insert(id);
  core_.self->request(event.event.actor, core_.settings.introduction, messages::describe_event{{}, id})
      .then(
          [this](const messages::event_view& view) {
            core_.running.announce(view.id, view.settings, [this, id = view.id] { introduced(id); });
          },
          [this, id](const caf::error& why) {
            log::of("cluster").error("event {} does not report its state: {}", id.value(), messages::to_sentence(why));
            introduced(id);
          });
}

/// Another node has the event's own shard. What that has written says what the event is.
void event_loader::introduce_from_afar(const domain::event_id& id) {
  std::optional<domain::event_settings> settings;
  core_.store.use([&](cluster::shard_claims& claims) { settings = read_settings(claims, id); });
  if (!settings) { // it has just moved on, or the store is away: the next look tries again
    unannounced_.insert(id);
    return;
  }
  unannounced_.erase(id);
  announce_from_afar(id, *settings);
}

void event_loader::announce_from_afar(const domain::event_id& id, const domain::event_settings& settings) {
  core_.running.at(id).seen_from_afar = settings;
  introducing_.insert(id);
  core_.running.announce(id, settings, [this, id] { introduced(id); });
}

void event_loader::look_from_afar(cluster::shard_claims& claims, const domain::event_id& id) {
  auto& event = core_.running.at(id);
  if (event.event.actor || !event.seen_from_afar)
    return;
  auto settings = read_settings(claims, id);
  if (!settings || settings == event.seen_from_afar)
    return;
  announce_from_afar(id, *settings);
}

/// What the journal of an event's own shard says; nothing when that has just got another owner. What is not known to be
/// meant for buyers is hidden.
std::optional<domain::event_settings> event_loader::read_settings(cluster::shard_claims& claims,
                                                                  const domain::event_id& id) const {
  try {
    for (const auto& row : claims.store().shards(id))
      if (row.shard.kind == domain::shard_kind::event) {
        const persistence::owned_shard shard{row.shard, row.epoch};
        if (auto history = std::move(claims.store().histories({&shard, 1}).front())) {
          auto settings = domain::replay(domain::event{}, history->snapshot, history->facts).settings();
          settings.hidden = settings.hidden || settings.name.empty(); // nobody has defined it yet
          return settings;
        }
      }
    return std::nullopt;
  } catch (const persistence::store_unavailable&) {
    throw;
  } catch (const std::exception& unreadable) { // which is for the node to say that has the shard
    log::of("cluster").error("event {} is hidden here, as its settings cannot be read: {}", id.value(),
                             unreadable.what());
    domain::event_settings unknown;
    unknown.hidden = true;
    return unknown;
  }
}

void event_loader::introduced(const domain::event_id& id) {
  introducing_.erase(introducing_.find(id));
  answer_waiting();
}

void event_loader::when_announced(std::function<void()> then) {
  when_announced_.push_back(std::move(then));
  answer_waiting();
}

void event_loader::answer_waiting() {
  if (introducing_.empty())
    for (const auto& then : std::exchange(when_announced_, {}))
      then();
  answer_starters();
}

void event_loader::answer_starters() {
  if (!introducing_.empty() || !unannounced_.empty() || start_again_ || (core_.settings.shares && !has_looked_))
    return;
  for (auto& asked : std::exchange(starters_, {}))
    asked.deliver();
}

// ---- in a store that is shared ---------------------------------------------------

void event_loader::has_looked() {
  has_looked_ = true;
  answer_starters();
}

void event_loader::learn_events(cluster::shard_claims& claims) {
  for (const auto& id : std::exchange(unannounced_, {}))
    introduce(id);
  std::map<domain::event_id, std::uint64_t> changed;
  std::map<domain::event_id, std::uint64_t> gatherers;
  for (const auto& [id, revision, gatherer] : claims.coordination().shared_events()) {
    gatherers.emplace(id, gatherer.value());
    auto is_known = core_.running.knows(id) && core_.running.at(id).revision == revision;
    auto unreadable = unreadable_.find(id);
    if (!is_known && !core_.in_work.contains(id) && (unreadable == unreadable_.end() || unreadable->second != revision))
      changed.emplace(id, revision);
  }
  if (!changed.empty())
    for (auto& stored : claims.store().events())
      if (auto found = changed.find(stored.id); found != changed.end())
        learn(std::move(stored), found->second);
  for (const auto& [id, gatherer] : gatherers)
    if (core_.running.knows(id))
      core_.running.at(id).gatherer = gatherer;
}

void event_loader::learn(persistence::stored_event stored, std::uint64_t revision) {
  auto id = stored.id;
  auto plan = read(stored);
  if (!plan) {
    unreadable_[id] = revision; // said once
    return;
  }
  auto& event = core_.running.know(id, std::move(plan), std::make_shared<const std::string>(std::move(stored.plan)));
  event.supplement = std::move(stored.supplement);
  event.revision = revision;
  introduce(id);
}

bool event_loader::write_due_settings(cluster::shard_claims& claims, const domain::event_id& id,
                                      persistence::shard_history& history) {
  return catalog::write_due_settings(claims.store(), {id, {}, core_.running.at(id).supplement}, history);
}

} // namespace usher::catalog
