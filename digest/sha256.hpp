#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>

namespace usher::digest {

using sha256_digest = std::array<std::uint8_t, 32>;

/// SHA-256 over the parts, one right after the other: whoever needs to tell lists of parts apart writes lengths between
/// them. Quick for short texts, on any thread. Throws `std::runtime_error` when OpenSSL has no SHA-256.
[[nodiscard]] sha256_digest sha256(std::span<const std::string_view> parts);
[[nodiscard]] inline sha256_digest sha256(std::initializer_list<std::string_view> parts) {
  return sha256(std::span{parts.begin(), parts.size()});
}

/// HMAC with SHA-256 (RFC 2104). Throws `std::runtime_error` when OpenSSL has none.
[[nodiscard]] sha256_digest hmac_sha256(std::string_view key, std::string_view text);

[[nodiscard]] inline std::string_view bytes_of(const sha256_digest& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

} // namespace usher::digest
