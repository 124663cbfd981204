#pragma once

#include "gateway/codec_decode.hpp"
#include "gateway/codec_wish.hpp"
#include "gateway/json_reader.hpp"

namespace usher::gateway {

/// Reads the wish of a `hold` frame or body: exactly one of `seats`, `section` with `quantity`, and `best`.
[[nodiscard]] places_wish read_places(object_reader& members, const decode_limits& limits);

/// Reads `seats`: texts, at least one.
[[nodiscard]] std::vector<std::string> read_guids(object_reader& members, std::size_t most, std::size_t name_bytes);

/// Reads a hold's public name.
[[nodiscard]] hold_name read_hold_name(object_reader& members);

/// Reads `payment: {method}`.
[[nodiscard]] std::string read_payment_method(object_reader& members, const decode_limits& limits);

} // namespace usher::gateway
