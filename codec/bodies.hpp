#pragma once

#include "codec/decode.hpp"
#include "codec/plan_text.hpp"
#include "codec/problem.hpp"
#include "codec/public_names.hpp"
#include "codec/wish.hpp"
#include "domain/settings_change.hpp"
#include "messages/event.hpp"
#include "messages/order.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

/// The bodies of HTTP requests. Pointers in problems start at the body. Unknown members are refused, so that no
/// misspelt wish or setting is lost.
namespace usher::codec {

template <class Body>
using read_body = std::variant<Body, problem>;

/// `POST /v1/sessions` and `POST …/queue`: nothing, or an object, whose members are ignored. The problem, if any.
[[nodiscard]] std::optional<problem> check_empty_body(std::string_view text);

/// `POST /v1/events/{event}/holds`
[[nodiscard]] read_body<places_wish> read_hold_body(std::string_view text, const decode_limits& limits = {});

/// `POST /v1/orders`
struct order_body {
  hold_name hold;
  std::string method;
};
[[nodiscard]] read_body<order_body> read_order_body(std::string_view text, const decode_limits& limits = {});

/// Prices by the categories' names. A category whose price is null is not for sale.
using category_prices = std::vector<std::pair<std::string, domain::price>>;

/// `PUT /admin/v1/events/{event}`: the settings, and the plan unless the event keeps the one it has. Whatever is left
/// out stays as it is, or as it is by default if the event is new.
struct event_body {
  domain::settings_change settings; ///< without prices: they need the plan, see `resolve_prices`
  category_prices prices;
  std::optional<domain::event_state> state;     ///< to go to at once; `open` or `scheduled`
  std::shared_ptr<const std::string> plan_text; ///< exactly as sent, or null
  domain::shared_plan plan;                     ///< null when `plan_text` is
};
[[nodiscard]] read_body<event_body> read_event_body(std::string_view text);

/// What is said of each category, by number; or the problem with a name that the plan does not have.
[[nodiscard]] std::variant<std::vector<std::optional<domain::price>>, problem>
resolve_prices(const category_prices& prices, const domain::seating_plan& plan);

/// `PATCH /admin/v1/events/{event}`, complete except for the trace.
[[nodiscard]] read_body<messages::change_event> read_event_change(std::string_view text, const domain::event_id& event,
                                                                  const domain::seating_plan& plan);

/// `POST /admin/v1/events/{event}/seats/block` and `/unblock`, complete but for the trace: `{seats: ["guid", …]}`,
/// `{section}` for all of a section's seats, or `{section, quantity}` for places of a general-admission floor.
[[nodiscard]] read_body<messages::block_seats> read_block_body(std::string_view text, const domain::event_id& event,
                                                               const domain::seating_plan& plan, bool block);

// ---- queries -----------------------------------------------------------------

/// `GET /admin/v1/events/{event}/orders?…`, complete but for the trace: `order`, `buyer`, `seat` (a guid), `state`,
/// `after` (an order) and `limit`, each at most once.
[[nodiscard]] read_body<messages::list_orders> read_order_query(std::string_view query, const domain::event_id& event,
                                                                const domain::seating_plan& plan);

/// `GET /v1/me?…`: `event` and `after`, both names of events, each at most once.
[[nodiscard]] read_body<frames::list_own> read_own_query(std::string_view query);

} // namespace usher::codec
