#pragma once

#include "domain/event_settings.hpp"
#include "domain/seating_plan.hpp"
#include "domain/section.hpp"
#include "domain/settings_change.hpp"
#include "domain/waiting_room.hpp"
#include "messages/domain_types.hpp"
#include "messages/trace.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

/// Reading and changing events.
namespace usher::messages {

/// An event's present state. The answer to most requests about events.
struct event_view {
  domain::event_id id;
  domain::event_settings settings;
  domain::event_state state = domain::event_state::scheduled;
  std::vector<domain::section_totals> sections; ///< by section number
};

template <class Inspector>
bool inspect(Inspector& f, event_view& x) {
  return f.object(x).fields(f.field("id", x.id), f.field("settings", x.settings), f.field("state", x.state),
                            f.field("sections", x.sections));
}

struct describe_event {
  trace_id trace;
  domain::event_id event;
};

template <class Inspector>
bool inspect(Inspector& f, describe_event& x) {
  return f.object(x).fields(f.field("trace", x.trace), f.field("event", x.event));
}

/// Answered by `std::vector<domain::event_id>`, sorted.
struct list_events {
  trace_id trace;
};

template <class Inspector>
bool inspect(Inspector& f, list_events& x) {
  return f.object(x).fields(f.field("trace", x.trace));
}

/// Operator → keeper: create an event, or change its settings and perhaps its plan, and move it to a state: all or
/// nothing. Settings of a new event that are left out have their defaults. Answered by `event_view`. Local only: the
/// plan is shared, not copied.
struct put_event {
  trace_id trace;
  domain::event_id id;
  domain::settings_change settings;
  std::shared_ptr<const std::string> plan_text; ///< exactly as imported; null keeps the plan that runs
  domain::shared_plan plan;                     ///< if there is no text, the one that the prices were meant for
  std::optional<domain::event_state> state = std::nullopt;
};

/// Keeper → event → keeper of the node that has the event's own shard: `put_event` for an event that is known, asked at
/// another node. Answered by `event_view`.
struct put_known_event {
  trace_id trace;
  domain::event_id id;
  domain::settings_change settings;
  std::optional<domain::event_state> state = std::nullopt;
  std::optional<domain::draft_id> draft = std::nullopt; ///< the plan, too long to travel; without it, the event's stays
  std::vector<std::string> categories;                  ///< of the plan that the prices were meant for, if that stays
};

template <class Inspector>
bool inspect(Inspector& f, put_known_event& x) {
  return f.object(x).fields(f.field("trace", x.trace), f.field("id", x.id), f.field("settings", x.settings),
                            f.field("state", x.state), f.field("draft", x.draft), f.field("categories", x.categories));
}

/// Operator → event: change the settings that have a value below, at once. Answered by `event_view`.
struct change_event {
  trace_id trace;
  domain::event_id event;
  std::optional<domain::event_state> state;
  std::optional<std::uint32_t> admission_per_s;
  std::optional<std::uint32_t> max_shopping;
  std::optional<std::uint32_t> max_seats_per_buyer;
  std::optional<domain::seconds> hold_ttl;
  std::optional<domain::seconds> rehold_pause;
  std::optional<domain::cancellation_rule> cancellations;
  std::vector<std::pair<std::string, domain::price>> prices; ///< by the category's name: numbers change with the plan
};

template <class Inspector>
bool inspect(Inspector& f, change_event& x) {
  return f.object(x).fields(f.field("trace", x.trace), f.field("event", x.event), f.field("state", x.state),
                            f.field("admission_per_s", x.admission_per_s), f.field("max_shopping", x.max_shopping),
                            f.field("max_seats_per_buyer", x.max_seats_per_buyer), f.field("hold_ttl", x.hold_ttl),
                            f.field("rehold_pause", x.rehold_pause), f.field("cancellations", x.cancellations),
                            f.field("prices", x.prices));
}

/// Keeper → event: the settings that came with `put_event`, and the state; both or neither. Answered by `event_view`.
struct define_event {
  trace_id trace;
  domain::settings_change settings;
  std::optional<domain::event_state> state = std::nullopt;
};

template <class Inspector>
bool inspect(Inspector& f, define_event& x) {
  return f.object(x).fields(f.field("trace", x.trace), f.field("settings", x.settings), f.field("state", x.state));
}

/// Keeper → event: would you take these settings, with a plan of these categories, and go to this state? Answered by
/// nothing, or by why not.
struct check_settings {
  domain::settings_change settings;
  std::vector<std::string> categories;
  std::optional<domain::event_state> state = std::nullopt;
};

template <class Inspector>
bool inspect(Inspector& f, check_settings& x) {
  return f.object(x).fields(f.field("settings", x.settings), f.field("categories", x.categories),
                            f.field("state", x.state));
}

/// Operator → event: take seats out of the sale or put them back, all or none per section. Answered by `event_view`.
struct block_seats {
  struct part {
    domain::section_no section;
    std::vector<domain::seat_no> seats;
    std::uint32_t quantity = 0; ///< general admission
  };
  trace_id trace;
  domain::event_id event;
  std::vector<part> parts;
  bool block = true; ///< false: unblock
};

template <class Inspector>
bool inspect(Inspector& f, block_seats::part& x) {
  return f.object(x).fields(f.field("section", x.section), f.field("seats", x.seats), f.field("quantity", x.quantity));
}

template <class Inspector>
bool inspect(Inspector& f, block_seats& x) {
  return f.object(x).fields(f.field("trace", x.trace), f.field("event", x.event), f.field("parts", x.parts),
                            f.field("block", x.block));
}

/// Event → section: its part of `block_seats`. Answered by nothing.
struct block_in_section {
  trace_id trace;
  std::vector<domain::seat_no> seats;
  std::uint32_t quantity = 0;
  bool block = true;
  domain::epoch as_of{}; ///< of the event
};

template <class Inspector>
bool inspect(Inspector& f, block_in_section& x) {
  return f.object(x).fields(f.field("trace", x.trace), f.field("seats", x.seats), f.field("quantity", x.quantity),
                            f.field("block", x.block), f.field("as_of", x.as_of));
}

/// Operator → event. Answered by `event_report`.
struct report_event {
  trace_id trace;
  domain::event_id event;
};

template <class Inspector>
bool inspect(Inspector& f, report_event& x) {
  return f.object(x).fields(f.field("trace", x.trace), f.field("event", x.event));
}

/// Event → section. Answered by `section_report`.
struct report_section {};

template <class Inspector>
bool inspect(Inspector& f, report_section& x) {
  return f.object(x).fields();
}

/// One category's part of one section.
struct category_totals {
  domain::category_no category;
  domain::section_totals totals;
};

template <class Inspector>
bool inspect(Inspector& f, category_totals& x) {
  return f.object(x).fields(f.field("category", x.category), f.field("totals", x.totals));
}

struct section_report {
  domain::section_no section;
  domain::section_totals totals;
  std::vector<category_totals> categories;
};

template <class Inspector>
bool inspect(Inspector& f, section_report& x) {
  return f.object(x).fields(f.field("section", x.section), f.field("totals", x.totals),
                            f.field("categories", x.categories));
}

struct event_report {
  event_view event;
  std::vector<section_report> sections;
  domain::waiting_room::figures queue;
  std::uint64_t orders_confirmed = 0;
  std::uint64_t orders_under_way = 0;
  std::uint64_t orders_stuck = 0; ///< of these, for longer than `order_stuck_after` where they are
};

template <class Inspector>
bool inspect(Inspector& f, event_report& x) {
  return f.object(x).fields(f.field("event", x.event), f.field("sections", x.sections), f.field("queue", x.queue),
                            f.field("orders_confirmed", x.orders_confirmed),
                            f.field("orders_under_way", x.orders_under_way), f.field("orders_stuck", x.orders_stuck));
}

/// Another one, and the event's waiting room may have forgotten who is connected here.
struct room_opening {
  domain::epoch epoch;     ///< of the room, if it is on this node
  std::uint64_t times = 0; ///< it was opened on another node, or heard of anew

  friend bool operator==(const room_opening&, const room_opening&) = default;
};

/// Router → gateways: an event is here, or its plan changed. Local only.
struct event_announced {
  domain::event_id id;
  domain::shared_plan plan;
  std::shared_ptr<const std::string> plan_text;
  std::string currency;
  bool waiting_room = true;
  bool hidden = false;
  room_opening room;
};

} // namespace usher::messages
