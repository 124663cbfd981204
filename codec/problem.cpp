#include "codec/problem.hpp"

#include "codec/json_writer.hpp"
#include "domain/ensure.hpp"

#include <algorithm>
#include <array>

namespace usher::codec {
namespace {

struct public_rejection {
  domain::rejection reason;
  std::string_view slug;
  int http_status;
};

/// All but those that are `domain::is_internal`.
constexpr auto public_rejections = std::to_array<public_rejection>({
    {domain::rejection::bad_request, "bad-request", 400},
    {domain::rejection::unauthorized, "unauthorized", 401},
    {domain::rejection::payment_declined, "payment-declined", 402},
    {domain::rejection::not_admitted, "not-admitted", 403},
    {domain::rejection::not_found, "not-found", 404},
    {domain::rejection::seat_taken, "seat-taken", 409},
    {domain::rejection::limit_exceeded, "limit-exceeded", 409},
    {domain::rejection::sold_out, "sold-out", 409},
    {domain::rejection::in_progress, "in-progress", 409},
    {domain::rejection::hold_expired, "hold-expired", 410},
    {domain::rejection::payload_too_large, "payload-too-large", 413},
    {domain::rejection::idempotency_mismatch, "idempotency-mismatch", 422},
    {domain::rejection::would_orphan, "would-orphan", 409},
    {domain::rejection::sale_not_open, "sale-not-open", 423},
    {domain::rejection::sale_paused, "sale-paused", 423},
    {domain::rejection::rate_limited, "rate-limited", 429},
    {domain::rejection::overloaded, "overloaded", 503},
    {domain::rejection::store_unavailable, "store-unavailable", 503},
    {domain::rejection::plan_in_use, "plan-in-use", 409},
    {domain::rejection::not_for_sale, "not-for-sale", 409},
    {domain::rejection::cancellation_closed, "cancellation-closed", 409},
});

const public_rejection& describe(domain::rejection reason) {
  auto found = std::find_if(public_rejections.begin(), public_rejections.end(),
                            [reason](const public_rejection& x) { return x.reason == reason; });
  domain::ensure(found != public_rejections.end(), "clients can be told of every rejection");
  return *found;
}

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

std::string_view slug(domain::rejection reason) {
  return describe(reason).slug;
}

int http_status(domain::rejection reason) {
  return describe(reason).http_status;
}

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
  auto what = problem_of(refusal.reason, refusal.detail, refusal.setting.empty() ? "" : "/" + refusal.setting);
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
