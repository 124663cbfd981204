#pragma once

#include <cstdint>
#include <string>
#include <string_view>

/// What a simulated buyer reads from frames and writes into them.
namespace usher::crowd {

/// A member's text; empty when there is none.
[[nodiscard]] std::string text_of(std::string_view frame, std::string_view name);

/// 0 if it is not a number.
[[nodiscard]] std::int64_t number_of(std::string_view text);

/// The same for a number with a fraction.
[[nodiscard]] double real_of(std::string_view text);

/// The amount of `total`.
[[nodiscard]] std::int64_t total_of(std::string_view frame);

/// How many objects the array `seats` has: each has one guid.
[[nodiscard]] std::uint64_t seats_of(std::string_view frame);

/// Whether a problem may pass: the same may be asked again later.
[[nodiscard]] bool is_busy(std::string_view slug);

/// What must stay the same when a request with a key is repeated.
[[nodiscard]] std::string identity_of(std::string_view frame);

/// `,"name":"value"`; neither may need escapes.
[[nodiscard]] std::string member_text(std::string_view name, std::string_view value);

} // namespace usher::crowd
