#include "domain/ids.hpp"

#include <algorithm>

namespace usher::domain {
namespace {

constexpr std::string_view digits = "0123456789abcdef";

void append_hex(std::string& text, std::uint64_t value) {
  for (int shift = 60; shift >= 0; shift -= 4)
    text += digits[(value >> shift) & 0xf];
}

bool read_hex(std::string_view text, std::uint64_t& value) {
  value = 0;
  for (char c : text) {
    auto digit = digits.find(c);
    if (digit == std::string_view::npos)
      return false;
    value = value << 4 | digit;
  }
  return true;
}

} // namespace

std::string to_hex(std::uint64_t high, std::uint64_t low) {
  std::string text;
  text.reserve(32);
  append_hex(text, high);
  append_hex(text, low);
  return text;
}

bool from_hex(std::string_view text, std::uint64_t& high, std::uint64_t& low) {
  return text.size() == 32 && read_hex(text.substr(0, 16), high) && read_hex(text.substr(16), low);
}

bool is_event_id(std::string_view text) {
  auto allowed = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
  return !text.empty() && text.size() <= 64 && text.front() != '-' && text.back() != '-'
         && std::all_of(text.begin(), text.end(), allowed);
}

std::string to_string(const shard_id& shard) {
  switch (shard.kind) {
    case shard_kind::waiting_room:
      return shard.event.value() + "/queue";
    case shard_kind::section:
      return shard.event.value() + "/" + std::to_string(shard.section.value());
    case shard_kind::event:
      break;
  }
  return shard.event.value();
}

} // namespace usher::domain
