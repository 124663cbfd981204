#include "codec/tokens.hpp"

#include "codec/signed_claims.hpp"
#include "digest/sha256.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <algorithm>
#include <array>
#include <limits>
#include <memory>
#include <stdexcept>
#include <utility>

namespace usher::codec {
namespace {

constexpr std::size_t min_secret_bytes = 32;
constexpr int min_rsa_bits = 2048;
constexpr std::size_t session_bytes_max = 128;
constexpr std::size_t event_bytes_max = 64;
constexpr std::size_t ticket_code_size = 20;
constexpr std::size_t proof_size = 20;

constexpr const char* buyer_audience = "usher:buyer";
constexpr const char* queue_audience = "usher:queue";
constexpr const char* pass_audience = "usher:pass";
constexpr const char* session_audience = "usher:session";

std::string hmac(std::string_view key, std::string_view text) {
  return std::string{digest::bytes_of(digest::hmac_sha256(key, text))};
}

bool is_rsa_public_key(const std::string& pem) {
  std::unique_ptr<BIO, decltype(&BIO_free)> source{BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())),
                                                   &BIO_free};
  std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key{
      source ? PEM_read_bio_PUBKEY(source.get(), nullptr, nullptr, nullptr) : nullptr, &EVP_PKEY_free};
  return key && EVP_PKEY_base_id(key.get()) == EVP_PKEY_RSA && EVP_PKEY_bits(key.get()) >= min_rsa_bits;
}

void check(const token_settings& settings) {
  if (settings.own_secret.size() < min_secret_bytes)
    throw std::invalid_argument("Usher's own secret must have at least 32 bytes");
  for (const auto& one : settings.shop) {
    if (one.algorithm == token_algorithm::hs256 && one.key.size() < min_secret_bytes)
      throw std::invalid_argument("the shop's secret must have at least 32 bytes");
    if (one.algorithm == token_algorithm::rs256 && !is_rsa_public_key(one.key))
      throw std::invalid_argument("the shop's key must be an RSA public key in PEM with at least 2048 bits");
  }
}

/// Opens a token of Usher's own, or says why it is not one for `audience`.
std::variant<signed_claims, token_fault> open_own(std::string_view token, const std::string& key,
                                                  std::string_view audience) {
  auto opened = signed_claims::open(token, token_algorithm::hs256, key);
  if (const auto* claims = std::get_if<signed_claims>(&opened); claims && !claims->is_for(audience))
    return token_fault::wrong_audience;
  return opened;
}

verified<buyer_claims> read_buyer(const signed_claims& claims, domain::instant now, domain::seconds tolerance) {
  if (auto fault = claims.fault_of_times(now, tolerance))
    return *fault;
  auto buyer = claims.buyer();
  if (!buyer)
    return token_fault::bad_claims;
  return buyer_claims{std::move(*buyer), *claims.moment("exp")};
}

/// No connection lives for so long.
constexpr std::chrono::hours longest_proof{24 * 365};

verified<buyer_claims> verify_shop(std::string_view token, const shop_key& shop, domain::instant now,
                                   domain::seconds tolerance) {
  auto opened = signed_claims::open(token, shop.algorithm, shop.key);
  if (const auto* fault = std::get_if<token_fault>(&opened))
    return *fault;
  const auto& claims = std::get<signed_claims>(opened);
  if (shop.audience && !claims.is_for(*shop.audience))
    return token_fault::wrong_audience;
  return read_buyer(claims, now, tolerance);
}

std::optional<domain::event_id> event_of(const signed_claims& claims) {
  auto event = claims.text("event", event_bytes_max);
  if (!event || !domain::is_event_id(*event))
    return std::nullopt;
  return domain::event_id{std::move(*event)};
}

/// Crockford's digits: none that could be mistaken for another when read aloud. `bytes` must suffice.
std::string base32(std::string_view bytes, std::size_t size) {
  constexpr std::string_view digits = "0123456789abcdefghjkmnpqrstvwxyz";
  std::string text;
  unsigned buffer = 0;
  int bits = 0;
  for (std::size_t next = 0; text.size() < size; bits -= 5) {
    if (bits < 5) {
      buffer = (buffer << 8 | static_cast<unsigned char>(bytes.at(next++))) & 0xffff;
      bits += 8;
    }
    text += digits[buffer >> (bits - 5) & 31];
  }
  return text;
}

} // namespace

tokens::tokens(token_settings settings) : settings_(std::move(settings)) {
  check(settings_);
  buyer_key_ = hmac(settings_.own_secret, buyer_audience);
  queue_key_ = hmac(settings_.own_secret, queue_audience);
  pass_key_ = hmac(settings_.own_secret, pass_audience);
  session_key_ = hmac(settings_.own_secret, session_audience);
  ticket_key_ = hmac(settings_.own_secret, "usher:ticket");
  for (const auto& one : settings_.shop)
    proofs_.push_back(base32(hmac(settings_.own_secret, "usher:proof:" + one.key), proof_size));
}

std::string tokens::sign(const buyer_claims& claims) const {
  signed_claims token{buyer_key_, buyer_audience, claims.buyer};
  token.add("exp", claims.expires_at);
  return token.encode();
}

std::string tokens::sign(const queue_claims& claims) const {
  signed_claims token{queue_key_, queue_audience, claims.buyer};
  token.add("event", claims.event.value());
  token.add("number", static_cast<long>(claims.number.value()));
  return token.encode();
}

std::string tokens::sign(const pass_claims& claims) const {
  signed_claims token{pass_key_, pass_audience, claims.buyer};
  token.add("event", claims.event.value());
  token.add("exp", claims.expires_at);
  return token.encode();
}

std::string tokens::sign(const session_claims& claims) const {
  signed_claims token{session_key_, session_audience, claims.buyer};
  token.add("session", claims.session);
  token.add("proof", claims.proof);
  token.add("exp", claims.expires_at);
  return token.encode();
}

verified<buyer_claims> tokens::verify_buyer(std::string_view token, domain::instant now,
                                            std::optional<domain::instant> shop_now) const {
  auto by_shop = verify_by_shop(token, shop_now.value_or(now));
  if (auto* claims = std::get_if<buyer_claims>(&by_shop); claims != nullptr && shop_now)
    claims->expires_at = now + std::min<domain::microseconds>(claims->expires_at - *shop_now, longest_proof);
  if (!settings_.anonymous || std::holds_alternative<buyer_claims>(by_shop))
    return by_shop;
  auto own = open_own(token, buyer_key_, buyer_audience);
  if (const auto* claims = std::get_if<signed_claims>(&own)) {
    auto read = read_buyer(*claims, now, domain::seconds{0});
    if (auto* buyer = std::get_if<buyer_claims>(&read))
      buyer->proof = anonymous_proof;
    return read;
  }
  return settings_.shop.empty() ? verified<buyer_claims>{std::get<token_fault>(own)} : by_shop;
}

verified<buyer_claims> tokens::verify_by_shop(std::string_view token, domain::instant shop_now) const {
  const auto& keys = settings_.shop;
  std::string named;
  if (std::any_of(keys.begin(), keys.end(), [](const shop_key& one) { return !one.id.empty(); }))
    named = signed_claims::key_named_by(token);
  auto is_known = std::any_of(keys.begin(), keys.end(), [&](const shop_key& one) { return one.id == named; });
  verified<buyer_claims> result = token_fault::wrong_algorithm;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    // A name that no key has says nothing about the keys that have none.
    auto may_be = named.empty() || keys[i].id == named || (!is_known && keys[i].id.empty());
    if (!may_be)
      continue;
    result = verify_shop(token, keys[i], shop_now, settings_.clock_tolerance);
    if (auto* claims = std::get_if<buyer_claims>(&result)) {
      claims->proof = proofs_[i];
      return result;
    }
  }
  return result;
}

bool tokens::vouches(const std::string& proof) const {
  return (settings_.anonymous && proof == anonymous_proof)
         || std::find(proofs_.begin(), proofs_.end(), proof) != proofs_.end();
}

verified<queue_claims> tokens::verify_queue(std::string_view token) const {
  auto opened = open_own(token, queue_key_, queue_audience);
  if (const auto* fault = std::get_if<token_fault>(&opened))
    return *fault;
  const auto& claims = std::get<signed_claims>(opened);
  auto event = event_of(claims);
  auto buyer = claims.buyer();
  auto number = claims.number("number");
  if (!event || !buyer || !number || *number < 1)
    return token_fault::bad_claims;
  return queue_claims{std::move(*event), std::move(*buyer), domain::queue_number{static_cast<std::uint64_t>(*number)}};
}

verified<pass_claims> tokens::verify_pass(std::string_view token, domain::instant now) const {
  auto opened = open_own(token, pass_key_, pass_audience);
  if (const auto* fault = std::get_if<token_fault>(&opened))
    return *fault;
  const auto& claims = std::get<signed_claims>(opened);
  if (auto fault = claims.fault_of_times(now, domain::seconds{0}))
    return *fault;
  auto event = event_of(claims);
  auto buyer = claims.buyer();
  if (!event || !buyer)
    return token_fault::bad_claims;
  return pass_claims{std::move(*event), std::move(*buyer), *claims.moment("exp")};
}

std::optional<domain::queue_number> tokens::proven_place(std::string_view token, const domain::event_id& event,
                                                         const domain::buyer_id& buyer) const {
  auto checked = verify_queue(token);
  auto* claims = std::get_if<queue_claims>(&checked);
  return claims && claims->event == event && claims->buyer == buyer ? std::optional{claims->number} : std::nullopt;
}

std::optional<domain::instant> tokens::admitted_until(std::string_view token, const domain::event_id& event,
                                                      const domain::buyer_id& buyer, domain::instant now) const {
  auto checked = verify_pass(token, now);
  auto* claims = std::get_if<pass_claims>(&checked);
  return claims && claims->event == event && claims->buyer == buyer ? std::optional{claims->expires_at} : std::nullopt;
}

verified<session_claims> tokens::verify_session(std::string_view token, domain::instant now) const {
  auto opened = open_own(token, session_key_, session_audience);
  if (const auto* fault = std::get_if<token_fault>(&opened))
    return *fault;
  const auto& claims = std::get<signed_claims>(opened);
  if (auto fault = claims.fault_of_times(now, domain::seconds{0}))
    return *fault;
  auto session = claims.text("session", session_bytes_max);
  auto buyer = claims.buyer();
  auto proof = claims.text("proof", session_bytes_max);
  if (!session || !buyer || !proof)
    return token_fault::bad_claims;
  if (!vouches(*proof))
    return token_fault::bad_signature;
  return session_claims{std::move(*session), std::move(*buyer), *claims.moment("exp"), std::move(*proof)};
}

std::string tokens::ticket_code(std::string_view ticket) const {
  std::string code{ticket};
  code += '.';
  code += base32(hmac(ticket_key_, ticket), ticket_code_size);
  return code;
}

std::optional<std::string> tokens::verify_ticket_code(std::string_view code) const {
  auto point = code.rfind('.');
  if (point == std::string_view::npos)
    return std::nullopt;
  auto ticket = code.substr(0, point);
  if (!same_secret(code, ticket_code(ticket)))
    return std::nullopt;
  return std::string{ticket};
}

bool same_secret(std::string_view given, std::string_view expected) {
  return !expected.empty() && given.size() == expected.size()
         && CRYPTO_memcmp(given.data(), expected.data(), given.size()) == 0;
}

} // namespace usher::codec
