#include "codec/public_names.hpp"

#include "codec/random.hpp"
#include "digest/sha256.hpp"

#include <boost/container/small_vector.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace usher::codec {
namespace {

/// As many as a hold may have seats.
constexpr std::size_t sections_max = 1000;

template <class Number>
void append_number(std::string& out, Number number) {
  std::array<char, 24> digits{};
  auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  out.append(digits.data(), end);
}

/// A number without sign or leading zeros, so that everything has only one name.
template <class Number>
std::optional<Number> read_number(std::string_view text) {
  Number number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  bool canonical = !text.empty() && text.front() != '-' && (text.size() == 1 || text.front() != '0');
  if (!canonical || error != std::errc{} || end != text.data() + text.size())
    return std::nullopt;
  return number;
}

template <class Id>
std::optional<Id> read_id(std::string_view text) {
  Id id;
  if (!domain::from_hex(text, id.high, id.low))
    return std::nullopt;
  return id;
}

std::optional<domain::event_id> read_event(std::string_view text) {
  if (!domain::is_event_id(text))
    return std::nullopt;
  return domain::event_id{std::string{text}};
}

/// Splits at the first `separator`; the second part is empty when there is none.
std::pair<std::string_view, std::string_view> split(std::string_view text, char separator) {
  auto at = text.find(separator);
  if (at == std::string_view::npos)
    return {text, {}};
  return {text.substr(0, at), text.substr(at + 1)};
}

std::optional<std::vector<domain::section_no>> read_sections(std::string_view text) {
  std::vector<domain::section_no> sections;
  while (!text.empty() && sections.size() < sections_max) {
    auto [first, rest] = split(text, '+');
    auto number = read_number<std::uint16_t>(first);
    bool ascending = number && (sections.empty() || sections.back().value() < *number);
    bool trailing_plus = rest.empty() && first.size() != text.size();
    if (!ascending || trailing_plus)
      return std::nullopt;
    sections.emplace_back(*number);
    text = rest;
  }
  if (!text.empty() || sections.empty())
    return std::nullopt;
  return sections;
}

/// SHA-256 over the parts, each after its length, so that no two lists of parts run together to the same bytes.
digest::sha256_digest hash(std::span<const std::string_view> parts) {
  boost::container::small_vector<std::array<char, 8>, 4> lengths;
  boost::container::small_vector<std::string_view, 8> pieces;
  lengths.reserve(parts.size());
  pieces.reserve(2 * parts.size());
  for (auto part : parts) {
    auto& length = lengths.emplace_back();
    for (std::size_t i = 0; i < length.size(); ++i)
      length[i] = static_cast<char>(std::uint64_t{part.size()} >> (56 - 8 * i));
    pieces.emplace_back(length.data(), length.size());
    pieces.push_back(part);
  }
  return digest::sha256(std::span{std::as_const(pieces)});
}

std::uint64_t big_endian(const unsigned char* bytes) {
  std::uint64_t value = 0;
  for (int i = 0; i < 8; ++i)
    value = value << 8 | bytes[i];
  return value;
}

template <class Id>
Id derive(std::string_view purpose, const domain::buyer_id& buyer, const domain::event_id& event,
          std::string_view key) {
  std::array<std::string_view, 4> parts{purpose, buyer.value(), event.value(), key};
  auto bytes = hash(parts);
  return {big_endian(bytes.data()), big_endian(bytes.data() + 8)};
}

} // namespace

std::string to_string(const hold_name& name) {
  std::string text;
  text.reserve(name.event.value().size() + 6 * name.sections.size() + 34);
  text += name.event.value();
  char separator = '~';
  for (auto section : name.sections) {
    text += separator;
    append_number(text, section.value());
    separator = '+';
  }
  text += '~';
  text += to_hex(name.hold);
  return text;
}

std::string to_string(const order_name& name) {
  return name.event.value() + "~" + to_hex(name.order);
}

std::string to_string(const ticket_name& name) {
  auto text = to_string(order_name{name.event, name.order}) + "~";
  append_number(text, name.number);
  return text;
}

std::optional<hold_name> parse_hold_name(std::string_view text) {
  auto [event_text, rest] = split(text, '~');
  auto [sections_text, id_text] = split(rest, '~');
  auto event = read_event(event_text);
  auto sections = read_sections(sections_text);
  auto id = read_id<domain::hold_id>(id_text);
  if (!event || !sections || !id)
    return std::nullopt;
  return hold_name{std::move(*event), std::move(*sections), *id};
}

std::optional<order_name> parse_order_name(std::string_view text) {
  auto [event_text, id_text] = split(text, '~');
  auto event = read_event(event_text);
  auto id = read_id<domain::order_id>(id_text);
  if (!event || !id)
    return std::nullopt;
  return order_name{std::move(*event), *id};
}

std::optional<ticket_name> parse_ticket_name(std::string_view text) {
  auto last = text.rfind('~');
  if (last == std::string_view::npos)
    return std::nullopt;
  auto order = parse_order_name(text.substr(0, last));
  auto number = read_number<std::uint32_t>(text.substr(last + 1));
  if (!order || !number || *number == 0)
    return std::nullopt;
  return ticket_name{std::move(order->event), order->order, *number};
}

domain::hold_id derive_hold_id(const domain::buyer_id& buyer, const domain::event_id& event, std::string_view key) {
  return derive<domain::hold_id>("usher.hold", buyer, event, key);
}

domain::order_id derive_order_id(const domain::buyer_id& buyer, const domain::event_id& event, std::string_view key) {
  return derive<domain::order_id>("usher.order", buyer, event, key);
}

domain::hold_id draw_hold_id() {
  return {random_number(), random_number()};
}

std::string draw_name() {
  return random_hex(16);
}

std::uint64_t digest(std::span<const std::string_view> parts) {
  return big_endian(hash(parts).data());
}

} // namespace usher::codec
