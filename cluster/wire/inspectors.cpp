#include "cluster/wire/inspectors.hpp"

#include <array>

namespace usher::cluster::wire {

bool byte_writer::value(double x) {
  auto bits = std::bit_cast<std::uint64_t>(x);
  for (auto i = 0; i < 8; ++i, bits >>= 8)
    bytes_.push_back(static_cast<char>(bits));
  return true;
}

void byte_writer::put_long(std::uint64_t x) {
  std::array<char, 10> digits;
  std::size_t count = 0;
  for (; x >= 0x80; x >>= 7)
    digits[count++] = static_cast<char>(x | 0x80);
  digits[count++] = static_cast<char>(x);
  bytes_.append(digits.data(), count);
}

void byte_writer::put_length(std::size_t begin) {
  auto length = bytes_.size() - begin;
  if (length < 0x80) {
    bytes_[begin - 1] = static_cast<char>(length);
    return;
  }
  std::string rest;
  byte_writer{rest}.put(length);
  bytes_[begin - 1] = rest.front();
  bytes_.insert(begin, rest, 1);
}

bool byte_reader::value(double& x) noexcept {
  std::uint64_t bits = 0;
  if (rest_.size() < sizeof(bits))
    return false;
  for (auto i = sizeof(bits); i > 0; --i)
    bits = bits << 8 | static_cast<unsigned char>(rest_[i - 1]);
  rest_.remove_prefix(sizeof(bits));
  x = std::bit_cast<double>(bits);
  return true;
}

bool byte_reader::value(std::string& x) {
  std::size_t length = 0;
  if (!begin_sequence(length))
    return false;
  x = rest_.substr(0, length);
  rest_.remove_prefix(length);
  return true;
}

bool byte_reader::take_long(std::uint64_t& x) noexcept {
  std::uint64_t number = 0;
  std::size_t count = 0;
  for (unsigned shift = 0; shift < 64 && count < rest_.size(); shift += 7) {
    const auto byte = static_cast<unsigned char>(rest_[count++]);
    const std::uint64_t bits = byte & 0x7f;
    if (bits << shift >> shift != bits)
      return false;
    number |= bits << shift;
    if (byte < 0x80) {
      x = number;
      rest_.remove_prefix(count);
      return true;
    }
  }
  return false;
}

} // namespace usher::cluster::wire
