#pragma once

#include "domain/decision.hpp"
#include "domain/seating_plan.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What clients are told when a request is not carried out: RFC 9457.
namespace usher::codec {

/// The last part of a problem's `type`, e.g. `seat-taken`.
[[nodiscard]] std::string_view slug(domain::rejection reason);
[[nodiscard]] int http_status(domain::rejection reason);

/// A rejection in the client's words.
struct problem {
  domain::rejection reason = domain::rejection::bad_request;
  std::string detail;                         ///< empty: the rejection's own sentence
  std::string pointer;                        ///< JSON pointer of the member at fault, if any
  std::vector<std::string> seats;             ///< guids of the seats that stood in the way
  std::vector<std::string> suggestion;        ///< guids to ask for instead
  std::optional<std::uint32_t> retry_after_s; ///< if empty: 1, or 2 while the store is away

  friend bool operator==(const problem&, const problem&) = default;
};

/// Where `type` points by default; the slug is appended.
inline constexpr std::string_view default_problem_base = "https://usher.example/problems/";

/// With the rejection's own sentence unless there is a better one, and the member at fault, if any.
[[nodiscard]] problem problem_of(domain::rejection reason, std::string detail = {}, std::string pointer = {});
/// The request is wrong at `pointer`.
[[nodiscard]] problem bad_request(std::string pointer, std::string detail);

/// Translates seat numbers by `plan`; without one, or without a section to look in, they are left out. `section` is
/// used when the refusal does not name one itself.
[[nodiscard]] problem to_problem(const domain::refusal& refusal, const domain::seating_plan* plan = nullptr,
                                 std::optional<domain::section_no> section = std::nullopt);

/// The value of `Retry-After` for rate-limited, overloaded and store-unavailable; nothing otherwise.
[[nodiscard]] std::optional<std::uint32_t> retry_after_s(const problem& what);

/// The HTTP body, `application/problem+json`. `type_base` is where `type` points, without the slug.
[[nodiscard]] std::string encode_problem(const problem& what, std::string_view type_base = default_problem_base);

/// The WebSocket frame `{"type": "problem", "re": …, "problem": {…}}`; without `re` when the request had no
/// readable id.
[[nodiscard]] std::string encode_problem_frame(const std::optional<std::string>& re, const problem& what,
                                               std::string_view type_base = default_problem_base);

} // namespace usher::codec
