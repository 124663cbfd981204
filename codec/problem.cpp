#include "codec/problem.hpp"

#include "codec/json_writer.hpp"

#include <algorithm>

namespace usher::codec {
namespace {

/// The slug as a title: `seat-taken` → `Seat taken`.
std::string title_of(domain::rejection reason) {
  std::string title{slug(reason)};
  std::replace(title.begin(), title.end(), '-', ' ');
  title.front() = static_cast<char>(title.front() - 'a' + 'A');
  return title;
}

void write_texts(json_writer& json, std::string_view name, const std::vector<std::string>& texts) {
  if (texts.empty())
    return;
  json.key(name).begin_array();
  for (const auto& text : texts)
    json.value(text);
  json.end_array();
}

void write_problem(json_writer& json, const problem& what, std::string_view type_base) {
  std::string type{type_base};
  type += slug(what.reason);
  json.begin_object();
  json.member("type", type);
  json.member("title", title_of(what.reason));
  json.member("status", http_status(what.reason));
  json.member("detail", what.detail.empty() ? sentence(what.reason) : std::string_view{what.detail});
  if (!what.pointer.empty())
    json.member("pointer", what.pointer);
  write_texts(json, "seats", what.seats);
  write_texts(json, "suggestion", what.suggestion);
  if (auto seconds = retry_after_s(what))
    json.member("retry_after_s", *seconds);
  json.end_object();
}

std::vector<std::string> guids_of(const std::vector<domain::seat_no>& seats, const domain::seating_plan& plan,
                                  domain::section_no section) {
  std::vector<std::string> guids;
  guids.reserve(seats.size());
  auto numbers = plan.section(section).numbers_given();
  for (auto seat : seats)
    if (seat.value() < numbers)
      guids.push_back(plan.guid({section, seat}));
  return guids;
}

} // namespace

problem problem_of(domain::rejection reason, std::string detail, std::string pointer) {
  problem what;
  what.reason = reason;
  what.detail = std::move(detail);
  what.pointer = std::move(pointer);
  return what;
}

problem bad_request(std::string pointer, std::string detail) {
  return problem_of(domain::rejection::bad_request, std::move(detail), std::move(pointer));
}

problem to_problem(const domain::refusal& refusal, const domain::seating_plan* plan,
                   std::optional<domain::section_no> section) {
  auto what = problem_of(refusal.reason, refusal.detail);
  if (refusal.section)
    section = refusal.section;
  if (plan && section && section->value() < plan->sections().size()) {
    what.seats = guids_of(refusal.seats, *plan, *section);
    what.suggestion = guids_of(refusal.suggestion, *plan, *section);
  }
  if (!refusal.guids.empty())
    what.seats = refusal.guids;
  return what;
}

std::optional<std::uint32_t> retry_after_s(const problem& what) {
  switch (what.reason) {
    case domain::rejection::rate_limited:
    case domain::rejection::overloaded:
      return what.retry_after_s.value_or(1);
    case domain::rejection::store_unavailable:
      return what.retry_after_s.value_or(2);
    default:
      return std::nullopt;
  }
}

std::string encode_problem(const problem& what, std::string_view type_base) {
  std::string text;
  json_writer json{text};
  write_problem(json, what, type_base);
  return text;
}

std::string encode_problem_frame(const std::optional<std::string>& re, const problem& what,
                                 std::string_view type_base) {
  std::string text;
  text.reserve(256);
  json_writer json{text};
  json.begin_object().member("type", "problem");
  if (re)
    json.member("re", *re);
  json.key("problem");
  write_problem(json, what, type_base);
  json.end_object();
  return text;
}

} // namespace usher::codec
