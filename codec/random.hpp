#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

/// Randomness that nobody can guess, from the one place that has it. Throws `std::runtime_error` when the system has
/// none.
namespace usher::codec {

void fill_with_random(std::span<unsigned char> bytes);
/// As many random bytes.
[[nodiscard]] std::string random_bytes(std::size_t count);
/// As many random bytes, each as two hexadecimal digits.
[[nodiscard]] std::string random_hex(std::size_t count);
[[nodiscard]] std::uint64_t random_number();

} // namespace usher::codec
