// What operators do: create events, change them, see how they are selling.
#include "codec/codec.hpp"
#include "gateway/http/routes.hpp"

#include <array>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace usher::gateway {
namespace {

/// Answers an operator's change of an event. The answer shows the newest plan that was announced.
void reply_view(const exchange_ptr& x, unsigned status, answer&& what, std::span<const std::string> warnings = {}) {
  auto& view = std::get<messages::event_view>(what);
  if (auto known = x->event(view.id))
    x->reply(status, codec::encode_event(view, *known->plan, warnings));
}

/// The same after a change of what is for sale.
void reply_offer(const exchange_ptr& x, const directory& events, unsigned status, answer&& what,
                 std::vector<std::string> warnings = {}) {
  const auto& view = std::get<messages::event_view>(what);
  if (auto known = events.find(view.id))
    if (auto unpriced = codec::warning_of_prices(view.settings, *known->plan))
      warnings.push_back(std::move(*unpriced));
  reply_view(x, status, std::move(what), warnings);
}

/// A new event without a name of its own is called as its plan is, if that can be.
std::optional<codec::problem> fault_of_name(const codec::event_body& body) {
  if (body.settings.name || body.plan->name().size() <= domain::event_settings::name_bytes_max)
    return std::nullopt;
  return codec::bad_request("/plan/name",
                            "The plan's name has more than " + std::to_string(domain::event_settings::name_bytes_max)
                                + " bytes, and the event would be called so: give the event a name of its own "
                                  "(`name`, with the program --name).");
}

void put_event(const exchange_ptr& x, const operator_call_services& with) {
  if (!domain::is_event_id(x->parameter(0)))
    return x->refuse(domain::rejection::bad_request, "An event's id is 1 to 64 of a-z, 0-9 and -.");
  auto read = codec::read_event_body(x->request().body);
  x->request().body = {}; // It may be large, and is no longer needed.
  if (auto* wrong = std::get_if<codec::problem>(&read))
    return x->refuse(*wrong);
  auto& body = std::get<codec::event_body>(read);
  auto known = with.directory.find(domain::event_id{x->parameter(0)});
  if (auto why = with.directory.still_starting(); why && !known)
    return x->refuse(*why);
  if (!body.plan) {
    if (!known)
      return x->refuse(codec::bad_request("/plan", "A new event needs a plan."));
    body.plan = known->plan; // only for its categories: without a text the plan is not replaced
  }
  if (auto wrong = fault_of_name(body); wrong && !known)
    return x->refuse(*wrong);
  auto prices = codec::resolve_prices(body.prices, *body.plan);
  if (auto* wrong = std::get_if<codec::problem>(&prices))
    return x->refuse(*wrong);
  body.settings.prices = std::get<0>(std::move(prices));
  auto warnings = body.plan_text ? codec::warnings_of(*body.plan) : std::vector<std::string>{};
  messages::put_event request{x->trace(),
                              domain::event_id{x->parameter(0)},
                              std::move(body.settings),
                              std::move(body.plan_text),
                              std::move(body.plan),
                              body.state};
  x->ask(std::move(request),
         [x, &with, status = known ? 200U : 201U, warnings = std::move(warnings)](answer&& what) mutable {
           reply_offer(x, with.directory, status, std::move(what), std::move(warnings));
         });
}

void patch_event(const exchange_ptr& x, const operator_call_services& with) {
  auto event = x->event();
  if (!event)
    return;
  auto read = codec::read_event_change(x->request().body, event->id, *event->plan);
  if (auto* wrong = std::get_if<codec::problem>(&read))
    return x->refuse(*wrong);
  auto& change = std::get<messages::change_event>(read);
  change.trace = x->trace();
  auto changes_offer = change.state || !change.prices.empty();
  x->ask(std::move(change), [x, &with, changes_offer](answer&& what) {
    changes_offer ? reply_offer(x, with.directory, 200, std::move(what)) : reply_view(x, 200, std::move(what));
  });
}

void change_blocks(const exchange_ptr& x, bool block) {
  auto event = x->event();
  if (!event)
    return;
  auto read = codec::read_block_body(x->request().body, event->id, *event->plan, block);
  if (auto* wrong = std::get_if<codec::problem>(&read))
    return x->refuse(*wrong);
  auto& request = std::get<messages::block_seats>(read);
  request.trace = x->trace();
  std::optional<domain::section_no> section;
  if (request.parts.size() == 1)
    section = request.parts.front().section;
  x->ask(std::move(request), event, section, [x](answer&& what) { reply_view(x, 200, std::move(what)); });
}

void post_block(const exchange_ptr& x) {
  change_blocks(x, true);
}

void post_unblock(const exchange_ptr& x) {
  change_blocks(x, false);
}

void get_report(const exchange_ptr& x) {
  auto event = x->event();
  if (!event)
    return;
  x->ask(messages::report_event{x->trace(), event->id}, [x, event](answer&& what) {
    x->reply(200, codec::encode_report(std::get<messages::event_report>(what), *x->present(event)->plan));
  });
}

void get_audit(const exchange_ptr& x, const operator_call_services& with) {
  auto event = x->event();
  if (!event)
    return;
  if (!with.audit)
    return x->refuse(domain::rejection::not_found, "This node runs no audits.");
  with.audit(x->trace(), event->id, [x, &with](audit_answer verdict) {
    with.post([x, verdict = std::move(verdict)] {
      if (auto* why = std::get_if<domain::refusal>(&verdict))
        x->refuse(codec::to_problem(*why));
      else
        x->reply(200, std::get<std::string>(verdict));
    });
  });
}

template <auto Call>
constexpr auto for_operators = serve_with<&call_services::operators, Call>;

constexpr std::array operator_calls{
    route{http_port::operators, "PUT", "/admin/v1/events/{event}", for_operators<put_event>},
    route{http_port::operators, "PATCH", "/admin/v1/events/{event}", for_operators<patch_event>},
    route{http_port::operators, "GET", "/admin/v1/events/{event}/report", serve<get_report>},
    route{http_port::operators, "POST", "/admin/v1/events/{event}/seats/block", serve<post_block>},
    route{http_port::operators, "POST", "/admin/v1/events/{event}/seats/unblock", serve<post_unblock>},
    route{http_port::operators, "GET", "/admin/v1/events/{event}/audit", for_operators<get_audit>},
};

} // namespace

std::span<const route> operator_routes() {
  return operator_calls;
}

} // namespace usher::gateway
