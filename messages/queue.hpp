#pragma once

#include "domain/waiting_room.hpp"
#include "messages/domain_types.hpp"
#include "messages/trace.hpp"

#include <optional>
#include <vector>

/// The waiting room: requests beside their replies.
namespace usher::messages {

/// Buyer → waiting room, with the buyer's gateway: give me a number, or take me back with the one my token proves.
/// Answered by `domain::queue_place`.
struct join_queue {
  trace_id trace;
  domain::event_id event;
  domain::buyer_id buyer;
  std::optional<domain::queue_number> number;
  /// True: the buyer is there until the gateway that came with this says otherwise or is gone. False: until they have
  /// not been heard of for a while.
  bool connected = false;
};

template <class Inspector>
bool inspect(Inspector& f, join_queue& x) {
  return f.object(x).fields(f.field("trace", x.trace), f.field("event", x.event), f.field("buyer", x.buyer),
                            f.field("number", x.number), f.field("connected", x.connected));
}

/// Answered by `domain::queue_place`. Asking shows that the buyer is there.
struct ask_place {
  trace_id trace;
  domain::event_id event;
  domain::buyer_id buyer;
  std::optional<domain::queue_number> number;
};

template <class Inspector>
bool inspect(Inspector& f, ask_place& x) {
  return f.object(x).fields(f.field("trace", x.trace), f.field("event", x.event), f.field("buyer", x.buyer),
                            f.field("number", x.number));
}

/// Answered by nothing, also when repeated.
struct leave_queue {
  trace_id trace;
  domain::event_id event;
  domain::buyer_id buyer;
};

template <class Inspector>
bool inspect(Inspector& f, leave_queue& x) {
  return f.object(x).fields(f.field("trace", x.trace), f.field("event", x.event), f.field("buyer", x.buyer));
}

/// Gateway → waiting room, with the gateway: these buyers have no connection to it any more.
struct people_left {
  domain::event_id event;
  std::vector<domain::buyer_id> buyers;
};

template <class Inspector>
bool inspect(Inspector& f, people_left& x) {
  return f.object(x).fields(f.field("event", x.event), f.field("buyers", x.buyers));
}

/// Event → waiting room: these buyers have bought.
struct shopping_ended {
  domain::event_id event;
  std::vector<domain::buyer_id> buyers;
};

template <class Inspector>
bool inspect(Inspector& f, shopping_ended& x) {
  return f.object(x).fields(f.field("event", x.event), f.field("buyers", x.buyers));
}

/// Event → waiting room: the event's state, and those of its settings that the room needs.
struct room_settings {
  std::uint32_t admission_per_s = 100;
  std::uint32_t max_shopping = 0;
  domain::event_state state = domain::event_state::scheduled;
  bool few_left = false; ///< so few places are left that the event may be sold out soon
  domain::epoch as_of{}; ///< of the event; a room that has heard of a later one pays no heed
};

template <class Inspector>
bool inspect(Inspector& f, room_settings& x) {
  return f.object(x).fields(f.field("admission_per_s", x.admission_per_s), f.field("max_shopping", x.max_shopping),
                            f.field("state", x.state), f.field("few_left", x.few_left), f.field("as_of", x.as_of));
}

/// Waiting room → gateways: let these in. It is durable that they are.
struct people_admitted {
  domain::event_id event;
  std::vector<domain::waiting_room::admitted> people;
  domain::instant until; ///< when their passes end, a whole second
};

template <class Inspector>
bool inspect(Inspector& f, people_admitted& x) {
  return f.object(x).fields(f.field("event", x.event), f.field("people", x.people), f.field("until", x.until));
}

/// Waiting room → gateways: the buyer gave up this place, so none of their connections waits for it any more, and the
/// pass that they may have got for it is void.
struct place_given_up {
  domain::event_id event;
  domain::buyer_id buyer;
  domain::queue_number number;
  std::optional<domain::instant> pass_until{}; ///< the end of that pass; none for who was not let in yet
};

template <class Inspector>
bool inspect(Inspector& f, place_given_up& x) {
  return f.object(x).fields(f.field("event", x.event), f.field("buyer", x.buyer), f.field("number", x.number),
                            f.field("pass_until", x.pass_until));
}

/// Waiting room → gateways, at most four times a second: how far the queue is, so that each gateway can tell its
/// people.
struct queue_moved {
  domain::event_id event;
  domain::queue_state state = domain::queue_state::waiting; ///< drawing, waiting, sold_out or closed
  domain::queue_pace pace;
  domain::line_outline line;
  bool few_left = false; ///< see `room_settings`
};

template <class Inspector>
bool inspect(Inspector& f, queue_moved& x) {
  return f.object(x).fields(f.field("event", x.event), f.field("state", x.state), f.field("pace", x.pace),
                            f.field("line", x.line), f.field("few_left", x.few_left));
}

/// Waiting room → event: it has started, and knows nothing of the event's settings.
struct room_opened {
  domain::epoch epoch; ///< the room's own
};

template <class Inspector>
bool inspect(Inspector& f, room_opened& x) {
  return f.object(x).fields(f.field("epoch", x.epoch));
}

/// Event → waiting room. Answered by `domain::waiting_room::figures`.
struct count_people {};

template <class Inspector>
bool inspect(Inspector& f, count_people& x) {
  return f.object(x).fields();
}

} // namespace usher::messages
