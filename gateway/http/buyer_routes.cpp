// What buyers do over HTTP: sessions, the waiting room, holds, orders and tickets.
#include "codec/codec.hpp"
#include "gateway/http/http_repeats.hpp"
#include "gateway/http/routes.hpp"
#include "gateway/http/tickets_svg.hpp"
#include "gateway/options.hpp"
#include "gateway/request_limits.hpp"
#include "gateway/thread/buyer_index.hpp"
#include "gateway/thread/hold_request.hpp"
#include "gateway/thread/order_request.hpp"
#include "gateway/thread/own_things.hpp"
#include "gateway/thread/pass_book.hpp"
#include "gateway/ws/queue_answers.hpp"

#include <array>

namespace usher::gateway {
namespace {

// ---- sessions ---------------------------------------------------------------

void post_session(const exchange_ptr& x, const buyer_call_services& with) {
  if (auto wrong = codec::check_empty_body(x->request().body))
    return x->refuse(*wrong);
  const auto& configured = with.options;
  if (!configured.anonymous)
    return x->refuse(domain::rejection::unauthorized, "Buyers' tokens come from the shop.");
  // No Idempotency-Key: anybody using the same one would get this buyer's token, and a lost token costs nothing.
  codec::fresh_session made;
  made.buyer = domain::buyer_id{codec::draw_name()};
  made.expires_at = std::chrono::floor<domain::seconds>(with.now() + configured.token_ttl);
  made.token = with.tokens.sign(codec::buyer_claims{made.buyer, made.expires_at});
  x->reply(201, codec::encode_session(made));
}

// ---- the waiting room -------------------------------------------------------

/// The event that the path names, for a known buyer, and the number that their queue token proves, if they sent one.
/// Null after answering 401, 404 or 429.
known_event_ptr require_queue(http_exchange& x, const codec::tokens& tokens,
                              std::optional<domain::queue_number>& number) {
  auto event = x.shown_event();
  if (!event || !x.require_buyer())
    return nullptr;
  const auto& token = x.request().queue_token;
  if (token.empty())
    return event;
  number = tokens.proven_place(token, event->id, x.buyer());
  if (number)
    return event;
  x.refuse(domain::rejection::unauthorized, codec::not_their_place);
  return nullptr;
}

void reply_place(const exchange_ptr& x, const queue_answers& places, unsigned status, const known_event& event,
                 const domain::queue_place& place) {
  auto told = places.of(event.id, x->buyer(), place);
  http_reply said;
  said.status = status;
  said.headers.emplace_back("Usher-Queue", told.token);
  said.body = codec::encode_queue(told);
  x->reply(std::move(said));
}

domain::queue_place free_entry() {
  domain::queue_place place;
  place.state = domain::queue_state::admitted;
  return place;
}

void post_queue(const exchange_ptr& x, const buyer_call_services& with) {
  std::optional<domain::queue_number> number;
  auto event = require_queue(*x, with.tokens, number);
  if (!event)
    return;
  if (auto wrong = codec::check_empty_body(x->request().body))
    return x->refuse(*wrong);
  if (!event->waiting_room)
    return reply_place(x, with.places, 200, *event, free_entry());
  x->ask(messages::join_queue{x->trace(), event->id, x->buyer(), number, false}, [x, &with, event](answer&& what) {
    const auto& place = std::get<domain::queue_place>(what);
    reply_place(x, with.places, place.is_new ? 201 : 200, *event, place);
  });
}

void get_queue(const exchange_ptr& x, const buyer_call_services& with) {
  std::optional<domain::queue_number> number;
  auto event = require_queue(*x, with.tokens, number);
  if (!event)
    return;
  if (!event->waiting_room)
    return reply_place(x, with.places, 200, *event, free_entry());
  x->ask(messages::ask_place{x->trace(), event->id, x->buyer(), number}, [x, &with, event](answer&& what) {
    reply_place(x, with.places, 200, *event, std::get<domain::queue_place>(what));
  });
}

void reply_nothing(const exchange_ptr& x) {
  http_reply said;
  said.status = 204;
  x->reply(std::move(said));
}

void delete_queue(const exchange_ptr& x, const buyer_call_services& with) {
  std::optional<domain::queue_number> number;
  auto event = require_queue(*x, with.tokens, number);
  if (!event)
    return;
  x->ask(messages::leave_queue{x->trace(), event->id, x->buyer()}, [x](answer&&) { reply_nothing(x); });
}

// ---- holds ------------------------------------------------------------------

pass_standing standing_of(http_exchange& x, const buyer_call_services& with, const known_event& event) {
  if (!event.waiting_room)
    return pass_standing::valid;
  return with.passes.standing(x.request().pass, event.id, x.buyer(), with.now());
}

void post_hold(const exchange_ptr& x, const buyer_call_services& with) {
  auto event = x->shown_event();
  if (!event || !x->require_buyer())
    return;
  auto places = codec::read_hold_body(x->request().body);
  if (auto* wrong = std::get_if<codec::problem>(&places))
    return x->refuse(*wrong);
  auto wish = codec::resolve(std::get<codec::places_wish>(places), *event->plan);
  if (auto* wrong = std::get_if<codec::problem>(&wish))
    return x->refuse(*wrong);
  if (!begin_or_repeat(*x, with.repeats, x->buyer().value()))
    return;
  // Only now: a repeat gets its answer even when the pass is over. If it is not remembered here, the event knows it.
  auto pass = standing_of(*x, with, *event);
  if (pass == pass_standing::none || (pass == pass_standing::over && x->request().idempotency_key.empty()))
    return x->refuse(domain::rejection::not_admitted);
  auto& wanted = std::get<codec::resolved_wish>(wish);
  auto section = codec::only_section(wanted);
  auto request = hold_request(x->trace(), event->id, x->buyer(), x->request().idempotency_key,
                              std::get<codec::places_wish>(places), std::move(wanted), pass == pass_standing::valid);
  x->ask(std::move(request), event, section, [x, &with, event](answer&& what) {
    const auto& granted = std::get<messages::hold_granted>(what);
    auto name = codec::name_of(granted);
    with.buyers.note_hold(x->buyer(), granted);
    http_reply said;
    said.status = 201;
    said.headers.emplace_back("Location", "/v1/holds/" + to_string(name));
    said.body = codec::encode_hold(granted, x->present(event)->names());
    x->reply(std::move(said));
  });
}

/// The hold that the path names, with its event. Nothing after answering 404 (no such name), 401 or 429.
std::optional<codec::hold_name> require_hold_name(http_exchange& x, known_event_ptr& event) {
  if (!x.require_buyer())
    return std::nullopt;
  auto name = codec::parse_hold_name(x.parameter(0));
  if (!name) {
    x.refuse(domain::rejection::not_found, "There is no such hold.");
    return std::nullopt;
  }
  event = x.event(name->event);
  return event ? name : std::nullopt;
}

void get_hold(const exchange_ptr& x) {
  known_event_ptr event;
  auto name = require_hold_name(*x, event);
  if (!name)
    return;
  x->ask(messages::find_hold{x->trace(), event->id, name->hold, x->buyer(), name->sections}, [x, event](answer&& what) {
    x->reply(200, codec::encode_hold(std::get<messages::hold_granted>(what), x->present(event)->names()));
  });
}

void delete_hold(const exchange_ptr& x, const buyer_call_services& with) {
  known_event_ptr event;
  auto name = require_hold_name(*x, event);
  if (!name)
    return;
  if (auto refused = with.limits.gives_back_too_often(x->buyer(), x->request().from))
    return x->refuse(*refused);
  x->ask(messages::release_hold{x->trace(), event->id, name->hold, x->buyer(), name->sections},
         [x](answer&&) { reply_nothing(x); });
}

// ---- orders and tickets -----------------------------------------------------

void post_order(const exchange_ptr& x) {
  if (!x->require_buyer())
    return;
  const auto& key = x->request().idempotency_key;
  if (key.empty())
    return x->refuse(domain::rejection::bad_request, "An order needs the header Idempotency-Key.");
  auto read = codec::read_order_body(x->request().body);
  if (auto* wrong = std::get_if<codec::problem>(&read))
    return x->refuse(*wrong);
  auto& body = std::get<codec::order_body>(read);
  auto event = x->event(body.hold.event);
  // A repeat is asked again and answered with the order as it is by then: the same key is the same order.
  if (!event || !may_be_key(*x))
    return;
  x->ask(
      order_request(x->trace(), x->buyer(), body.hold, key, body.method), event, std::nullopt,
      [x, event](answer&& what) {
        const auto& order = std::get<messages::order_view>(what);
        http_reply said;
        said.status = domain::is_final(order.state) ? 201 : 202;
        said.headers.emplace_back("Location", "/v1/orders/" + to_string(codec::order_name{order.event, order.order}));
        said.body = codec::encode_order(order, x->present(event)->names());
        x->reply(std::move(said));
      });
}

using on_order = std::function<void(const messages::order_view&, const known_event&)>;

/// Finds this buyer's order with this name, and calls `then` with it.
template <class Name>
void find_order(const exchange_ptr& x, const std::optional<Name>& name, on_order then) {
  if (!name)
    return x->refuse(domain::rejection::not_found, "There is no such order.");
  if (auto event = x->event(name->event))
    x->ask(messages::find_order{x->trace(), event->id, name->order, x->buyer()},
           [x, event, then = std::move(then)](answer&& what) {
             then(std::get<messages::order_view>(what), *x->present(event));
           });
}

void get_order(const exchange_ptr& x) {
  if (x->require_buyer())
    find_order(x, codec::parse_order_name(x->parameter(0)),
               [x](const messages::order_view& order, const known_event& event) {
                 x->reply(200, codec::encode_order(order, event.names()));
               });
}

void post_cancel(const exchange_ptr& x) {
  if (!x->require_buyer())
    return;
  if (auto wrong = codec::check_empty_body(x->request().body))
    return x->refuse(*wrong);
  auto name = codec::parse_order_name(x->parameter(0));
  if (!name)
    return x->refuse(domain::rejection::not_found, "There is no such order.");
  auto event = x->event(name->event);
  if (!event)
    return;
  x->ask(messages::cancel_order{x->trace(), event->id, name->order, x->buyer()}, [x, event](answer&& what) {
    const auto& order = std::get<messages::order_view>(what);
    x->reply(domain::is_final(order.state) ? 200 : 202, codec::encode_order(order, x->present(event)->names()));
  });
}

/// Only a confirmed order has tickets. Otherwise answers why there are none, and returns false.
bool require_tickets(http_exchange& x, const messages::order_view& order) {
  if (order.state == domain::order_state::confirmed)
    return true;
  if (domain::is_final(order.state))
    x.refuse(domain::rejection::not_found, "This order has no tickets.");
  else
    x.refuse(domain::rejection::in_progress, "Tickets are issued when the order is confirmed.");
  return false;
}

void get_tickets(const exchange_ptr& x, const buyer_call_services& with) {
  if (x->require_buyer())
    find_order(x, codec::parse_order_name(x->parameter(0)),
               [x, &with](const messages::order_view& order, const known_event& event) {
                 if (require_tickets(*x, order))
                   x->reply(200, codec::encode_tickets(order, event.names(), [&with](const std::string& ticket) {
                              return with.tokens.ticket_code(ticket);
                            }));
               });
}

void get_ticket(const exchange_ptr& x, const buyer_call_services& with) {
  if (!x->require_buyer())
    return;
  auto name = codec::parse_ticket_name(x->parameter(0));
  find_order(x, name, [x, &with, name](const messages::order_view& order, const known_event&) {
    if (!require_tickets(*x, order))
      return;
    if (name->number == 0 || name->number > order.seats.size())
      return x->refuse(domain::rejection::not_found, "There is no such ticket.");
    http_reply said;
    said.content_type = "image/svg+xml";
    said.headers.emplace_back("Cache-Control", "no-store"); // it is worth nothing once the order is cancelled
    said.body = qr_code_svg(with.tokens.ticket_code(to_string(*name)));
    x->reply(std::move(said));
  });
}

// ---- all that a buyer has ---------------------------------------------------

void get_own(const exchange_ptr& x, const buyer_call_services& with) {
  if (!x->require_buyer())
    return;
  auto question = codec::read_own_query(x->request().query);
  if (auto* wrong = std::get_if<codec::problem>(&question))
    return x->refuse(*wrong);
  auto told = [x, &with](const codec::own_answer& answer) {
    // Ends of holds over several sections are told by the names that are noted.
    for (const auto& here : answer.events)
      if (here.list)
        for (const auto& hold : here.list->holds)
          with.buyers.note_hold(x->buyer(), hold);
    http_reply said;
    said.headers.emplace_back("Cache-Control", "no-store");
    said.body = codec::encode_own(answer);
    x->reply(std::move(said));
  };
  if (auto wrong = with.own.gather(x->buyer(), x->trace(), std::get<codec::frames::list_own>(question), told))
    x->refuse(*wrong);
}

template <auto Call>
constexpr auto for_buyers = serve_with<&call_services::buyers, Call>;

constexpr std::array buyer_calls{
    route{http_port::buyers, "POST", "/v1/sessions", for_buyers<post_session>},
    route{http_port::buyers, "GET", "/v1/me", for_buyers<get_own>},
    route{http_port::buyers, "POST", "/v1/events/{event}/queue", for_buyers<post_queue>},
    route{http_port::buyers, "GET", "/v1/events/{event}/queue", for_buyers<get_queue>},
    route{http_port::buyers, "DELETE", "/v1/events/{event}/queue", for_buyers<delete_queue>},
    route{http_port::buyers, "POST", "/v1/events/{event}/holds", for_buyers<post_hold>},
    route{http_port::buyers, "GET", "/v1/holds/{hold}", serve<get_hold>},
    route{http_port::buyers, "DELETE", "/v1/holds/{hold}", for_buyers<delete_hold>},
    route{http_port::buyers, "POST", "/v1/orders", serve<post_order>},
    route{http_port::buyers, "GET", "/v1/orders/{order}", serve<get_order>},
    route{http_port::buyers, "POST", "/v1/orders/{order}/cancel", serve<post_cancel>},
    route{http_port::buyers, "GET", "/v1/orders/{order}/tickets", for_buyers<get_tickets>},
    route{http_port::buyers, "GET", "/v1/tickets/{ticket}.svg", for_buyers<get_ticket>},
};

} // namespace

std::span<const route> buyer_routes() {
  return buyer_calls;
}

} // namespace usher::gateway
