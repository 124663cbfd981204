#pragma once

#include "domain/facts.hpp"
#include "domain/section.hpp"
#include "messages/domain_types.hpp"
#include "messages/trace.hpp"

#include <optional>
#include <string>
#include <variant>
#include <vector>

/// Holding, releasing and reading holds: requests beside their replies.
namespace usher::messages {

/// What is wanted of one section.
struct section_wish {
  domain::section_no section;
  domain::wish wanted;
};

template <class Inspector>
bool inspect(Inspector& f, section_wish& x) {
  return f.object(x).fields(f.field("section", x.section), f.field("wanted", x.wanted));
}

/// Buyer → event: hold all of this, or nothing. Answered by `hold_granted`.
struct hold_seats {
  trace_id trace;
  domain::event_id event;
  domain::hold_id hold; ///< drawn, or derived from the client's key: repeating it repeats the answer
  domain::buyer_id buyer;
  std::variant<std::vector<section_wish>, domain::best_wish> wanted; ///< of these sections, or the best anywhere
  std::uint64_t wish_digest = 0;
  /// The category of the best places; empty: any. By name; the event looks up the number, as it may have got another
  /// plan since the wish was read.
  std::string category{};
  bool admitted = true; ///< false: the buyer's pass is over, so nothing new is held; a repeat gets its answer
};

template <class Inspector>
bool inspect(Inspector& f, hold_seats& x) {
  return f.object(x).fields(f.field("trace", x.trace), f.field("event", x.event), f.field("hold", x.hold),
                            f.field("buyer", x.buyer), f.field("wanted", x.wanted),
                            f.field("wish_digest", x.wish_digest), f.field("category", x.category),
                            f.field("admitted", x.admitted));
}

/// The how manieth attempt of an event to have a section hold something, counted over all its holds: later ones are
/// greater. An event that was started or claimed anew has a greater epoch, and so has whoever takes its place.
struct attempt {
  domain::epoch event; ///< the epoch of the event's shard
  std::uint64_t number = 0;

  friend auto operator<=>(const attempt&, const attempt&) = default;
  friend bool operator==(const attempt&, const attempt&) = default;
};

template <class Inspector>
bool inspect(Inspector& f, attempt& x) {
  return f.object(x).fields(f.field("event", x.event), f.field("number", x.number));
}

/// Event → section: one section's part. Answered by `hold_granted`, straight to the buyer's gateway
/// unless the hold is spread over several sections.
struct hold_in_section {
  trace_id trace;
  domain::hold_id hold;
  domain::buyer_id buyer;
  domain::wish wanted;
  std::uint64_t wish_digest = 0;
  std::optional<domain::instant> until; ///< the same in every section of a spread hold; else the section's own TTL
  messages::attempt attempt{};          ///< a section refuses one of an earlier event than it has heard of as `moved`
};

template <class Inspector>
bool inspect(Inspector& f, hold_in_section& x) {
  return f.object(x).fields(f.field("trace", x.trace), f.field("hold", x.hold), f.field("buyer", x.buyer),
                            f.field("wanted", x.wanted), f.field("wish_digest", x.wish_digest),
                            f.field("until", x.until), f.field("attempt", x.attempt));
}

struct section_seats {
  domain::section_no section;
  std::vector<domain::priced_seat> seats;
};

template <class Inspector>
bool inspect(Inspector& f, section_seats& x) {
  return f.object(x).fields(f.field("section", x.section), f.field("seats", x.seats));
}

struct hold_granted {
  domain::event_id event;
  domain::hold_id hold;
  domain::buyer_id buyer;
  std::vector<section_seats> sections;
  domain::instant until;
  domain::instant now; ///< when the answer was made, by the same clock
};

template <class Inspector>
bool inspect(Inspector& f, hold_granted& x) {
  return f.object(x).fields(f.field("event", x.event), f.field("hold", x.hold), f.field("buyer", x.buyer),
                            f.field("sections", x.sections), f.field("until", x.until), f.field("now", x.now));
}

/// Buyer → section, or event for a spread hold. Answered by nothing; repeating it succeeds.
struct release_hold {
  trace_id trace;
  domain::event_id event;
  domain::hold_id hold;
  domain::buyer_id buyer;
  std::vector<domain::section_no> sections; ///< where it is, as the hold's public name says
  bool promised = true;                 ///< false: part of a refused hold; its buyer may ask for the same hold again
  std::optional<domain::epoch> as_of{}; ///< the epoch of the event that asks; none: it is the buyer who asks
};

template <class Inspector>
bool inspect(Inspector& f, release_hold& x) {
  return f.object(x).fields(f.field("trace", x.trace), f.field("event", x.event), f.field("hold", x.hold),
                            f.field("buyer", x.buyer), f.field("sections", x.sections), f.field("promised", x.promised),
                            f.field("as_of", x.as_of));
}

/// Answered by `hold_granted`.
struct find_hold {
  trace_id trace;
  domain::event_id event;
  domain::hold_id hold;
  domain::buyer_id buyer;
  std::vector<domain::section_no> sections;
};

template <class Inspector>
bool inspect(Inspector& f, find_hold& x) {
  return f.object(x).fields(f.field("trace", x.trace), f.field("event", x.event), f.field("hold", x.hold),
                            f.field("buyer", x.buyer), f.field("sections", x.sections));
}

/// Section → event: this hold no longer counts against its buyer's limit (refused, released or expired).
struct allowance_back {
  domain::section_no section;
  domain::hold_id hold;
  /// The attempt that was refused: since then the event may have passed the same wish on again, with another outcome.
  /// None: the hold is over, whichever attempts were made.
  std::optional<messages::attempt> attempt{};
};

template <class Inspector>
bool inspect(Inspector& f, allowance_back& x) {
  return f.object(x).fields(f.field("section", x.section), f.field("hold", x.hold), f.field("attempt", x.attempt));
}

/// Event → section: what do you hold, and what have you sold? Answered by `section_claims`.
struct list_claims {
  domain::epoch as_of{}; ///< of the event: nothing that an earlier one asks for follows the answer
};

template <class Inspector>
bool inspect(Inspector& f, list_claims& x) {
  return f.object(x).fields(f.field("as_of", x.as_of));
}

/// Section → event: who holds and owns what here, and the totals. It answers `list_claims` after all that the event
/// asked before.
struct section_claims {
  domain::section_no section;
  domain::epoch epoch; ///< of the section
  std::vector<domain::section::claim> claims;
  domain::section_totals totals{};
  std::vector<std::uint32_t> free_by_category{}; ///< see `section_totals_changed`
};

template <class Inspector>
bool inspect(Inspector& f, section_claims& x) {
  return f.object(x).fields(f.field("section", x.section), f.field("epoch", x.epoch), f.field("claims", x.claims),
                            f.field("totals", x.totals), f.field("free_by_category", x.free_by_category));
}

/// Section → event: it was started, or claimed its shard anew. It may have no terms, and what it holds may be other
/// than what the event has heard, as messages to and from whoever served it before may have been lost.
struct section_opened {
  domain::section_no section;
  domain::epoch epoch; ///< of the section
};

template <class Inspector>
bool inspect(Inspector& f, section_opened& x) {
  return f.object(x).fields(f.field("section", x.section), f.field("epoch", x.epoch));
}

/// Keeper → event: nobody serves this section here, and perhaps nobody will soon. Whoever does says so.
struct section_closed {
  domain::section_no section;
};

template <class Inspector>
bool inspect(Inspector& f, section_closed& x) {
  return f.object(x).fields(f.field("section", x.section));
}

/// Section → event, unasked and at intervals: this section's totals.
struct section_totals_changed {
  domain::section_no section;
  domain::section_totals totals;
  std::vector<std::uint32_t> free_by_category{}; ///< by category number, up to the last one here; empty: not said
};

template <class Inspector>
bool inspect(Inspector& f, section_totals_changed& x) {
  return f.object(x).fields(f.field("section", x.section), f.field("totals", x.totals),
                            f.field("free_by_category", x.free_by_category));
}

/// Event → section: the event's settings as far as sections need them.
struct terms_changed {
  domain::section_terms terms;
  domain::epoch as_of{}; ///< of the event
};

template <class Inspector>
bool inspect(Inspector& f, terms_changed& x) {
  return f.object(x).fields(f.field("terms", x.terms), f.field("as_of", x.as_of));
}

/// Section → gateways: a hold ran out.
struct hold_expired {
  domain::event_id event;
  domain::hold_id hold;
  domain::buyer_id buyer;
  domain::section_no section;
};

template <class Inspector>
bool inspect(Inspector& f, hold_expired& x) {
  return f.object(x).fields(f.field("event", x.event), f.field("hold", x.hold), f.field("buyer", x.buyer),
                            f.field("section", x.section));
}

} // namespace usher::messages
