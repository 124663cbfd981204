#pragma once

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <memory>
#include <string>

/// A fresh pair of RSA keys for one run of the tests.
namespace usher::tests {

struct rsa_pair {
  std::string private_key;
  std::string public_key;
};

inline std::string text_of(BIO* memory) {
  char* bytes = nullptr;
  auto size = BIO_get_mem_data(memory, &bytes);
  return {bytes, static_cast<std::size_t>(size)};
}

inline rsa_pair make_rsa_pair() {
  std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key{EVP_RSA_gen(2048), &EVP_PKEY_free};
  std::unique_ptr<BIO, decltype(&BIO_free)> secret{BIO_new(BIO_s_mem()), &BIO_free};
  std::unique_ptr<BIO, decltype(&BIO_free)> shared{BIO_new(BIO_s_mem()), &BIO_free};
  PEM_write_bio_PrivateKey(secret.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  PEM_write_bio_PUBKEY(shared.get(), key.get());
  return {text_of(secret.get()), text_of(shared.get())};
}

inline const rsa_pair& rsa_keys() {
  static const auto keys = make_rsa_pair();
  return keys;
}

} // namespace usher::tests
