#include "crowd/frames.hpp"

#include "crowd/frame_reader.hpp"

#include <charconv>

namespace usher::crowd {

std::string text_of(std::string_view frame, std::string_view name) {
  return std::string(member(frame, name).value_or(std::string_view()));
}

std::int64_t number_of(std::string_view text) {
  std::int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

double real_of(std::string_view text) {
  double number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

std::int64_t total_of(std::string_view frame) {
  auto total = member(frame, "total").value_or(std::string_view());
  return number_of(member(total, "amount").value_or(std::string_view()));
}

std::uint64_t seats_of(std::string_view frame) {
  auto seats = member(frame, "seats").value_or(std::string_view());
  std::uint64_t count = 0;
  constexpr std::string_view name = "\"guid\":";
  for (auto at = seats.find(name); at != seats.npos; at = seats.find(name, at + name.size()))
    ++count;
  return count;
}

bool is_busy(std::string_view slug) {
  return slug == "rate-limited" || slug == "overloaded" || slug == "store-unavailable" || slug == "sale-paused"
         || slug == "sale-not-open";
}

std::string identity_of(std::string_view frame) {
  return text_of(frame, "order") + '|' + text_of(frame, "hold") + '|' + text_of(frame, "seats") + '|'
         + text_of(frame, "total");
}

std::string member_text(std::string_view name, std::string_view value) {
  std::string text = ",\"";
  text.append(name).append("\":\"").append(value).append("\"");
  return text;
}

} // namespace usher::crowd
