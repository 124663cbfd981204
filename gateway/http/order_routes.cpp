// What operators do with orders and tickets: find them, refund them, see what a code is worth.
#include "codec/codec.hpp"
#include "gateway/http/routes.hpp"

#include <array>
#include <string>
#include <utility>

namespace usher::gateway {
namespace {

codec::event_names names_now(const exchange_ptr& x, const known_event_ptr& event) {
  return x->present(event)->names();
}

void get_orders(const exchange_ptr& x) {
  auto event = x->event();
  if (!event)
    return;
  auto read = codec::read_order_query(x->request().query, event->id, *event->plan);
  if (auto* wrong = std::get_if<codec::problem>(&read))
    return x->refuse(*wrong);
  auto& wish = std::get<messages::list_orders>(read);
  wish.trace = x->trace();
  x->ask(std::move(wish), [x, event](answer&& what) {
    x->reply(200, codec::encode_orders(std::get<messages::order_list>(what), names_now(x, event)));
  });
}

/// The order that the path names, of the event that it names. Nothing after answering 404.
std::optional<domain::order_id> require_order(http_exchange& x, known_event_ptr& event) {
  event = x.event();
  if (!event)
    return std::nullopt;
  auto name = codec::parse_order_name(x.parameter(1));
  if (name && name->event == event->id)
    return name->order;
  x.refuse(domain::rejection::not_found, "This event has no such order.");
  return std::nullopt;
}

/// Asks for one order, whoever's it is, and calls `then` with it.
template <class Then>
void find_any_order(const exchange_ptr& x, const known_event_ptr& event, domain::order_id order, Then then) {
  messages::list_orders wish;
  wish.trace = x->trace();
  wish.event = event->id;
  wish.order = order;
  x->ask(std::move(wish), [x, then = std::move(then)](answer&& what) {
    const auto& found = std::get<messages::order_list>(what).orders;
    if (found.empty())
      x->refuse(domain::rejection::not_found, "This event has no such order.");
    else
      then(found.front());
  });
}

void get_one_order(const exchange_ptr& x) {
  known_event_ptr event;
  if (auto order = require_order(*x, event))
    find_any_order(x, event, *order, [x, event](const messages::order_view& found) {
      x->reply(200, codec::encode_operators_order(found, names_now(x, event)));
    });
}

void post_refund(const exchange_ptr& x) {
  if (auto wrong = codec::check_empty_body(x->request().body))
    return x->refuse(*wrong);
  known_event_ptr event;
  if (auto order = require_order(*x, event))
    x->ask(messages::refund_order{x->trace(), event->id, *order}, [x, event](answer&& what) {
      const auto& view = std::get<messages::order_view>(what);
      x->reply(domain::is_final(view.state) ? 200 : 202, codec::encode_operators_order(view, names_now(x, event)));
    });
}

void post_refunds(const exchange_ptr& x) {
  auto event = x->event();
  if (!event)
    return;
  if (auto wrong = codec::check_empty_body(x->request().body))
    return x->refuse(*wrong);
  x->ask(messages::refund_orders{x->trace(), event->id}, [x](answer&& what) {
    const auto& progress = std::get<messages::refund_progress>(what);
    x->reply(progress.left + progress.open > 0 ? 202 : 200, codec::encode_refunds(progress));
  });
}

void get_ticket_worth(const exchange_ptr& x, const order_call_services& with) {
  constexpr auto unknown = "This is no code of a ticket of Usher's.";
  auto genuine = with.tokens.verify_ticket_code(x->parameter(0));
  auto name = genuine ? codec::parse_ticket_name(*genuine) : std::nullopt;
  if (!name)
    return x->refuse(domain::rejection::not_found, unknown);
  auto event = x->event(name->event);
  if (!event)
    return;
  find_any_order(x, event, name->order, [x, event, name = *name](const messages::order_view& order) {
    if (name.number == 0 || name.number > order.seats.size())
      return x->refuse(domain::rejection::not_found, unknown);
    http_reply said;
    said.headers.emplace_back("Cache-Control", "no-store");
    said.body = codec::encode_ticket_worth(name, order, names_now(x, event));
    x->reply(std::move(said));
  });
}

constexpr std::array order_calls{
    route{http_port::operators, "GET", "/admin/v1/events/{event}/orders", serve<get_orders>},
    route{http_port::operators, "GET", "/admin/v1/events/{event}/orders/{order}", serve<get_one_order>},
    route{http_port::operators, "POST", "/admin/v1/events/{event}/orders/{order}/refund", serve<post_refund>},
    route{http_port::operators, "POST", "/admin/v1/events/{event}/orders/refund", serve<post_refunds>},
    route{http_port::operators, "GET", "/admin/v1/tickets/{code}",
          serve_with<&call_services::orders, get_ticket_worth>},
};

} // namespace

std::span<const route> order_routes() {
  return order_calls;
}

} // namespace usher::gateway
