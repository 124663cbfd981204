#pragma once

#include <pqxx/pqxx>

#include <cstddef>
#include <cstdint>
#include <string_view>

/// Arguments of statements.
namespace usher::persistence::postgres {

/// Text is passed as bytes, so that nothing ends at a zero byte.
[[nodiscard]] inline pqxx::bytes_view as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}

/// PostgreSQL's integers are signed.
[[nodiscard]] inline std::int64_t number(std::uint64_t x) {
  return static_cast<std::int64_t>(x);
}

} // namespace usher::persistence::postgres
