#pragma once

#include "domain/instant.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace usher::codec {

/// RFC 3339 in UTC with milliseconds, e.g. `2026-11-22T19:30:00.000Z`; rounded down.
[[nodiscard]] std::string to_text(domain::instant moment);

/// Reads RFC 3339 with any offset, with or without fractions; nothing for anything else, a day that does not exist or a
/// year before 1970 or after 9999.
[[nodiscard]] std::optional<domain::instant> parse_time(std::string_view text);

} // namespace usher::codec
