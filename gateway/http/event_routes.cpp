// Reading about events: open to anybody.
#include "codec/codec.hpp"
#include "gateway/http/compression.hpp"
#include "gateway/http/compressor.hpp"
#include "gateway/http/event_list.hpp"
#include "gateway/http/routes.hpp"

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace usher::gateway {
namespace {

/// A smaller text is not worth the work.
constexpr std::size_t packed_bytes_min = 2048;
/// So much is compressed within a millisecond or two.
constexpr std::size_t packed_at_once_max = 128 * 1024;

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

void get_plan(const exchange_ptr& x, const event_call_services& with) {
  auto event = x->shown_event();
  if (!event)
    return;
  const auto& request = x->request();
  http_reply said;
  said.headers = {{"Cache-Control", "public, max-age=60"}, {"Vary", "Accept-Encoding"}};
  auto knows = [&request](const std::string& tag) { return request.if_none_match.find(tag) != std::string::npos; };
  // The plain form is an answer to everybody, the other one to those who accept it.
  auto knows_packed = request.takes_gzip && knows(event->gzip_tag);
  if (request.if_none_match == "*" || knows(event->plan_tag) || knows_packed) {
    said.headers.emplace_back("ETag", knows_packed ? event->gzip_tag : event->plan_tag);
    said.status = 304;
    return x->reply(std::move(said));
  }
  auto may_be_packed = request.takes_gzip && event->plan_text->size() >= packed_bytes_min;
  auto packed = may_be_packed ? with.packer.find(event->plan_text) : nullptr;
  said.headers.emplace_back("ETag", packed ? event->gzip_tag : event->plan_tag);
  if (packed)
    said.headers.emplace_back("Content-Encoding", "gzip");
  said.shared_body = packed ? packed : event->plan_text;
  x->reply(std::move(said));
}

void reply_seats(http_exchange& x, std::string text, bool packed) {
  http_reply said;
  said.headers.emplace_back("Vary", "Accept-Encoding");
  if (packed)
    said.headers.emplace_back("Content-Encoding", "gzip");
  said.body = std::move(text);
  x.reply(std::move(said));
}

/// Compresses small sections at once, and has large ones compressed by somebody else.
void pack_and_reply_seats(const exchange_ptr& x, const event_call_services& with, std::string text) {
  if (!x->request().takes_gzip || text.size() < packed_bytes_min)
    return reply_seats(*x, std::move(text), false);
  if (text.size() <= packed_at_once_max)
    return reply_seats(*x, gzip(text, effort::least), true);
  auto plain = std::make_shared<const std::string>(std::move(text));
  // The exchange is let go of on its own thread only.
  auto then = [own = x, plain, &with](std::optional<std::string> packed) mutable {
    with.post([own = std::move(own), plain, packed = std::move(packed)]() mutable {
      auto is_packed = packed.has_value();
      reply_seats(*own, is_packed ? *std::move(packed) : *plain, is_packed);
    });
  };
  if (!with.packer.compress(plain, std::move(then)))
    reply_seats(*x, *plain, false);
}

void get_seats(const exchange_ptr& x, const event_call_services& with) {
  auto event = x->shown_event();
  if (!event)
    return;
  auto section = event->plan->find_section(x->parameter(1));
  if (!section)
    return x->refuse(domain::rejection::not_found, "There is no such section.");
  x->ask(messages::read_section{x->trace(), event->id, *section}, [x, &with, event](answer&& what) {
    pack_and_reply_seats(x, with,
                         codec::encode_seats(std::get<messages::section_view>(what), x->present(event)->names()));
  });
}

template <auto Call>
constexpr auto for_events = serve_with<&call_services::events, Call>;

constexpr std::array event_calls{
    route{http_port::buyers, "GET", "/v1/events", for_events<get_events>},
    route{http_port::buyers, "GET", "/v1/events/{event}", serve<get_shown_event>},
    route{http_port::buyers, "GET", "/v1/events/{event}/plan", for_events<get_plan>},
    route{http_port::buyers, "GET", "/v1/events/{event}/sections/{section}/seats", for_events<get_seats>},
    route{http_port::operators, "GET", "/admin/v1/events", for_events<get_present_events>},
    route{http_port::operators, "GET", "/admin/v1/events/{event}", serve<get_event>},
};

} // namespace

std::span<const route> event_routes() {
  return event_calls;
}

} // namespace usher::gateway
