#include "catalog/event_loader.hpp"

#include "catalog/plan_change.hpp"
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
  if (auto refused = start())
    return messages::to_error(*refused);
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
  if (std::exchange(start_again_, true))
    return;
  core_.self->run_delayed(core_.settings.retry, [this] { start_again(); });
}

void event_loader::start_again(const domain::event_id& mended) {
  mended_.insert(mended);
  start_again();
}

void event_loader::start_again() {
  if (!start())
    answer_starters();
}

std::optional<domain::refusal> event_loader::start() {
  start_again_ = false;
  auto refused = core_.store.use([this](cluster::shard_claims& claims) {
    core_.alone.enter();
    start_stored_events(claims);
  });
  if (refused)
    start_again_later();
  return refused;
}

void event_loader::start_stored_events(cluster::shard_claims& claims) {
  std::map<domain::event_id, taken_event> taken;
  for (auto& stored : claims.store().events()) {
    if (core_.running.contains(stored.id) || core_.in_work.contains(stored.id))
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
  if (!write_due_settings(claims.store(), stored, taken.histories.event))
    return core_.store.lose(stored.id);
  if (!serve(taken))
    return;
  introducing_.insert(stored.id);
  core_.self
      ->request(core_.running.at(stored.id).event, core_.settings.introduction, messages::describe_event{{}, stored.id})
      .then(
          [this](const messages::event_view& view) {
            core_.running.announce(view, [] {});
            introduced(view.id);
          },
          [this, id = stored.id](const caf::error& why) {
            log::of("cluster").error("event {} does not report its state: {}", id.value(), messages::to_sentence(why));
            introduced(id);
          });
}

bool event_loader::serve(taken_event& taken) {
  auto& stored = taken.stored;
  try {
    auto text = std::make_shared<const std::string>(std::move(stored.plan));
    core_.running.serve({}, stored.id, std::move(taken.plan), std::move(text), std::move(taken.histories));
    return true;
  } catch (const std::exception& why) {
    if (!mended_.contains(stored.id))
      throw;
    log::of("cluster").critical("event {} is not served any more: its journal cannot be used: {}", stored.id.value(),
                                why.what());
    return false;
  }
}

void event_loader::introduced(const domain::event_id& id) {
  introducing_.erase(id);
  answer_starters();
}

void event_loader::answer_starters() {
  if (!introducing_.empty() || start_again_)
    return;
  for (auto& asked : std::exchange(starters_, {}))
    asked.deliver();
}

} // namespace usher::catalog
