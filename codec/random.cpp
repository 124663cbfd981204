#include "codec/random.hpp"

#include <boost/algorithm/hex.hpp>
#include <openssl/rand.h>

#include <array>
#include <stdexcept>

namespace usher::codec {

void fill_with_random(std::span<unsigned char> bytes) {
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1)
    throw std::runtime_error("the system's random source failed");
}

std::string random_bytes(std::size_t count) {
  std::string bytes(count, '\0');
  fill_with_random({reinterpret_cast<unsigned char*>(bytes.data()), bytes.size()});
  return bytes;
}

std::string random_hex(std::size_t count) {
  return boost::algorithm::hex_lower(random_bytes(count));
}

std::uint64_t random_number() {
  std::array<unsigned char, 8> bytes{};
  fill_with_random(bytes);
  std::uint64_t number = 0;
  for (auto byte : bytes)
    number = number << 8 | byte;
  return number;
}

} // namespace usher::codec
