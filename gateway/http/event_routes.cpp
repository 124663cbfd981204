// Reading about events: open to anybody.
#include "codec/codec.hpp"
#include "gateway/http/event_list.hpp"
#include "gateway/http/routes.hpp"

#include <array>

namespace usher::gateway {
namespace {

void get_events(const exchange_ptr& x, const event_call_services& with) {
  with.list.tell(x);
}

void get_present_events(const exchange_ptr& x, const event_call_services& with) {
  with.list.tell_present(x);
}

void describe(const exchange_ptr& x, const known_event_ptr& event) {
  x->ask(messages::describe_event{x->trace(), event->id}, [x, event](answer&& what) {
    x->reply(200, codec::encode_event(std::get<messages::event_view>(what), *x->present(event)->plan));
  });
}

void get_event(const exchange_ptr& x) {
  if (auto event = x->event())
    describe(x, event);
}

void get_shown_event(const exchange_ptr& x) {
  if (auto event = x->shown_event())
    describe(x, event);
}

void get_plan(const exchange_ptr& x) {
  auto event = x->shown_event();
  if (!event)
    return;
  http_reply said;
  said.headers = {{"ETag", event->plan_tag}, {"Cache-Control", "public, max-age=60"}};
  const auto& known = x->request().if_none_match;
  if (known == "*" || known.find(event->plan_tag) != std::string::npos)
    said.status = 304;
  else
    said.shared_body = event->plan_text;
  x->reply(std::move(said));
}

void get_seats(const exchange_ptr& x) {
  auto event = x->shown_event();
  if (!event)
    return;
  auto section = event->plan->find_section(x->parameter(1));
  if (!section)
    return x->refuse(domain::rejection::not_found, "There is no such section.");
  x->ask(messages::read_section{x->trace(), event->id, *section}, [x, event](answer&& what) {
    x->reply(200, codec::encode_seats(std::get<messages::section_view>(what), x->present(event)->names()));
  });
}

template <auto Call>
constexpr auto with_services = serve_with<&call_services::events, Call>;

constexpr std::array event_calls{
    route{http_port::buyers, "GET", "/v1/events", with_services<get_events>},
    route{http_port::buyers, "GET", "/v1/events/{event}", serve<get_shown_event>},
    route{http_port::buyers, "GET", "/v1/events/{event}/plan", serve<get_plan>},
    route{http_port::buyers, "GET", "/v1/events/{event}/sections/{section}/seats", serve<get_seats>},
    route{http_port::operators, "GET", "/admin/v1/events", with_services<get_present_events>},
    route{http_port::operators, "GET", "/admin/v1/events/{event}", serve<get_event>},
};

} // namespace

std::span<const route> event_routes() {
  return event_calls;
}

} // namespace usher::gateway
