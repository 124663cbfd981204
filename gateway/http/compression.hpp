#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace usher::gateway {

/// Whether an answer may be compressed with gzip, by an `Accept-Encoding` (RFC 9110, 12.5.3; several joined by commas):
/// it is accepted, and nothing is liked better.
[[nodiscard]] bool accepts_gzip(std::string_view accept_encoding);

/// How much work is spent on making a text small.
enum class effort : std::uint8_t { least, usual };

/// The text in the format of gzip.
[[nodiscard]] std::string gzip(std::string_view text, effort how);

} // namespace usher::gateway
