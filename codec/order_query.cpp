#include "codec/bodies.hpp"
#include "codec/json_reader.hpp"

#include <boost/url/params_encoded_view.hpp>
#include <boost/url/parse_query.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <functional>
#include <set>
#include <system_error>

/// Queries: what an operator looks for among an event's orders, and a buyer among all that is theirs.
namespace usher::codec {
namespace {

using domain::order_selection;

constexpr std::size_t text_bytes = 256;

constexpr auto selections =
    std::to_array<std::pair<std::string_view, order_selection>>({{"charging", order_selection::charging},
                                                                 {"confirmed", order_selection::confirmed},
                                                                 {"failed", order_selection::failed},
                                                                 {"refunded", order_selection::refunded},
                                                                 {"cancelled", order_selection::cancelled},
                                                                 {"open", order_selection::open},
                                                                 {"stuck", order_selection::stuck}});

problem wrong(std::string_view parameter, const std::string& sentence) {
  return bad_request({}, "The query's " + std::string{parameter} + ": " + sentence);
}

std::optional<problem> read_state(std::string_view value, messages::list_orders& wish) {
  auto found = std::find_if(selections.begin(), selections.end(), [&](const auto& x) { return x.first == value; });
  if (found == selections.end())
    return wrong("state", "this must be charging, confirmed, failed, refunded, cancelled, open or stuck.");
  wish.state = found->second;
  return std::nullopt;
}

std::optional<problem> read_limit(std::string_view value, messages::list_orders& wish) {
  auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), wish.limit);
  if (error == std::errc{} && end == value.data() + value.size() && wish.limit >= 1
      && wish.limit <= messages::list_orders::most)
    return std::nullopt;
  return wrong("limit", "this must be 1 to " + std::to_string(messages::list_orders::most) + ".");
}

std::optional<problem> read_name(std::string_view parameter, std::string_view value, const domain::event_id& event,
                                 std::optional<domain::order_id>& order) {
  auto name = parse_order_name(value);
  if (!name || name->event != event)
    return wrong(parameter, "this is not the name of an order of this event.");
  order = name->order;
  return std::nullopt;
}

std::optional<problem> read_one(std::string_view parameter, std::string_view value, const domain::seating_plan& plan,
                                messages::list_orders& wish) {
  if (auto fault = fault_of_text(value, text_bytes))
    return wrong(parameter, *fault);
  if (parameter == "state")
    return read_state(value, wish);
  if (parameter == "limit")
    return read_limit(value, wish);
  if (parameter == "order")
    return read_name(parameter, value, wish.event, wish.order);
  if (parameter == "after")
    return read_name(parameter, value, wish.event, wish.after);
  if (parameter == "buyer") {
    wish.buyer = domain::buyer_id{std::string{value}};
    return std::nullopt;
  }
  if (parameter == "seat") {
    wish.seat = plan.find_seat(value);
    if (!wish.seat)
      return problem_of(domain::rejection::not_found, "This event has no seat " + std::string{value} + ".");
    return std::nullopt;
  }
  return wrong(parameter, "there is no such parameter; there are order, buyer, seat, state, after and limit.");
}

std::optional<problem> read_one_of_own(std::string_view parameter, std::string_view value, frames::list_own& wish) {
  if (parameter != "event" && parameter != "after")
    return wrong(parameter, "there is no such parameter; there are event and after.");
  if (!domain::is_event_id(value))
    return wrong(parameter, "this is not the name of an event.");
  (parameter == "event" ? wish.event : wish.after) = domain::event_id{std::string{value}};
  return std::nullopt;
}

/// Calls `read_parameter(name, value)` for each parameter; the first problem, if any.
template <class ReadParameter>
std::optional<problem> read_parameters(std::string_view query, ReadParameter read_parameter) {
  if (query.empty())
    return std::nullopt;
  auto parameters = boost::urls::parse_query(boost::core::string_view{query.data(), query.size()});
  if (!parameters)
    return bad_request({}, "The query is not one of a URL.");
  std::set<std::string, std::less<>> seen;
  for (const auto& one : *parameters) {
    auto name = one.key.decode();
    if (!seen.insert(name).second)
      return wrong(name, "this is said twice.");
    if (auto fault = read_parameter(name, one.value.decode()))
      return fault;
  }
  return std::nullopt;
}

} // namespace

read_body<messages::list_orders> read_order_query(std::string_view query, const domain::event_id& event,
                                                  const domain::seating_plan& plan) {
  messages::list_orders wish;
  wish.event = event;
  auto fault = read_parameters(
      query, [&](const std::string& name, const std::string& value) { return read_one(name, value, plan, wish); });
  if (fault)
    return *std::move(fault);
  return wish;
}

read_body<frames::list_own> read_own_query(std::string_view query) {
  frames::list_own wish;
  auto fault = read_parameters(
      query, [&](const std::string& name, const std::string& value) { return read_one_of_own(name, value, wish); });
  if (fault)
    return *std::move(fault);
  return wish;
}

} // namespace usher::codec
