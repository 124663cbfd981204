#include "crowd/trust.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/beast/http/error.hpp>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <stdexcept>

namespace usher::crowd {

namespace asio = boost::asio;

namespace {

/// What is wrong with a certificate, by the code of X509_verify_cert.
std::string certificate_fault(long code) {
  switch (code) {
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return "its certificate is for another name: connect by a name that it is for, or have this one added to it";
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return "its certificate has expired: have it renewed; if it is new, look at this machine's clock";
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return "its certificate is not valid yet: look at this machine's clock, and at the server's";
    default:
      return std::string{"its certificate is not trusted here ("} + X509_verify_cert_error_string(code)
             + "): name the authority that issued it by --ca FILE, in PEM";
  }
}

/// What a server of plain HTTP answers to a handshake is no TLS.
bool is_no_tls(const boost::system::error_code& error) {
  if (error.category() != asio::error::get_ssl_category())
    return false;
  switch (ERR_GET_REASON(static_cast<unsigned long>(error.value()))) {
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_PACKET_LENGTH_TOO_LONG:
    case SSL_R_HTTP_REQUEST:
      return true;
    default:
      return false;
  }
}

bool is_end(const boost::system::error_code& error) {
  return error == asio::error::eof || error == asio::error::connection_reset
         || error == asio::ssl::error::stream_truncated;
}

} // namespace

trust::trust(const std::string& file) : context_(asio::ssl::context::tls_client) {
  SSL_CTX_set_min_proto_version(context_.native_handle(), TLS1_2_VERSION);
  context_.set_verify_mode(asio::ssl::verify_peer);
  boost::system::error_code error;
  if (file.empty())
    context_.set_default_verify_paths(error);
  else
    context_.load_verify_file(file, error);
  if (error)
    throw std::invalid_argument{(file.empty() ? "this machine's authorities" : file)
                                + ": must be a file with the certificates of authorities, in PEM (" + error.message()
                                + ")"};
}

void expect_server(SSL* session, const std::string& name) {
  boost::system::error_code is_name;
  asio::ip::make_address(name, is_name);
  auto done = is_name
                  ? SSL_set_tlsext_host_name(session, name.c_str()) == 1 && SSL_set1_host(session, name.c_str()) == 1
                  : X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(session), name.c_str()) == 1;
  if (!done) // or any certificate would do
    throw std::invalid_argument{name + " cannot be the name of a server"};
}

std::string why_insecure(const SSL* session, const boost::system::error_code& error) {
  if (auto code = SSL_get_verify_result(session); code != X509_V_OK)
    return certificate_fault(code);
  if (is_no_tls(error))
    return "it does not speak TLS: write http:// if it is meant to speak plain HTTP";
  if (is_end(error))
    return "it ended the connection before TLS was agreed: write http:// if it speaks plain HTTP";
  return "TLS was not agreed: " + error.message();
}

std::string hint_at_tls(const boost::system::error_code& error) {
  static const auto& of_http = boost::beast::http::make_error_code(boost::beast::http::error::end_of_stream).category();
  auto may_be = error.category() == of_http || error == asio::error::connection_reset;
  return may_be ? ": write https:// if it speaks TLS" : "";
}

} // namespace usher::crowd
