#pragma once

#include "domain/section.hpp"
#include "messages/domain_types.hpp"
#include "messages/trace.hpp"

#include <string>
#include <utility>
#include <vector>

/// Watching the seats of a section.
namespace usher::messages {

/// Gateway → section: what is your present state? Answered by `section_view`.
struct read_section {
  trace_id trace;
  domain::event_id event;
  domain::section_no section;
};

template <class Inspector>
bool inspect(Inspector& f, read_section& x) {
  return f.object(x).fields(f.field("trace", x.trace), f.field("event", x.event), f.field("section", x.section));
}

struct section_view {
  domain::event_id event;
  domain::section_no section;
  domain::epoch epoch;
  std::uint64_t seq = 0; ///< of the last change in `status`; deltas continue from here
  std::string status;    ///< one character per seat, by number; empty in general admission
  domain::section_totals totals;
};

template <class Inspector>
bool inspect(Inspector& f, section_view& x) {
  return f.object(x).fields(f.field("event", x.event), f.field("section", x.section), f.field("epoch", x.epoch),
                            f.field("seq", x.seq), f.field("status", x.status), f.field("totals", x.totals));
}

/// Keeper → section, before a plan is changed: what is the state of your places? Answered by `section_places`.
struct list_places {};

template <class Inspector>
bool inspect(Inspector& f, list_places& x) {
  return f.object(x).fields();
}

struct section_places {
  domain::section_no section;
  std::vector<domain::place_standing> places; ///< by number, as decided
};

template <class Inspector>
bool inspect(Inspector& f, section_places& x) {
  return f.object(x).fields(f.field("section", x.section), f.field("places", x.places));
}

/// Gateway → section, with its handle: tell me every change from now on. Answered by `section_view`.
struct watch_section {
  trace_id trace;
  domain::event_id event;
  domain::section_no section;
};

template <class Inspector>
bool inspect(Inspector& f, watch_section& x) {
  return f.object(x).fields(f.field("trace", x.trace), f.field("event", x.event), f.field("section", x.section));
}

/// Gateway → section: nobody here watches any more.
struct unwatch_section {
  domain::event_id event;
  domain::section_no section;
};

template <class Inspector>
bool inspect(Inspector& f, unwatch_section& x) {
  return f.object(x).fields(f.field("event", x.event), f.field("section", x.section));
}

/// Section → watching gateways: these seats look different now. A busy section collects changes and tells several at
/// once.
struct seats_changed {
  domain::event_id event;
  domain::section_no section;
  domain::epoch epoch;
  std::uint64_t seq = 0;
  std::vector<std::pair<domain::seat_no, char>> set; ///< the latest look of each seat, unordered; empty for a floor
  domain::section_totals totals{};
};

template <class Inspector>
bool inspect(Inspector& f, seats_changed& x) {
  return f.object(x).fields(f.field("event", x.event), f.field("section", x.section), f.field("epoch", x.epoch),
                            f.field("seq", x.seq), f.field("set", x.set), f.field("totals", x.totals));
}

} // namespace usher::messages
