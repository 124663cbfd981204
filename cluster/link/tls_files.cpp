#include "cluster/link/tls_files.hpp"

#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <fstream>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <string_view>

#include <sys/mman.h>
#include <unistd.h>

namespace usher::cluster {
namespace {

[[noreturn]] void refuse(const std::string& file, const std::string& why) {
  throw std::runtime_error{file + ": " + why};
}

std::string content_of(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  std::string text{std::istreambuf_iterator<char>{file}, {}};
  if (file.bad() || text.empty())
    refuse(path, "cannot be read");
  return text;
}

bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    auto written = ::write(fd, text.data(), text.size());
    if (written <= 0)
      return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

/// A file in memory with the same content.
int keep(const std::string& original) {
  auto text = content_of(original);
  auto fd = ::memfd_create("usher", MFD_CLOEXEC);
  if (fd >= 0 && write_all(fd, text))
    return fd;
  if (fd >= 0)
    ::close(fd);
  refuse(original, "cannot be kept in memory");
}

std::string path_of(int fd) {
  return "/proc/self/fd/" + std::to_string(fd);
}

using context = std::unique_ptr<SSL_CTX, decltype(&::SSL_CTX_free)>;
using check = std::unique_ptr<X509_STORE_CTX, decltype(&::X509_STORE_CTX_free)>;

/// Nobody is there to type one in.
int no_passphrase(char*, int, int, void*) {
  return 0;
}

/// The files as CAF will load them.
context load(const tls_settings& copies, const tls_settings& originals) {
  context result{::SSL_CTX_new(::TLS_method()), &::SSL_CTX_free};
  if (!result)
    throw std::runtime_error{"TLS is not available"};
  auto* ssl = result.get();
  ::SSL_CTX_set_default_passwd_cb(ssl, no_passphrase);
  if (::SSL_CTX_use_certificate_chain_file(ssl, copies.certificate.c_str()) != 1)
    refuse(originals.certificate, "is no certificate in PEM");
  if (::SSL_CTX_use_PrivateKey_file(ssl, copies.key.c_str(), SSL_FILETYPE_PEM) != 1)
    refuse(originals.key, "is no key in PEM without a passphrase, or not that of " + originals.certificate);
  if (::SSL_CTX_load_verify_locations(ssl, copies.authorities.c_str(), nullptr) != 1)
    refuse(originals.authorities, "contains no certificates in PEM");
  return result;
}

/// Nodes are both: the one that dials is a client, the other one a server.
void check_purpose(SSL_CTX* ssl, int purpose, const tls_settings& originals) {
  STACK_OF(X509)* between = nullptr;
  ::SSL_CTX_get0_chain_certs(ssl, &between);
  check verification{::X509_STORE_CTX_new(), &::X509_STORE_CTX_free};
  auto* it = verification.get();
  if (!it || ::X509_STORE_CTX_init(it, ::SSL_CTX_get_cert_store(ssl), ::SSL_CTX_get0_certificate(ssl), between) != 1)
    throw std::runtime_error{"certificates cannot be checked"};
  ::X509_STORE_CTX_set_purpose(it, purpose);
  if (::X509_verify_cert(it) != 1)
    refuse(originals.certificate,
           std::string{"other nodes that trust "} + originals.authorities
               + " would not accept it: " + ::X509_verify_cert_error_string(::X509_STORE_CTX_get_error(it)));
}

} // namespace

tls_files::copy::copy(const std::string& original) : fd(keep(original)) {}

tls_files::copy::~copy() {
  ::close(fd);
}

tls_files::tls_files(const tls_settings& originals)
    : certificate_(originals.certificate), key_(originals.key),
      authorities_(originals.authorities), copies_{path_of(certificate_.fd), path_of(key_.fd),
                                                   path_of(authorities_.fd)} {
  auto loaded = load(copies_, originals);
  check_purpose(loaded.get(), X509_PURPOSE_SSL_CLIENT, originals);
  check_purpose(loaded.get(), X509_PURPOSE_SSL_SERVER, originals);
}

tls_files::~tls_files() = default;

} // namespace usher::cluster
