#pragma once

#include "domain/ids.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// What holds, orders and tickets are called outside: a name says where its object lives, so that any node can find it
/// without asking, and contains 128 bits that nobody can guess.
namespace usher::codec {

/// `EVENT~S1+S2~HEX32`, with the numbers of the sections that the hold is in, ascending.
struct hold_name {
  domain::event_id event;
  std::vector<domain::section_no> sections;
  domain::hold_id hold;

  friend bool operator==(const hold_name&, const hold_name&) = default;
};

/// `EVENT~HEX32`.
struct order_name {
  domain::event_id event;
  domain::order_id order;

  friend bool operator==(const order_name&, const order_name&) = default;
};

/// `EVENT~HEX32~N`: the n-th seat of an order, from 1.
struct ticket_name {
  domain::event_id event;
  domain::order_id order;
  std::uint32_t number = 1;

  friend bool operator==(const ticket_name&, const ticket_name&) = default;
};

/// Writes a name.
[[nodiscard]] std::string to_string(const hold_name& name);
[[nodiscard]] std::string to_string(const order_name& name);
[[nodiscard]] std::string to_string(const ticket_name& name);

/// Read exactly what `to_string` writes; nothing for anything else.
[[nodiscard]] std::optional<hold_name> parse_hold_name(std::string_view text);
[[nodiscard]] std::optional<order_name> parse_order_name(std::string_view text);
[[nodiscard]] std::optional<ticket_name> parse_ticket_name(std::string_view text);

/// The id that this client key means for this buyer and event: a repeat finds the same hold. SHA-256, with a different
/// domain for each kind of id, so that a hold and an order with the same key have nothing in common.
[[nodiscard]] domain::hold_id derive_hold_id(const domain::buyer_id& buyer, const domain::event_id& event,
                                             std::string_view key);
[[nodiscard]] domain::order_id derive_order_id(const domain::buyer_id& buyer, const domain::event_id& event,
                                               std::string_view key);

/// A fresh id from the system's random source. Throws `std::runtime_error` when that fails.
[[nodiscard]] domain::hold_id draw_hold_id();
/// 32 fresh hexadecimal digits, e.g. for sessions and anonymous buyers.
[[nodiscard]] std::string draw_name();

/// The first 64 bits of SHA-256 over the parts, each with its length: tells two requests apart.
[[nodiscard]] std::uint64_t digest(std::span<const std::string_view> parts);

} // namespace usher::codec
