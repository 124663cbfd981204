#include "codec/decode.hpp"

#include "codec/json_reader.hpp"
#include "codec/places.hpp"

#include <boost/json/monotonic_resource.hpp>

#include <array>
#include <limits>
#include <utility>

namespace usher::codec {
namespace {

boost::json::parse_options options_for(const decode_limits& limits) {
  boost::json::parse_options options;
  options.max_depth = limits.depth;
  return options;
}

domain::event_id read_event(object_reader& members, const decode_limits& limits) {
  auto text = members.text("event", limits.name_bytes);
  if (!domain::is_event_id(text))
    members.fail("event", "This is not the name of an event.");
  return domain::event_id{std::string{text}};
}

std::vector<frames::wanted_sections> read_watches(object_reader& members, const decode_limits& limits) {
  std::vector<frames::wanted_sections> result;
  const auto* list = members.array("watch", 0, limits.watches);
  auto left = limits.watches;
  for (std::size_t i = 0; list && i < list->size(); ++i) {
    auto at = pointer_to(members.pointer("watch"), i);
    const auto* object = (*list)[i].if_object();
    if (!object) {
      if (!members.fault())
        members.fault() = bad_request(at, "This must be an object.");
      return result;
    }
    object_reader one{*object, members.fault(), at};
    auto event = read_event(one, limits);
    auto sections = one.texts("sections", 1, left, limits.name_bytes);
    left -= sections.size();
    result.push_back({std::move(event), std::move(sections)});
  }
  return result;
}

frames::content read_hello(object_reader& members, const decode_limits& limits) {
  frames::hello frame;
  frame.token = members.optional_text("token", limits.token_bytes);
  if (const auto* object = members.optional_object("resume")) {
    object_reader resume{*object, members.fault(), "/resume"};
    frames::resume_point point;
    point.session = resume.text("session", limits.token_bytes);
    // Checked but not needed: every watch begins with a snapshot, whatever the client has seen.
    (void)resume.optional_number("seen", 0, std::numeric_limits<std::int64_t>::max());
    frame.resume = std::move(point);
  }
  if (members.has("places"))
    frame.places = members.texts("places", 0, limits.places, limits.token_bytes);
  if (members.has("watch"))
    frame.watch = read_watches(members, limits);
  return frame;
}

frames::content read_join_queue(object_reader& members, const decode_limits& limits) {
  auto event = read_event(members, limits);
  return frames::join_queue{std::move(event), members.optional_text("token", limits.token_bytes)};
}

frames::content read_leave_queue(object_reader& members, const decode_limits& limits) {
  return frames::leave_queue{read_event(members, limits)};
}

template <class Frame>
frames::content read_watch(object_reader& members, const decode_limits& limits) {
  auto event = read_event(members, limits);
  return Frame{std::move(event), std::string{members.text("section", limits.name_bytes)}};
}

frames::content read_hold(object_reader& members, const decode_limits& limits) {
  members.refuse_others({"type", "id", "event", "key", "pass", "seats", "section", "quantity", "best"});
  frames::hold frame;
  frame.event = read_event(members, limits);
  frame.key = members.optional_text("key", limits.key_bytes);
  frame.pass = members.optional_text("pass", limits.token_bytes);
  frame.places = read_places(members, limits);
  return frame;
}

frames::content read_release(object_reader& members, const decode_limits&) {
  return frames::release{read_hold_name(members)};
}

frames::content read_order(object_reader& members, const decode_limits& limits) {
  members.refuse_others({"type", "id", "hold", "key", "payment"});
  frames::order frame;
  frame.hold = read_hold_name(members);
  frame.key = members.text("key", limits.key_bytes);
  frame.method = read_payment_method(members, limits);
  return frame;
}

frames::content read_list_own(object_reader& members, const decode_limits& limits) {
  members.refuse_others({"type", "id", "event", "after"});
  frames::list_own frame;
  if (members.has("event"))
    frame.event = read_event(members, limits);
  if (auto after = members.optional_text("after", limits.name_bytes))
    frame.after = domain::event_id{*std::move(after)};
  return frame;
}

frames::content read_ping(object_reader&, const decode_limits&) {
  return frames::ping{};
}

struct reader {
  std::string_view type;
  frames::content (*read)(object_reader&, const decode_limits&);
};

/// The most frequent first.
constexpr auto readers = std::to_array<reader>({
    {"hold", read_hold},
    {"order", read_order},
    {"release", read_release},
    {"ping", read_ping},
    {"seats.watch", read_watch<frames::watch_seats>},
    {"seats.unwatch", read_watch<frames::unwatch_seats>},
    {"queue.join", read_join_queue},
    {"queue.leave", read_leave_queue},
    {"hello", read_hello},
    {"me", read_list_own},
});

/// The id may be any text, even with control characters: it only ever goes back to its sender.
std::optional<std::string> read_id(const boost::json::object& object, const decode_limits& limits, first_fault& fault) {
  const auto* id = object.if_contains("id");
  const auto* text = id ? id->if_string() : nullptr;
  if (text && text->size() <= limits.id_bytes)
    return std::string{text->data(), text->size()};
  if (!id)
    fault = bad_request("/id", "This is missing.");
  else if (!text)
    fault = bad_request("/id", "This must be a text.");
  else
    fault = bad_request("/id", "This is longer than " + std::to_string(limits.id_bytes) + " bytes.");
  return std::nullopt;
}

frames::content read_content(const boost::json::object& object, const decode_limits& limits, first_fault& fault) {
  object_reader members{object, fault};
  auto type = members.text("type", limits.name_bytes);
  for (const auto& candidate : readers)
    if (candidate.type == type)
      return candidate.read(members, limits);
  members.fail("type", "There is no such type of frame.");
  return frames::ping{};
}

frames::received read_frame(const boost::json::value& json, const decode_limits& limits) {
  const auto* object = json.if_object();
  if (!object)
    return {std::nullopt, bad_request({}, "A frame must be an object.")};
  first_fault fault;
  auto id = read_id(*object, limits, fault);
  auto content = read_content(*object, limits, fault);
  if (fault)
    return {std::move(id), std::move(*fault)};
  return {std::move(id), std::move(content)};
}

} // namespace

frame_decoder::frame_decoder(decode_limits limits)
    : limits_(limits), memory_(std::make_unique<memory>()), parser_({}, options_for(limits)) {}

frames::received frame_decoder::decode(std::string_view text) {
  boost::json::monotonic_resource arena{memory_->data(), memory_->size()};
  parser_.reset(&arena);
  boost::system::error_code error;
  parser_.write(text.data(), text.size(), error);
  if (error) {
    parser_.reset();
    return {std::nullopt, bad_request({}, "The frame is not JSON: " + error.message() + ".")};
  }
  auto json = parser_.release();
  return read_frame(json, limits_);
}

} // namespace usher::codec
