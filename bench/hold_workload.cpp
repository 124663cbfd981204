#include "bench/hold_workload.hpp"

#include "crowd/frame_reader.hpp"
#include "crowd/http_client.hpp"

#include <stdexcept>

namespace usher::bench {

std::optional<std::string> hold_workload::greeting(std::size_t) {
  // Without a token a connection is a new buyer.
  return R"({"type":"hello","id":"0"})";
}

bool hold_workload::next_request(std::size_t connection, std::string_view id, std::string& text) {
  if (next_ == all_.seats())
    return false;
  auto index = next_++;
  auto seat = seat_at(all_, index);
  text = R"({"type":"hold","id":")";
  text += id;
  text += R"(","event":")";
  text += event_name(all_, seat.event);
  text += R"(","key":")";
  text += std::to_string(connection) + '-' + std::to_string(index);
  text += R"(","seats":[")";
  append_guid(text, seat);
  text += R"("]})";
  return true;
}

answer hold_workload::read(std::string_view frame) {
  auto head = crowd::head_of(frame);
  if (head.type == "held" || head.type == "welcome")
    return {head.re, {}};
  if (head.type != "problem")
    return {head.re, "not a held"};
  return {head.re, crowd::slug_of(frame)};
}

void create_events(const crowd::address& operators, const std::string& key, const halls& all) {
  crowd::http_client admin(operators, std::chrono::minutes(2));
  auto body = event_body(all);
  for (std::size_t event = 0; event < all.events; ++event) {
    auto answer = admin.call({.method = "PUT",
                              .target = "/admin/v1/events/" + event_name(all, event),
                              .body = body,
                              .headers = {{"Authorization", "Bearer " + key}}});
    if (answer.status / 100 != 2)
      throw std::runtime_error("the event was refused: " + answer.body);
  }
}

} // namespace usher::bench
