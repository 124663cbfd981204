#include "catalog/event_table.hpp"

#include "cluster/remote_shard.hpp"
#include "domain/ensure.hpp"
#include "log/log.hpp"

#include <caf/actor_cast.hpp>
#include <caf/exit_reason.hpp>
#include <caf/policy/select_all.hpp>
#include <caf/send.hpp>

#include <algorithm>
#include <chrono>
#include <utility>

namespace usher::catalog {

namespace {

/// How long an event's shards may take to write what they have under way.
constexpr std::chrono::seconds longest_rest{5};
/// How long a shard that is to be given away may take. Meanwhile its buyers wait at its door: with the second that the
/// gift itself may take, not longer than the door lets them.
constexpr std::chrono::milliseconds longest_rest_of_one{900};

bool is_served(const cluster::shard_cycle& cycle) {
  return cycle.state() == cluster::cycle_state::serving;
}

template <class Handle>
void end_actor(local_shard<Handle>& shard) {
  if (shard.actor)
    caf::anon_send_exit(shard.actor, caf::exit_reason::user_shutdown);
  shard.actor = nullptr;
  ++shard.rests;
}

} // namespace

std::vector<domain::shard_id> known_event::shards(const domain::event_id& id) const {
  std::vector<domain::shard_id> result{{domain::shard_kind::event, id, {}}, {domain::shard_kind::waiting_room, id, {}}};
  result.reserve(sections.size() + 2);
  for (std::size_t i = 0; i < sections.size(); ++i)
    result.push_back({domain::shard_kind::section, id, domain::section_no{static_cast<std::uint16_t>(i)}});
  return result;
}

event_table::event_table(messages::keeper_actor::pointer keeper, const shard_factories& factories,
                         messages::router_actor router, messages::switchboard_actor switchboard)
    : keeper_(keeper), factories_(factories), router_(std::move(router)), switchboard_(std::move(switchboard)),
      frame_(std::make_shared<cluster::door_frame>(keeper->system())) {}

event_table::~event_table() {
  for (auto& [id, event] : events_)
    for (const auto& shard : event.shards(id))
      end(shard);
}

template <class What>
void event_table::with(const domain::shard_id& shard, What&& what) {
  auto& event = events_.at(shard.event);
  switch (shard.kind) {
    case domain::shard_kind::event:
      return what(event.event);
    case domain::shard_kind::waiting_room:
      return what(event.room);
    case domain::shard_kind::section:
      return what(event.sections.at(shard.section.value()));
  }
}

// ---- events ----

known_event& event_table::know(const domain::event_id& id, domain::shared_plan plan,
                               std::shared_ptr<const std::string> text) {
  auto& event = events_.try_emplace(id, frame_).first->second;
  while (event.sections.size() < plan->sections().size())
    event.sections.emplace_back(frame_);
  if (switchboard_)
    lead_elsewhere(id, event);
  event.plan = std::move(plan);
  event.plan_text = std::move(text);
  return event;
}

/// The doors of shards that are new here.
void event_table::lead_elsewhere(const domain::event_id& id, known_event& event) {
  for (const auto& shard : event.shards(id))
    with(shard, [&](auto& one) {
      if (one.elsewhere)
        return;
      auto remote = cluster::make_remote_shard(keeper_->system(), shard, switchboard_);
      one.elsewhere = caf::actor_cast<decltype(one.elsewhere)>(remote);
      one.lead_elsewhere();
    });
}

bool event_table::has(const domain::shard_id& shard) const {
  auto found = events_.find(shard.event);
  return found != events_.end()
         && (shard.kind != domain::shard_kind::section || shard.section.value() < found->second.sections.size());
}

bool event_table::runs(const domain::event_id& id) const {
  auto found = events_.find(id);
  if (found == events_.end())
    return false;
  const auto& event = found->second;
  return is_served(event.event.cycle) && is_served(event.room.cycle)
         && std::all_of(event.sections.begin(), event.sections.end(),
                        [](const auto& section) { return is_served(section.cycle); });
}

bool event_table::stands_still(const domain::event_id& id) const {
  auto is_elsewhere = [](const auto& shard) { return shard.cycle.state() == cluster::cycle_state::elsewhere; };
  auto found = events_.find(id);
  if (found == events_.end())
    return true;
  const auto& event = found->second;
  return is_elsewhere(event.event) && is_elsewhere(event.room)
         && std::all_of(event.sections.begin(), event.sections.end(), is_elsewhere);
}

std::optional<domain::event_id> event_table::next_after(const domain::event_id& id) const {
  auto next = events_.upper_bound(id);
  if (next == events_.end())
    next = events_.begin();
  if (next == events_.end())
    return std::nullopt;
  return next->first;
}

void event_table::serve(messages::trace_id asked_by, const domain::event_id& id, domain::shared_plan plan,
                        std::shared_ptr<const std::string> text, cluster::event_histories histories) {
  auto& event = know(id, std::move(plan), std::move(text));
  auto event_epoch = histories.event.epoch;
  auto start_one = [&](const domain::shard_id& shard, persistence::shard_history&& history) {
    auto claimed = cycle(shard).on(cluster::cycle_event::yours, history.epoch);
    auto loaded = cycle(shard).on(cluster::cycle_event::loaded, history.epoch);
    domain::ensure(claimed == cluster::cycle_action::load && loaded == cluster::cycle_action::serve,
                   "a shard that was claimed anew is served anew");
    start(shard, std::move(history), event_epoch);
  };
  auto all = event.shards(id);
  for (const auto& shard : all)
    keep_waiting(shard); // so the event finds its sections
  start_one(all[0], std::move(histories.event));
  for (std::size_t i = 0; i < histories.sections.size(); ++i)
    start_one(all[i + 2], std::move(histories.sections[i]));
  start_one(all[1], std::move(histories.room));
  log::of("cluster").info("{}serving event {}: {} sections, {} places", messages::line_start(asked_by), id.value(),
                          event.sections.size(), event.plan->capacity());
}

void event_table::stop(const domain::event_id& id) {
  for (const auto& shard : at(id).shards(id)) {
    end(shard);
    [[maybe_unused]] auto nothing_more = cycle(shard).on(cluster::cycle_event::node_ended);
  }
}

// ---- shards ----

cluster::shard_cycle& event_table::cycle(const domain::shard_id& shard) {
  cluster::shard_cycle* result = nullptr;
  with(shard, [&](auto& one) { result = &one.cycle; });
  return *result;
}

bool event_table::serves(const caf::strong_actor_ptr& who, const domain::shard_id& shard) const {
  auto found = events_.find(shard.event);
  if (found == events_.end() || !who)
    return false;
  const auto& event = found->second;
  switch (shard.kind) {
    case domain::shard_kind::event:
      return event.event.actor == who;
    case domain::shard_kind::waiting_room:
      return event.room.actor == who;
    case domain::shard_kind::section:
      break;
  }
  return shard.section.value() < event.sections.size() && event.sections[shard.section.value()].actor == who;
}

void event_table::start(const domain::shard_id& shard, persistence::shard_history history, domain::epoch event_epoch) {
  auto keeper = caf::actor_cast<messages::keeper_actor>(keeper_);
  auto epoch = history.epoch;
  auto& event = at(shard.event);
  const auto& event_address = event.event.door.address();
  switch (shard.kind) {
    case domain::shard_kind::event:
      event.event.actor = factories_.start_event(shard.event, std::move(history), event.plan, keeper);
      introduce_peers(event);
      break;
    case domain::shard_kind::waiting_room:
      event.room.actor =
          factories_.start_waiting_room(shard.event, std::move(history), event_address, event_epoch, keeper);
      break;
    case domain::shard_kind::section:
      event.sections.at(shard.section.value()).actor = factories_.start_section(
          shard.event, shard.section, std::move(history), event.plan, event_address, event_epoch, keeper);
      break;
  }
  with(shard, [](auto& one) { one.door.open(one.actor); });
  tell_served(shard, epoch);
}

void event_table::tell_served(const domain::shard_id& shard, domain::epoch epoch) {
  if (switchboard_)
    with(shard, [&](auto& one) {
      keeper_->send(switchboard_,
                    messages::shard_served{shard, epoch, caf::actor_cast<caf::strong_actor_ptr>(one.actor)});
    });
}

void event_table::tell_withdrawn(const domain::shard_id& shard) {
  if (switchboard_)
    keeper_->send(switchboard_, messages::shard_withdrawn{shard});
}

void event_table::renewed(const domain::shard_id& shard) {
  tell_served(shard, cycle(shard).epoch());
}

void event_table::introduce_peers(known_event& event) {
  std::vector<messages::section_actor> sections;
  sections.reserve(event.sections.size());
  for (const auto& section : event.sections)
    sections.push_back(section.door.address());
  keeper_->send(event.event.actor, messages::event_peers{}, std::move(sections), event.room.door.address());
}

void event_table::end(const domain::shard_id& shard) {
  tell_withdrawn(shard);
  with(shard, [](auto& one) {
    // Nobody else has what is this node's and cannot be served.
    one.cycle.state() == cluster::cycle_state::stopped ? one.door.close() : one.lead_elsewhere();
    end_actor(one);
  });
  const auto& event = at(shard.event).event;
  if (shard.kind == domain::shard_kind::section && event.actor)
    keeper_->send(event.actor, messages::section_closed{shard.section});
}

void event_table::interrupt(const domain::shard_id& shard) {
  tell_withdrawn(shard);
  with(shard, [](auto& one) {
    one.door.keep_waiting();
    end_actor(one);
  });
}

void event_table::keep_waiting(const domain::shard_id& shard) {
  with(shard, [](auto& one) { one.door.keep_waiting(); });
}

void event_table::stand_down(const domain::shard_id& shard, std::function<void(bool)> then) {
  tell_withdrawn(shard);
  with(shard, [&](auto& one) {
    one.door.keep_waiting();
    auto answer = [this, shard, then, rest = ++one.rests](bool at_rest) {
      auto is_this_rest = false;
      with(shard, [&](auto& same) { is_this_rest = same.rests == rest; });
      if (is_this_rest)
        then(at_rest);
    };
    keeper_->request(one.actor, longest_rest_of_one, messages::stand_down{})
        .then([answer] { answer(true); }, [answer](const caf::error&) { answer(false); });
  });
}

void event_table::carry_on(const domain::shard_id& shard) {
  with(shard, [this](auto& one) {
    ++one.rests;
    keeper_->send(one.actor, messages::carry_on{});
    one.door.open(one.actor);
  });
  tell_served(shard, cycle(shard).epoch());
}

/// The event first: what it has under way needs sections that still let go of seats. Then the sections. Then the event
/// once more: by its second answer it has dealt with all that they said before. The room needs no rest: it has nothing
/// that another plan could change.
void event_table::stand_down(const domain::event_id& id, std::function<void(bool)> then) {
  if (!runs(id))
    return then(false);
  auto not_at_rest = [then](const caf::error&) { then(false); };
  auto event_once_more = [=, this] {
    if (!runs(id))
      return then(false);
    keeper_->request(at(id).event.actor, longest_rest, messages::stand_down{})
        .then([then] { then(true); }, not_at_rest);
  };
  auto sections = [=, this] {
    if (!runs(id))
      return then(false);
    std::vector<messages::section_actor> actors;
    actors.reserve(at(id).sections.size());
    for (const auto& section : at(id).sections)
      actors.push_back(section.actor);
    keeper_->fan_out_request<caf::policy::select_all>(actors, longest_rest, messages::stand_down{})
        .then(event_once_more, not_at_rest);
  };
  keeper_->request(at(id).event.actor, longest_rest, messages::stand_down{}).then(sections, not_at_rest);
}

void event_table::carry_on(const domain::event_id& id) {
  const auto& event = at(id);
  keeper_->send(event.event.door.address(), messages::carry_on{});
  for (const auto& section : event.sections)
    keeper_->send(section.door.address(), messages::carry_on{});
}

void event_table::announce(const domain::event_id& id, const domain::event_settings& settings,
                           std::function<void()> then) {
  const auto& event = at(id);
  std::vector<messages::section_actor> sections;
  sections.reserve(event.sections.size());
  for (const auto& section : event.sections)
    sections.push_back(section.door.address());
  keeper_
      ->request(router_, caf::infinite,
                messages::event_announced{id,
                                          event.plan,
                                          event.plan_text,
                                          settings.currency,
                                          settings.waiting_room,
                                          settings.hidden,
                                          {event.room.cycle.epoch()}},
                event.event.door.address(), std::move(sections), event.room.door.address())
      .then([then] { then(); }, [then](const caf::error&) { then(); });
}

} // namespace usher::catalog
