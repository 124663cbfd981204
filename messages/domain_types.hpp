#pragma once

#include "domain/event_settings.hpp"
#include "domain/facts.hpp"
#include "domain/order.hpp"
#include "domain/section.hpp"
#include "domain/settings_change.hpp"
#include "domain/waiting_room.hpp"

#include <caf/inspector_access.hpp>

#include <optional>
#include <type_traits>
#include <utility>

/// How an optional of an optional travels: CAF's own way to write one never returns.
template <class T>
struct caf::inspector_access<std::optional<std::optional<T>>>
    : caf::inspector_access_base<std::optional<std::optional<T>>> {
  template <class Inspector>
  [[nodiscard]] static bool apply(Inspector& f, std::optional<std::optional<T>>& x) {
    bool outer = x.has_value();
    std::optional<T> inner = x.value_or(std::nullopt);
    if (!f.object(x).fields(f.field("outer", outer), f.field("inner", inner)))
      return false;
    if constexpr (Inspector::is_loading)
      x = outer ? std::make_optional(std::move(inner)) : std::nullopt;
    return true;
  }
};

/// How the domain's plain types travel. The domain itself knows no serializer.
namespace usher::domain {

/// The last enumerator of an enumeration that travels. One that is not listed here does not compile.
template <class Enum>
struct last_of;
template <>
struct last_of<rejection> : std::integral_constant<rejection, rejection::moved> {};
template <>
struct last_of<togetherness> : std::integral_constant<togetherness, togetherness::anyhow> {};
template <>
struct last_of<seat_grade> : std::integral_constant<seat_grade, seat_grade::wheelchair> {};
template <>
struct last_of<seat_state> : std::integral_constant<seat_state, seat_state::blocked> {};
template <>
struct last_of<event_state> : std::integral_constant<event_state, event_state::closed> {};
template <>
struct last_of<order_state> : std::integral_constant<order_state, order_state::given_up> {};
template <>
struct last_of<order_selection> : std::integral_constant<order_selection, order_selection::stuck> {};
template <>
struct last_of<cancellation_rule::who>
    : std::integral_constant<cancellation_rule::who, cancellation_rule::who::nobody> {};
template <>
struct last_of<queue_state> : std::integral_constant<queue_state, queue_state::sold_out> {};

/// Enumerations travel as their number. A number above the last one is an error to whoever reads it.
template <class Inspector, class Enum>
requires(std::is_enum_v<Enum>) bool inspect(Inspector& f, Enum& x) {
  using number = std::underlying_type_t<Enum>;
  auto get = [&x] { return static_cast<number>(x); };
  auto set = [&x](number value) {
    if (value > static_cast<number>(last_of<Enum>::value))
      return false;
    x = static_cast<Enum>(value);
    return true;
  };
  return f.apply(get, set);
}

template <class Inspector>
bool inspect(Inspector& f, refusal& x) {
  return f.object(x).fields(f.field("reason", x.reason), f.field("seats", x.seats), f.field("suggestion", x.suggestion),
                            f.field("detail", x.detail), f.field("section", x.section), f.field("guids", x.guids),
                            f.field("setting", x.setting));
}

template <class Inspector>
bool inspect(Inspector& f, priced_seat& x) {
  return f.object(x).fields(f.field("seat", x.seat), f.field("price", x.price));
}

template <class Inspector>
bool inspect(Inspector& f, ordered_seat& x) {
  return f.object(x).fields(f.field("section", x.section), f.field("seat", x.seat), f.field("price", x.price));
}

template <class Inspector>
bool inspect(Inspector& f, seats_wish& x) {
  return f.object(x).fields(f.field("seats", x.seats));
}

template <class Inspector>
bool inspect(Inspector& f, best_wish& x) {
  return f.object(x).fields(f.field("quantity", x.quantity), f.field("category", x.category), f.field("fit", x.fit),
                            f.field("worst", x.worst));
}

template <class Inspector>
bool inspect(Inspector& f, quantity_wish& x) {
  return f.object(x).fields(f.field("quantity", x.quantity));
}

template <class Inspector>
bool inspect(Inspector& f, section_terms& x) {
  return f.object(x).fields(f.field("prices", x.prices), f.field("hold_ttl", x.hold_ttl),
                            f.field("refuse_orphans", x.refuse_orphans), f.field("rehold_pause", x.rehold_pause));
}

template <class Inspector>
bool inspect(Inspector& f, section_totals& x) {
  return f.object(x).fields(f.field("free", x.free), f.field("held", x.held), f.field("sold", x.sold),
                            f.field("blocked", x.blocked), f.field("revenue", x.revenue),
                            f.field("refunded", x.refunded));
}

template <class Inspector>
bool inspect(Inspector& f, place_standing& x) {
  return f.object(x).fields(f.field("state", x.state), f.field("until", x.until));
}

template <class Inspector>
bool inspect(Inspector& f, section::claim& x) {
  return f.object(x).fields(f.field("hold", x.hold), f.field("buyer", x.buyer), f.field("seats", x.seats));
}

template <class Inspector>
bool inspect(Inspector& f, rehold_rule& x) {
  return f.object(x).fields(f.field("pause", x.pause));
}

template <class Inspector>
bool inspect(Inspector& f, cancellation_rule& x) {
  return f.object(x).fields(f.field("by", x.by), f.field("until", x.until));
}

template <class Inspector>
bool inspect(Inspector& f, seat_place& x) {
  return f.object(x).fields(f.field("section", x.section), f.field("seat", x.seat));
}

template <class Inspector>
bool inspect(Inspector& f, event_settings& x) {
  return f.object(x).fields(f.field("name", x.name), f.field("currency", x.currency), f.field("prices", x.prices),
                            f.field("hold_ttl", x.hold_ttl), f.field("max_seats_per_buyer", x.max_seats_per_buyer),
                            f.field("admission_per_s", x.admission_per_s), f.field("max_shopping", x.max_shopping),
                            f.field("waiting_room", x.waiting_room), f.field("refuse_orphans", x.refuse_orphans),
                            f.field("opens_at", x.opens_at), f.field("closes_at", x.closes_at),
                            f.field("rehold", x.rehold), f.field("cancellations", x.cancellations),
                            f.field("hidden", x.hidden));
}

template <class Inspector>
bool inspect(Inspector& f, settings_change& x) {
  return f.object(x).fields(f.field("name", x.name), f.field("currency", x.currency), f.field("prices", x.prices),
                            f.field("hold_ttl", x.hold_ttl), f.field("max_seats_per_buyer", x.max_seats_per_buyer),
                            f.field("admission_per_s", x.admission_per_s), f.field("max_shopping", x.max_shopping),
                            f.field("waiting_room", x.waiting_room), f.field("refuse_orphans", x.refuse_orphans),
                            f.field("rehold_pause", x.rehold_pause), f.field("opens_at", x.opens_at),
                            f.field("closes_at", x.closes_at), f.field("cancellations", x.cancellations),
                            f.field("hidden", x.hidden));
}

template <class Inspector>
bool inspect(Inspector& f, queue_place& x) {
  return f.object(x).fields(f.field("number", x.number), f.field("state", x.state), f.field("ahead", x.ahead),
                            f.field("eta_low", x.eta_low), f.field("eta_high", x.eta_high), f.field("is_new", x.is_new),
                            f.field("pass_until", x.pass_until));
}

template <class Inspector>
bool inspect(Inspector& f, queue_pace& x) {
  return f.object(x).fields(f.field("admission_per_s", x.admission_per_s), f.field("free_places", x.free_places));
}

template <class Inspector>
bool inspect(Inspector& f, line_mark& x) {
  return f.object(x).fields(f.field("number", x.number), f.field("waiting", x.waiting), f.field("present", x.present));
}

template <class Inspector>
bool inspect(Inspector& f, line_outline& x) {
  return f.object(x).fields(f.field("marks", x.marks));
}

template <class Inspector>
bool inspect(Inspector& f, waiting_room::admitted& x) {
  return f.object(x).fields(f.field("number", x.number), f.field("buyer", x.buyer));
}

template <class Inspector>
bool inspect(Inspector& f, waiting_room::figures& x) {
  return f.object(x).fields(f.field("joined", x.joined), f.field("serving", x.serving), f.field("waiting", x.waiting),
                            f.field("present", x.present), f.field("admitted", x.admitted),
                            f.field("shopping", x.shopping));
}

} // namespace usher::domain
