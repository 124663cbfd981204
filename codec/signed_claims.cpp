#include "codec/signed_claims.hpp"

#include "codec/json_reader.hpp"

#include <boost/json/parse.hpp>

#include <jwt.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <stdexcept>

namespace usher::codec {
namespace {

constexpr std::size_t token_bytes_max = 4096;
constexpr std::size_t buyer_bytes_max = 128;
constexpr long latest_second = 253'402'300'799; ///< the last of the year 9999

/// Whether a text has one of the control characters U+0080 to U+009F; `fault_of_text` knows the earlier ones.
bool has_late_control(std::string_view text) {
  for (std::size_t at = 0; at + 1 < text.size(); ++at)
    if (text[at] == '\xC2' && static_cast<unsigned char>(text[at + 1]) < 0xA0)
      return true;
  return false;
}

struct free_text {
  void operator()(char* text) const { std::free(text); }
};
using owned_text = std::unique_ptr<char, free_text>;

const unsigned char* bytes_of(const std::string& text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

void require(bool done) {
  if (!done)
    throw std::runtime_error("libjwt cannot make a token");
}

/// Three parts of base64url. Also keeps texts with a NUL from the library, which would stop reading there.
bool has_token_form(std::string_view token) {
  auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_'
           || c == '.';
  };
  return token.size() <= token_bytes_max && std::all_of(token.begin(), token.end(), allowed)
         && std::count(token.begin(), token.end(), '.') == 2;
}

} // namespace

void signed_claims::free_token::operator()(jwt* token) const {
  jwt_free(token);
}

signed_claims::owned_token signed_claims::decode(const std::string& text, const std::string& key) {
  jwt_t* token = nullptr;
  const auto* bytes = key.empty() ? nullptr : bytes_of(key);
  if (jwt_decode(&token, text.c_str(), bytes, static_cast<int>(key.size())) != 0)
    return nullptr;
  return owned_token{token};
}

std::variant<signed_claims, token_fault> signed_claims::open(std::string_view text, token_algorithm algorithm,
                                                             const std::string& key) {
  if (!has_token_form(text) || key.empty())
    return token_fault::malformed;
  std::string token{text};
  auto unverified = decode(token, {});
  if (!unverified)
    return token_fault::malformed;
  // For a token that it has not verified, the library says `none`; the header has the real algorithm.
  auto expected = algorithm == token_algorithm::rs256 ? JWT_ALG_RS256 : JWT_ALG_HS256;
  const char* named = jwt_get_header(unverified.get(), "alg");
  if (!named || std::string_view{named} != jwt_alg_str(expected))
    return token_fault::wrong_algorithm;
  // RFC 7515, 4.1.11: a critical extension that is not understood makes a token invalid.
  if (owned_text{jwt_get_headers_json(unverified.get(), "crit")})
    return token_fault::malformed;
  auto verified_token = decode(token, key);
  if (!verified_token)
    return token_fault::bad_signature;
  return signed_claims{std::move(verified_token)};
}

std::string signed_claims::key_named_by(std::string_view text) {
  if (!has_token_form(text))
    return {};
  auto unverified = decode(std::string{text}, {});
  const char* named = unverified ? jwt_get_header(unverified.get(), "kid") : nullptr;
  return named ? named : "";
}

std::optional<token_fault> signed_claims::fault_of_times(domain::instant now, domain::seconds tolerance) const {
  auto expires_at = moment("exp");
  auto begins_at = moment("nbf");
  if (!expires_at || (has("nbf") && !begins_at))
    return token_fault::bad_claims;
  if (*expires_at + tolerance <= now)
    return token_fault::expired;
  if (begins_at && *begins_at - tolerance > now)
    return token_fault::not_yet_valid;
  return std::nullopt;
}

bool signed_claims::is_for(std::string_view audience) const {
  if (const char* one = jwt_get_grant(token_.get(), "aud"))
    return one == audience;
  owned_text several{jwt_get_grants_json(token_.get(), "aud")};
  if (!several)
    return false;
  boost::system::error_code error;
  auto json = boost::json::parse(several.get(), error);
  const auto* list = error ? nullptr : json.if_array();
  auto matches = [audience](const boost::json::value& entry) {
    const auto* text = entry.if_string();
    return text && std::string_view{text->data(), text->size()} == audience;
  };
  return list && std::any_of(list->begin(), list->end(), matches);
}

std::optional<std::string> signed_claims::text(const char* claim, std::size_t bytes_max) const {
  const char* content = jwt_get_grant(token_.get(), claim);
  if (!content || fault_of_text(content, bytes_max))
    return std::nullopt;
  return std::string{content};
}

std::optional<long> signed_claims::number(const char* claim) const {
  errno = 0;
  auto content = jwt_get_grant_int(token_.get(), claim);
  // The library reads anything but a whole number as 0, and no claim used here is ever 0.
  return errno == 0 && content != 0 ? std::optional{content} : std::nullopt;
}

std::optional<domain::instant> signed_claims::moment(const char* claim) const {
  owned_text written{jwt_get_grants_json(token_.get(), claim)};
  if (!written)
    return std::nullopt;
  boost::system::error_code error;
  auto json = boost::json::parse(written.get(), error);
  if (error || !json.is_number())
    return std::nullopt;
  auto second = json.to_number<double>(error); // NumericDate of RFC 7519 may have a fraction
  if (error || !(second >= 0 && second <= static_cast<double>(latest_second)))
    return std::nullopt;
  return domain::instant{domain::seconds{static_cast<std::int64_t>(second)}};
}

std::optional<domain::buyer_id> signed_claims::buyer() const {
  auto subject = text("sub", buyer_bytes_max);
  if (subject && has_late_control(*subject))
    return std::nullopt;
  return subject ? std::optional{domain::buyer_id{std::move(*subject)}} : std::nullopt;
}

bool signed_claims::has(const char* claim) const {
  errno = 0;
  (void)jwt_get_grant_int(token_.get(), claim);
  return errno != ENOENT;
}

signed_claims::signed_claims(const std::string& key, const char* audience, const domain::buyer_id& buyer) {
  jwt_t* token = nullptr;
  require(jwt_new(&token) == 0);
  token_.reset(token);
  require(jwt_set_alg(token, JWT_ALG_HS256, bytes_of(key), static_cast<int>(key.size())) == 0);
  add("aud", audience);
  add("sub", buyer.value());
}

void signed_claims::add(const char* claim, const std::string& content) {
  require(jwt_add_grant(token_.get(), claim, content.c_str()) == 0);
}

void signed_claims::add(const char* claim, long number) {
  require(jwt_add_grant_int(token_.get(), claim, number) == 0);
}

void signed_claims::add(const char* claim, domain::instant moment) {
  add(claim, static_cast<long>(std::chrono::floor<domain::seconds>(moment).time_since_epoch().count()));
}

std::string signed_claims::encode() const {
  owned_text text{jwt_encode_str(token_.get())};
  require(text != nullptr);
  return text.get();
}

} // namespace usher::codec
