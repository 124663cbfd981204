#pragma once

#include "codec/decode.hpp"
#include "codec/json_reader.hpp"
#include "codec/wish.hpp"

namespace usher::codec {

/// Reads the wish of a `hold` frame or body: exactly one of `seats`, `section` with `quantity`, and `best`.
[[nodiscard]] places_wish read_places(object_reader& members, const decode_limits& limits);

/// Reads `seats`: texts, at least one.
[[nodiscard]] std::vector<std::string> read_guids(object_reader& members, std::size_t most, std::size_t name_bytes);

/// Reads a hold's public name.
[[nodiscard]] hold_name read_hold_name(object_reader& members);

/// Reads `payment: {method}`.
[[nodiscard]] std::string read_payment_method(object_reader& members, const decode_limits& limits);

} // namespace usher::codec
