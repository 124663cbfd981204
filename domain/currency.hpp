#pragma once

#include <optional>
#include <string_view>

namespace usher::domain {

/// How many decimals a currency has: 2 for EUR, 0 for JPY, 3 for KWD. Nothing for a code that is not a currency in
/// which prices can be stated.
///
/// By ISO 4217, list one (the currencies in use), as of 2025. Precious metals, testing codes and other entries without
/// a minor unit are left out.
[[nodiscard]] std::optional<int> decimals_of(std::string_view currency);

} // namespace usher::domain
