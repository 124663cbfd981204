#include "tests/node/canned_server.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <utility>

namespace usher::node::testing {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

template <class Object, void (*Free)(Object*)>
struct freed {
  void operator()(Object* object) const { Free(object); }
};
using key_ptr = std::unique_ptr<EVP_PKEY, freed<EVP_PKEY, EVP_PKEY_free>>;
using certificate_ptr = std::unique_ptr<X509, freed<X509, X509_free>>;

void expect(bool done) {
  if (!done)
    throw std::runtime_error{"OpenSSL does not make a certificate"};
}

template <class Write>
std::string pem(Write write) {
  auto* out = BIO_new(BIO_s_mem());
  expect(write(out) == 1);
  char* text = nullptr;
  auto size = BIO_get_mem_data(out, &text);
  std::string result{text, static_cast<std::size_t>(size)};
  BIO_free(out);
  return result;
}

std::string pem_of(X509* certificate) {
  return pem([&](BIO* out) { return PEM_write_bio_X509(out, certificate); });
}

std::string pem_of(EVP_PKEY* key) {
  return pem([&](BIO* out) { return PEM_write_bio_PrivateKey(out, key, nullptr, nullptr, 0, nullptr, nullptr); });
}

void extend(X509* certificate, int what, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  auto* extension = X509V3_EXT_conf_nid(nullptr, &context, what, value.c_str());
  expect(extension != nullptr && X509_add_ext(certificate, extension, -1) == 1);
  X509_EXTENSION_free(extension);
}

/// Not yet signed.
certificate_ptr certify(EVP_PKEY* key, const char* subject, long serial, long from_s, long until_s) {
  certificate_ptr result{X509_new()};
  auto* certificate = result.get();
  X509_set_version(certificate, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial);
  X509_gmtime_adj(X509_getm_notBefore(certificate), from_s);
  X509_gmtime_adj(X509_getm_notAfter(certificate), until_s);
  X509_set_pubkey(certificate, key);
  expect(X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8,
                                    reinterpret_cast<const unsigned char*>(subject), -1, -1, 0)
         == 1);
  return result;
}

} // namespace

class authority::keys {
public:
  keys() : key(EVP_EC_gen("P-256")), certificate(certify(key.get(), "An authority", 1, -3600, 3600)) {
    X509_set_issuer_name(certificate.get(), X509_get_subject_name(certificate.get()));
    extend(certificate.get(), NID_basic_constraints, "critical,CA:TRUE");
    expect(X509_sign(certificate.get(), key.get(), EVP_sha256()) > 0);
    text = pem_of(certificate.get());
  }

  key_ptr key;
  certificate_ptr certificate;
  std::string text;
};

authority::authority() : keys_(std::make_unique<keys>()) {}

authority::~authority() = default;

const std::string& authority::certificate() const {
  return keys_->text;
}

identity authority::issue(const std::string& names, long from_s, long until_s) const {
  key_ptr key{EVP_EC_gen("P-256")};
  auto certificate = certify(key.get(), "A server", 2, from_s, until_s);
  X509_set_issuer_name(certificate.get(), X509_get_subject_name(keys_->certificate.get()));
  extend(certificate.get(), NID_subject_alt_name, names);
  expect(X509_sign(certificate.get(), keys_->key.get(), EVP_sha256()) > 0);
  return {pem_of(certificate.get()), pem_of(key.get())};
}

class canned_server::network {
public:
  network(std::vector<std::string> answers, const std::optional<identity>& as) : answers_(std::move(answers)) {
    if (as) {
      tls_.emplace(asio::ssl::context::tls_server);
      tls_->use_certificate_chain(asio::buffer(as->certificate));
      tls_->use_private_key(asio::buffer(as->key), asio::ssl::context::pem);
    }
    accept();
    thread_ = std::thread{[this] { context_.run(); }};
  }

  ~network() {
    context_.stop();
    thread_.join();
  }

  std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

  mutable std::mutex mutex;
  std::string heard;
  std::vector<std::string> asked_for;

private:
  using secured = asio::ssl::stream<tcp::socket>;

  void accept() {
    acceptor_.async_accept([this](boost::system::error_code error, tcp::socket socket) {
      if (error)
        return;
      if (tls_)
        greet(std::make_shared<secured>(std::move(socket), *tls_));
      else
        listen(std::make_shared<tcp::socket>(std::move(socket)));
      accept();
    });
  }

  void greet(const std::shared_ptr<secured>& stream) {
    stream->async_handshake(asio::ssl::stream_base::server, [this, stream](boost::system::error_code error) {
      if (error)
        return;
      if (const auto* name = SSL_get_servername(stream->native_handle(), TLSEXT_NAMETYPE_host_name)) {
        std::lock_guard lock{mutex};
        asked_for.emplace_back(name);
      }
      listen(stream);
    });
  }

  template <class Stream>
  void listen(const std::shared_ptr<Stream>& stream) {
    auto head = std::make_shared<std::array<char, 16 * 1024>>();
    stream->async_read_some(
        asio::buffer(*head), [this, stream, head](boost::system::error_code error, std::size_t size) {
          if (error)
            return;
          {
            std::lock_guard lock{mutex};
            heard.append(head->data(), size);
          }
          const auto& answer = answers_[std::min(answered_++, answers_.size() - 1)];
          asio::async_write(*stream, asio::buffer(answer), [stream](boost::system::error_code, std::size_t) {});
        });
  }

  const std::vector<std::string> answers_;
  std::size_t answered_ = 0;
  asio::io_context context_{1};
  tcp::acceptor acceptor_{context_, tcp::endpoint{asio::ip::address_v4::loopback(), 0}};
  std::optional<asio::ssl::context> tls_;
  std::thread thread_;
};

canned_server::canned_server(std::string answer, std::optional<identity> as)
    : canned_server(std::vector{std::move(answer)}, std::move(as)) {}

canned_server::canned_server(std::vector<std::string> answers, std::optional<identity> as)
    : network_(std::make_unique<network>(std::move(answers), as)) {}

canned_server::~canned_server() = default;

std::uint16_t canned_server::port() const {
  return network_->port();
}

std::string canned_server::heard() const {
  std::lock_guard lock{network_->mutex};
  return network_->heard;
}

std::vector<std::string> canned_server::asked_for() const {
  std::lock_guard lock{network_->mutex};
  return network_->asked_for;
}

} // namespace usher::node::testing
