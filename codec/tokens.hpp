#pragma once

#include "domain/ids.hpp"
#include "domain/instant.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// Signed tokens: who a buyer is, which place is theirs, that they may shop, and which session was theirs.
namespace usher::codec {

enum class token_algorithm : std::uint8_t { hs256, rs256 };

/// A key with which the shop signs its buyers' tokens.
struct shop_key {
  token_algorithm algorithm = token_algorithm::hs256;
  std::string key;                     ///< the secret (at least 32 bytes), or the public key in PEM
  std::optional<std::string> audience; ///< when set, `aud` must be this
  std::string id{};                    ///< the `kid` of the tokens that it signs; may be empty
};

struct token_settings {
  std::string own_secret;             ///< at least 32 random bytes, shared by all nodes of one store
  std::vector<shop_key> shop{};       ///< several while an old key is being replaced
  bool anonymous = false;             ///< accept Usher's own buyer tokens, too
  domain::seconds clock_tolerance{5}; ///< how far other people's clocks may be off
};

/// Why a token is not accepted. Buyers are told `unauthorized` in every case.
enum class token_fault : std::uint8_t {
  malformed,
  wrong_algorithm,
  bad_signature,
  expired,
  not_yet_valid,
  wrong_audience,
  bad_claims, ///< `exp` or `sub` is missing, or something is of the wrong type or size
};

template <class Claims>
using verified = std::variant<Claims, token_fault>;

/// The `proof` of whoever is known only by a token of Usher's own.
inline constexpr const char* anonymous_proof = "anonymous";

struct buyer_claims {
  domain::buyer_id buyer;
  domain::instant expires_at;
  std::string proof{}; ///< which key vouched for it, in a form that tells nothing of the key; not part of the token

  friend bool operator==(const buyer_claims&, const buyer_claims&) = default;
};

/// A place in a waiting room. Never expires: nobody loses a place by waiting.
struct queue_claims {
  domain::event_id event;
  domain::buyer_id buyer;
  domain::queue_number number;

  friend bool operator==(const queue_claims&, const queue_claims&) = default;
};

struct pass_claims {
  domain::event_id event;
  domain::buyer_id buyer;
  domain::instant expires_at;

  friend bool operator==(const pass_claims&, const pass_claims&) = default;
};

struct session_claims {
  std::string session;
  domain::buyer_id buyer;
  domain::instant expires_at;
  std::string proof{}; ///< that of the buyer's token with which the session began: it ends with that key

  friend bool operator==(const session_claims&, const session_claims&) = default;
};

/// Signs and verifies. Every kind of token has its own key, derived from `own_secret`, and its own audience, so that
/// none passes as another. Verifying never throws, whatever the text; signing throws `std::runtime_error` when the
/// library fails. Thread-safe. Times inside tokens are whole seconds, rounded down.
class tokens {
public:
  /// Throws `std::invalid_argument` when a key is too short or does not fit its algorithm.
  explicit tokens(token_settings settings);

  /// An anonymous buyer's token.
  [[nodiscard]] std::string sign(const buyer_claims& claims) const;
  [[nodiscard]] std::string sign(const queue_claims& claims) const;
  [[nodiscard]] std::string sign(const pass_claims& claims) const;
  [[nodiscard]] std::string sign(const session_claims& claims) const;

  /// The shop's token, by any of its keys (if it names a `kid` that a key has, by that key), or, with `anonymous`, one
  /// of Usher's own. A shop's clock may be another one: `shop_now` is what it should say, if that is not `now`. The
  /// claims' end is on the clock of `now` in either case.
  [[nodiscard]] verified<buyer_claims> verify_buyer(std::string_view token, domain::instant now,
                                                    std::optional<domain::instant> shop_now = std::nullopt) const;
  [[nodiscard]] verified<queue_claims> verify_queue(std::string_view token) const;
  [[nodiscard]] verified<pass_claims> verify_pass(std::string_view token, domain::instant now) const;
  /// The number that the token proves to be this buyer's in this waiting room, if any.
  [[nodiscard]] std::optional<domain::queue_number> proven_place(std::string_view token, const domain::event_id& event,
                                                                 const domain::buyer_id& buyer) const;
  /// Until when the token lets this buyer shop at this event; nothing when it does not.
  [[nodiscard]] std::optional<domain::instant> admitted_until(std::string_view token, const domain::event_id& event,
                                                              const domain::buyer_id& buyer, domain::instant now) const;
  /// Whether the token has ever let this buyer shop at this event.
  [[nodiscard]] bool was_admitted(std::string_view token, const domain::event_id& event,
                                  const domain::buyer_id& buyer) const;
  /// A session that began with a key, or anonymously, counts only as long as that would do to begin another.
  [[nodiscard]] verified<session_claims> verify_session(std::string_view token, domain::instant now) const;

  /// The code of a ticket, from its public name: `NAME.CODE`, where CODE is 20 characters that only Usher can make.
  [[nodiscard]] std::string ticket_code(std::string_view ticket) const;
  /// The ticket's name if the code is genuine: the start of check-in, which is reserved (docs/protocol.md).
  [[nodiscard]] std::optional<std::string> verify_ticket_code(std::string_view code) const;

private:
  [[nodiscard]] verified<buyer_claims> verify_by_shop(std::string_view token, domain::instant shop_now) const;
  [[nodiscard]] bool vouches(const std::string& proof) const;

  token_settings settings_;
  std::vector<std::string> proofs_; ///< of the shop's keys, in their order
  std::string buyer_key_;
  std::string queue_key_;
  std::string pass_key_;
  std::string session_key_;
  std::string ticket_key_;
};

/// The answer to somebody whose token proves no place.
inline constexpr const char* not_their_place = "The token is not for this buyer's place in this waiting room.";

/// Compares two secrets, e.g. the operator's key, in time that does not depend on where they differ.
[[nodiscard]] bool same_secret(std::string_view given, std::string_view expected);

} // namespace usher::codec
