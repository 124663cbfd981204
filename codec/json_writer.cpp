#include "codec/json_writer.hpp"

#include <array>
#include <charconv>

namespace usher::codec {
namespace {

/// For each byte, whether it may be in a JSON text unescaped: printable ASCII except `"` and `\`.
constexpr auto plain = [] {
  std::array<bool, 256> table{};
  for (int c = 0x20; c < 0x7f; ++c)
    table[static_cast<std::size_t>(c)] = c != '"' && c != '\\';
  return table;
}();

unsigned byte_at(std::string_view text, std::size_t at) {
  return static_cast<unsigned char>(text[at]);
}

bool continues(std::string_view text, std::size_t at) {
  return at < text.size() && (byte_at(text, at) & 0xc0) == 0x80;
}

/// The length of the well-formed UTF-8 sequence at `at` that is not ASCII, or 0 (RFC 3629, section 4).
std::size_t sequence_length(std::string_view text, std::size_t at) {
  auto lead = byte_at(text, at);
  auto second = at + 1 < text.size() ? byte_at(text, at + 1) : 0;
  if (!continues(text, at + 1))
    return 0;
  if (lead >= 0xc2 && lead <= 0xdf)
    return 2;
  if (lead >= 0xe0 && lead <= 0xef) {
    bool overlong = lead == 0xe0 && second < 0xa0;
    bool surrogate = lead == 0xed && second > 0x9f;
    return overlong || surrogate || !continues(text, at + 2) ? 0 : 3;
  }
  if (lead >= 0xf0 && lead <= 0xf4) {
    bool overlong = lead == 0xf0 && second < 0x90;
    bool beyond = lead == 0xf4 && second > 0x8f;
    return overlong || beyond || !continues(text, at + 2) || !continues(text, at + 3) ? 0 : 4;
  }
  return 0;
}

void append_escape(std::string& out, char c) {
  constexpr std::string_view digits = "0123456789abcdef";
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      out += "\\u00";
      out += digits[static_cast<unsigned char>(c) >> 4];
      out += digits[static_cast<unsigned char>(c) & 0xf];
  }
}

} // namespace

json_writer& json_writer::value(std::string_view text) {
  separate();
  out_ += '"';
  std::size_t at = 0;
  while (at < text.size()) {
    auto from = at;
    while (at < text.size() && plain[byte_at(text, at)])
      ++at;
    out_.append(text, from, at - from);
    if (at == text.size())
      break;
    if (byte_at(text, at) < 0x80) {
      append_escape(out_, text[at++]);
    } else if (auto length = sequence_length(text, at); length > 0) {
      out_.append(text, at, length);
      at += length;
    } else {
      out_ += "\xef\xbf\xbd";
      ++at;
    }
  }
  out_ += '"';
  return *this;
}

json_writer& json_writer::signed_number(std::int64_t number) {
  std::array<char, 24> digits{};
  auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  return raw({digits.data(), static_cast<std::size_t>(end - digits.data())});
}

json_writer& json_writer::unsigned_number(std::uint64_t number) {
  std::array<char, 24> digits{};
  auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  return raw({digits.data(), static_cast<std::size_t>(end - digits.data())});
}

} // namespace usher::codec
