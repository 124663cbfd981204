#include "codec/places.hpp"

namespace usher::codec {
namespace {

/// An event's name, two separators, 32 digits, and up to 1000 section numbers of five digits with a plus each.
constexpr std::size_t hold_name_bytes = 64 + 2 + 32 + 6000;

places_in_section read_quantity(object_reader& members, const decode_limits& limits) {
  places_in_section wish;
  wish.section = members.text("section", limits.name_bytes);
  wish.quantity = static_cast<std::uint32_t>(members.number("quantity", 1, static_cast<std::int64_t>(limits.seats)));
  return wish;
}

best_places read_best(object_reader& members, const decode_limits& limits) {
  const auto* object = members.optional_object("best");
  if (!object)
    return {};
  auto at = members.pointer("best");
  object_reader best{*object, members.fault(), at};
  best.refuse_others({"quantity", "category", "section"});
  best_places wish;
  wish.quantity = static_cast<std::uint32_t>(best.number("quantity", 1, static_cast<std::int64_t>(limits.seats)));
  wish.category = best.optional_text("category", limits.name_bytes);
  wish.section = best.optional_text("section", limits.name_bytes);
  return wish;
}

} // namespace

std::vector<std::string> read_guids(object_reader& members, std::size_t most, std::size_t name_bytes) {
  return members.texts("seats", 1, most, name_bytes);
}

places_wish read_places(object_reader& members, const decode_limits& limits) {
  bool seats = members.has("seats");
  bool quantity = members.has("section") || members.has("quantity");
  bool best = members.has("best");
  if (int{seats} + int{quantity} + int{best} != 1) {
    members.fail("Say exactly one of seats, section with quantity, and best.");
    return named_seats{};
  }
  if (seats)
    return named_seats{read_guids(members, limits.seats, limits.name_bytes)};
  if (quantity)
    return read_quantity(members, limits);
  return read_best(members, limits);
}

hold_name read_hold_name(object_reader& members) {
  auto text = members.text("hold", hold_name_bytes);
  if (auto name = parse_hold_name(text))
    return std::move(*name);
  members.fail("hold", "This is not the name of a hold.");
  return {};
}

std::string read_payment_method(object_reader& members, const decode_limits& limits) {
  const auto* object = members.object("payment");
  if (!object)
    return {};
  auto at = members.pointer("payment");
  object_reader payment{*object, members.fault(), at};
  return std::string{payment.text("method", limits.name_bytes)};
}

} // namespace usher::codec
