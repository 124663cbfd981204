#pragma once

#include "domain/ids.hpp"

#include <array>
#include <cstdint>
#include <string_view>

namespace usher::persistence {

/// The 16 bytes of a wide id in the order of its hexadecimal digits, so that a database shows the digits people know.
using id_bytes = std::array<char, 16>;

template <class Tag>
[[nodiscard]] id_bytes to_bytes(const domain::wide_id<Tag>& id) {
  id_bytes bytes;
  for (unsigned i = 0; i < 8; ++i) {
    bytes[i] = static_cast<char>(id.high >> (56 - 8 * i));
    bytes[8 + i] = static_cast<char>(id.low >> (56 - 8 * i));
  }
  return bytes;
}

[[nodiscard]] inline std::string_view view(const id_bytes& bytes) {
  return {bytes.data(), bytes.size()};
}

/// The inverse of `to_bytes`; zero when there are not 16 bytes.
template <class Id>
[[nodiscard]] Id id_from_bytes(std::string_view bytes) {
  Id id;
  if (bytes.size() != 16)
    return id;
  for (unsigned i = 0; i < 8; ++i) {
    id.high = id.high << 8 | static_cast<std::uint8_t>(bytes[i]);
    id.low = id.low << 8 | static_cast<std::uint8_t>(bytes[8 + i]);
  }
  return id;
}

} // namespace usher::persistence
