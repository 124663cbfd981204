#include "catalog/event_table.hpp"

#include "log/log.hpp"

#include <caf/actor_cast.hpp>
#include <caf/exit_reason.hpp>
#include <caf/policy/select_all.hpp>
#include <caf/send.hpp>

#include <chrono>
#include <utility>

namespace usher::catalog {

namespace {

/// How long a shard may take to write what it has under way.
constexpr std::chrono::seconds longest_rest{5};

void end(const running_event& old) {
  caf::anon_send_exit(old.event, caf::exit_reason::user_shutdown);
  caf::anon_send_exit(old.room, caf::exit_reason::user_shutdown);
  for (const auto& section : old.sections)
    caf::anon_send_exit(section, caf::exit_reason::user_shutdown);
}

} // namespace

event_table::event_table(messages::keeper_actor::pointer keeper, const shard_factories& factories,
                         messages::router_actor router)
    : keeper_(keeper), factories_(factories), router_(std::move(router)) {}

event_table::~event_table() {
  for (const auto& [id, event] : events_)
    end(event);
}

const running_event& event_table::serve(messages::trace_id asked_by, const domain::event_id& id,
                                        domain::shared_plan plan, std::shared_ptr<const std::string> text,
                                        cluster::event_histories histories) {
  auto keeper = caf::actor_cast<messages::keeper_actor>(keeper_);
  running_event started{plan, std::move(text), {}, {}, {}, histories.room.epoch};
  auto epoch = histories.event.epoch;
  started.event = factories_.start_event(id, std::move(histories.event), plan, keeper);
  for (std::size_t i = 0; i < histories.sections.size(); ++i)
    started.sections.push_back(factories_.start_section(id, domain::section_no{static_cast<std::uint16_t>(i)},
                                                        std::move(histories.sections[i]), plan, started.event, epoch,
                                                        keeper));
  started.room = factories_.start_waiting_room(id, std::move(histories.room), epoch, keeper);
  keeper_->send(started.event, messages::event_peers{}, started.sections, started.room);
  log::of("cluster").info("{}serving event {}: {} sections, {} places", messages::line_start(asked_by), id.value(),
                          started.sections.size(), plan->capacity());
  return events_.insert_or_assign(id, std::move(started)).first->second;
}

/// The event first: what it has under way needs sections that still let go of seats. Then the sections. Then the event
/// once more: by its second answer it has dealt with all that they said before.
void event_table::stand_down(const domain::event_id& id, std::function<void(bool)> then) {
  auto not_at_rest = [then](const caf::error&) { then(false); };
  auto event_once_more = [=, this] {
    keeper_->request(at(id).event, longest_rest, messages::stand_down{}).then([then] { then(true); }, not_at_rest);
  };
  auto sections = [=, this] {
    keeper_->fan_out_request<caf::policy::select_all>(at(id).sections, longest_rest, messages::stand_down{})
        .then(event_once_more, not_at_rest);
  };
  keeper_->request(at(id).event, longest_rest, messages::stand_down{}).then(sections, not_at_rest);
}

void event_table::carry_on(const domain::event_id& id) {
  const auto& running = at(id);
  keeper_->send(running.event, messages::carry_on{});
  for (const auto& section : running.sections)
    keeper_->send(section, messages::carry_on{});
}

running_event event_table::stop(const domain::event_id& id) {
  auto old = std::move(events_.extract(id).mapped());
  end(old);
  return old;
}

std::optional<domain::event_id> event_table::next_after(const domain::event_id& id) const {
  auto next = events_.upper_bound(id);
  if (next == events_.end())
    next = events_.begin();
  if (next == events_.end())
    return std::nullopt;
  return next->first;
}

bool event_table::serves(const caf::strong_actor_ptr& who, const domain::shard_id& shard) const {
  auto found = events_.find(shard.event);
  if (found == events_.end())
    return false;
  const auto& event = found->second;
  switch (shard.kind) {
    case domain::shard_kind::event:
      return event.event == who;
    case domain::shard_kind::waiting_room:
      return event.room == who;
    case domain::shard_kind::section:
      break;
  }
  return shard.section.value() < event.sections.size() && event.sections[shard.section.value()] == who;
}

void event_table::announce(const messages::event_view& view, std::function<void()> then) {
  const auto& running = at(view.id);
  keeper_
      ->request(router_, caf::infinite,
                messages::event_announced{view.id, running.plan, running.plan_text, view.settings.currency,
                                          view.settings.waiting_room, view.settings.hidden, running.room_epoch},
                running.event, running.sections, running.room)
      .then([then] { then(); }, [then](const caf::error&) { then(); });
}

} // namespace usher::catalog
