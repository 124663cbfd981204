#include "digest/sha256.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <memory>
#include <stdexcept>

namespace usher::digest {
namespace {

/// Fetched once: looking an algorithm up takes longer than a short digest.
const EVP_MD* sha256_algorithm() {
  static const std::unique_ptr<EVP_MD, decltype(&EVP_MD_free)> fetched{EVP_MD_fetch(nullptr, "SHA256", nullptr),
                                                                       &EVP_MD_free};
  return fetched.get();
}

} // namespace

sha256_digest sha256(std::span<const std::string_view> parts) {
  // Kept for the thread: making a context takes longer than a short digest.
  thread_local const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context{EVP_MD_CTX_new(),
                                                                                     &EVP_MD_CTX_free};
  const auto* algorithm = sha256_algorithm();
  bool done = context && algorithm && EVP_DigestInit_ex2(context.get(), algorithm, nullptr) == 1;
  for (auto part : parts)
    done = done && EVP_DigestUpdate(context.get(), part.data(), part.size()) == 1;
  sha256_digest result{};
  unsigned size = 0;
  if (!done || EVP_DigestFinal_ex(context.get(), result.data(), &size) != 1 || size != result.size())
    throw std::runtime_error("OpenSSL on this machine has no SHA-256");
  return result;
}

sha256_digest hmac_sha256(std::string_view key, std::string_view text) {
  sha256_digest result{};
  unsigned size = 0;
  const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
  const auto* done =
      HMAC(sha256_algorithm(), key.data(), static_cast<int>(key.size()), bytes, text.size(), result.data(), &size);
  if (!done || size != result.size())
    throw std::runtime_error("OpenSSL on this machine has no HMAC with SHA-256");
  return result;
}

} // namespace usher::digest
