#pragma once

#include "codec/tokens.hpp"
#include "domain/ids.hpp"
#include "domain/instant.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

struct jwt;

namespace usher::codec {

/// One JSON Web Token, opened or under construction: libjwt behind an interface that cannot leak or confuse keys.
/// Reading never throws; making throws `std::runtime_error` when the library fails.
class signed_claims {
public:
  /// Verifies the signature. The algorithm is checked before the key is used: one algorithm's key must never serve
  /// another.
  [[nodiscard]] static std::variant<signed_claims, token_fault> open(std::string_view text, token_algorithm algorithm,
                                                                     const std::string& key);

  /// The `kid` that a token names, which proves nothing; empty if it names none, or is no token.
  [[nodiscard]] static std::string key_named_by(std::string_view text);

  /// What is wrong with the times, if anything. `exp` is required.
  [[nodiscard]] std::optional<token_fault> fault_of_times(domain::instant now, domain::seconds tolerance) const;
  /// `aud` may be one text or several (RFC 7519, 4.1.3).
  [[nodiscard]] bool is_for(std::string_view audience) const;
  /// A text of 1 to `bytes_max` bytes without control characters.
  [[nodiscard]] std::optional<std::string> text(const char* claim, std::size_t bytes_max) const;
  /// A whole number other than 0.
  [[nodiscard]] std::optional<long> number(const char* claim) const;
  [[nodiscard]] std::optional<domain::instant> moment(const char* claim) const;
  /// `sub`
  [[nodiscard]] std::optional<domain::buyer_id> buyer() const;

  /// A new token, to be signed with HS256 and `key`.
  signed_claims(const std::string& key, const char* audience, const domain::buyer_id& buyer);
  void add(const char* claim, const std::string& content);
  void add(const char* claim, long number);
  void add(const char* claim, domain::instant moment);
  [[nodiscard]] std::string encode() const;

private:
  struct free_token {
    void operator()(jwt* token) const;
  };
  using owned_token = std::unique_ptr<jwt, free_token>;

  explicit signed_claims(owned_token token) : token_(std::move(token)) {}
  static owned_token decode(const std::string& text, const std::string& key);
  [[nodiscard]] bool has(const char* claim) const;

  owned_token token_;
};

} // namespace usher::codec
