#define CAF_SUITE gateway.tokens

#include "codec/tokens.hpp"
#include "tests/codec/hall.hpp"
#include "tests/codec/rsa_key.hpp"

#include <caf/test/bdd_dsl.hpp>

#include <jwt.h>
#include <rapidcheck.h>

#include <cstdlib>

using namespace usher;
using namespace usher::codec;
using namespace usher::tests;
using namespace std::chrono_literals;

namespace {

const std::string own_secret = "0123456789abcdef0123456789abcdef";
const std::string shop_secret = "the shop's secret, 32 bytes or more";
const domain::buyer_id anna{"anna"};

domain::instant whole_second() {
  return std::chrono::floor<domain::seconds>(moment_of_test());
}

tokens anonymous() {
  return tokens{{own_secret, {}, true, 5s}};
}

tokens of_shop(codec::token_algorithm algorithm = codec::token_algorithm::hs256, std::string key = shop_secret,
               std::optional<std::string> audience = std::nullopt) {
  return tokens{{own_secret, {codec::shop_key{algorithm, std::move(key), std::move(audience)}}, false, 5s}};
}

/// A token as somebody else would make it.
std::string forge(jwt_alg_t algorithm, const std::string& key, const std::string& claims, const char* kid = nullptr) {
  jwt_t* token = nullptr;
  CAF_REQUIRE(jwt_new(&token) == 0);
  const auto* bytes = reinterpret_cast<const unsigned char*>(key.data());
  CAF_REQUIRE(jwt_set_alg(token, algorithm, key.empty() ? nullptr : bytes, static_cast<int>(key.size())) == 0);
  CAF_REQUIRE(jwt_add_grants_json(token, claims.c_str()) == 0);
  CAF_REQUIRE(kid == nullptr || jwt_add_header(token, "kid", kid) == 0);
  char* text = jwt_encode_str(token);
  CAF_REQUIRE(text != nullptr);
  std::string result = text;
  std::free(text);
  jwt_free(token);
  return result;
}

std::string claims(const std::string& more = "", domain::instant expires_at = whole_second() + 60s) {
  auto second = std::chrono::floor<domain::seconds>(expires_at).time_since_epoch().count();
  return R"({"sub":"anna","exp":)" + std::to_string(second) + more + "}";
}

std::string name_of(token_fault fault) {
  switch (fault) {
    case token_fault::malformed:
      return "malformed";
    case token_fault::wrong_algorithm:
      return "wrong algorithm";
    case token_fault::bad_signature:
      return "bad signature";
    case token_fault::expired:
      return "expired";
    case token_fault::not_yet_valid:
      return "not yet valid";
    case token_fault::wrong_audience:
      return "wrong audience";
    case token_fault::bad_claims:
      return "bad claims";
  }
  return "unknown";
}

template <class Claims>
std::string fault_of(const codec::verified<Claims>& result) {
  const auto* fault = std::get_if<token_fault>(&result);
  return fault ? name_of(*fault) : "(none)";
}

std::string shop_fault(const std::string& text) {
  return fault_of(of_shop().verify_buyer(text, whole_second()));
}

} // namespace

SCENARIO("what Usher signed it recognizes") {
  GIVEN("one token of each kind") {
    auto keys = anonymous();
    codec::buyer_claims buyer{anna, whole_second() + 60s, anonymous_proof};
    codec::queue_claims place{rock, anna, domain::queue_number{1'234'567'890'123}};
    codec::pass_claims pass{rock, anna, whole_second() + 60s};
    codec::session_claims session{"s-1", anna, whole_second() + 60s, anonymous_proof};
    THEN("the claims come back") {
      CHECK(keys.verify_buyer(keys.sign(buyer), whole_second()) == codec::verified<codec::buyer_claims>{buyer});
      CHECK(keys.verify_queue(keys.sign(place)) == codec::verified<codec::queue_claims>{place});
      CHECK(keys.verify_pass(keys.sign(pass), whole_second()) == codec::verified<codec::pass_claims>{pass});
      CHECK(keys.verify_session(keys.sign(session), whole_second()) == codec::verified<codec::session_claims>{session});
    }
  }
}

SCENARIO("tokens end") {
  GIVEN("tokens whose time is over") {
    auto keys = anonymous();
    auto end = whole_second() + 60s;
    THEN("they count up to their end and no longer") {
      auto buyer = keys.sign(codec::buyer_claims{anna, end});
      CHECK_EQ(fault_of(keys.verify_buyer(buyer, end - 1us)), "(none)");
      CHECK_EQ(fault_of(keys.verify_buyer(buyer, end)), "expired");
      CHECK_EQ(fault_of(keys.verify_pass(keys.sign(codec::pass_claims{rock, anna, end}), end)), "expired");
      CHECK_EQ(fault_of(keys.verify_session(keys.sign(codec::session_claims{"s", anna, end, anonymous_proof}), end)),
               "expired");
    }
  }
}

SCENARIO("no kind of token passes as another") {
  GIVEN("one token of each kind") {
    auto keys = anonymous();
    std::vector<std::string> all{keys.sign(codec::buyer_claims{anna, whole_second() + 60s}),
                                 keys.sign(codec::queue_claims{rock, anna, domain::queue_number{1}}),
                                 keys.sign(codec::pass_claims{rock, anna, whole_second() + 60s}),
                                 keys.sign(codec::session_claims{"s", anna, whole_second() + 60s, anonymous_proof})};
    THEN("each counts in its place only") {
      for (std::size_t i = 0; i < all.size(); ++i) {
        CHECK_EQ(fault_of(keys.verify_buyer(all[i], whole_second())), i == 0 ? "(none)" : "bad signature");
        CHECK_EQ(fault_of(keys.verify_queue(all[i])), i == 1 ? "(none)" : "bad signature");
        CHECK_EQ(fault_of(keys.verify_pass(all[i], whole_second())), i == 2 ? "(none)" : "bad signature");
        CHECK_EQ(fault_of(keys.verify_session(all[i], whole_second())), i == 3 ? "(none)" : "bad signature");
      }
    }
  }
}

SCENARIO("the shop's tokens count when the shop's key made them") {
  GIVEN("tokens of the shop and of others") {
    auto keys = of_shop();
    THEN("only genuine ones count") {
      auto result = keys.verify_buyer(forge(JWT_ALG_HS256, shop_secret, claims()), whole_second());
      REQUIRE(std::holds_alternative<codec::buyer_claims>(result));
      CHECK_EQ(std::get<codec::buyer_claims>(result).buyer, anna);
      CHECK(std::get<codec::buyer_claims>(result).expires_at == whole_second() + 60s);
      CHECK_EQ(shop_fault(forge(JWT_ALG_HS256, shop_secret + "!", claims())), "bad signature");
      CHECK_EQ(shop_fault(forge(JWT_ALG_HS512, shop_secret, claims())), "wrong algorithm");
      CHECK_EQ(shop_fault(forge(JWT_ALG_NONE, "", claims())), "wrong algorithm");
      CHECK_EQ(shop_fault(anonymous().sign(codec::buyer_claims{anna, whole_second() + 60s})), "bad signature");
    }
  }
}

SCENARIO("a token that was changed does not count") {
  GIVEN("a genuine token") {
    auto genuine = forge(JWT_ALG_HS256, shop_secret, claims());
    THEN("no change of a character goes unseen, unless it says the same") {
      CHECK(rc::check("changed", [&](std::uint16_t at, char c) {
        auto changed = genuine;
        RC_PRE(changed[at % changed.size()] != c);
        changed[at % changed.size()] = c;
        auto result = of_shop().verify_buyer(changed, whole_second());
        // The last base64url character has bits without meaning.
        if (const auto* told = std::get_if<codec::buyer_claims>(&result))
          RC_ASSERT(told->buyer == anna);
      }));
      auto first_point = genuine.find('.');
      auto last_point = genuine.rfind('.');
      auto other = forge(JWT_ALG_HS256, shop_secret, claims(R"(,"x":1)"));
      auto swapped = genuine.substr(0, first_point) + other.substr(other.find('.'), other.rfind('.') - other.find('.'))
                     + genuine.substr(last_point);
      CHECK_EQ(shop_fault(swapped), "bad signature");
      CHECK_EQ(shop_fault(genuine.substr(0, last_point + 1)), "bad signature");
      CHECK_EQ(shop_fault(genuine.substr(0, last_point)), "malformed");
    }
  }
}

SCENARIO("a public key is not a secret") {
  GIVEN("a shop that signs with RSA") {
    auto keys = of_shop(codec::token_algorithm::rs256, rsa_keys().public_key);
    auto verify = [&](const std::string& text) { return fault_of(keys.verify_buyer(text, whole_second())); };
    THEN("what its private key signed counts, and what anybody signed with the public key does not") {
      CHECK_EQ(verify(forge(JWT_ALG_RS256, rsa_keys().private_key, claims())), "(none)");
      CHECK_EQ(verify(forge(JWT_ALG_HS256, rsa_keys().public_key, claims())), "wrong algorithm");
      CHECK_EQ(verify(forge(JWT_ALG_RS512, rsa_keys().private_key, claims())), "wrong algorithm");
      CHECK_EQ(verify(forge(JWT_ALG_NONE, "", claims())), "wrong algorithm");
      auto text = forge(JWT_ALG_RS256, rsa_keys().private_key, claims());
      text[text.size() - 20] = text[text.size() - 20] == 'a' ? 'b' : 'a';
      CHECK_EQ(verify(text), "bad signature");
    }
  }
}

SCENARIO("claims that are missing or wrong do not count") {
  GIVEN("tokens of the shop with bad claims") {
    auto token = [](const std::string& json) { return forge(JWT_ALG_HS256, shop_secret, json); };
    auto soon = std::to_string(whole_second().time_since_epoch() / 1s + 60);
    THEN("each says why") {
      CHECK_EQ(shop_fault(token(R"({"sub":"anna"})")), "bad claims");
      CHECK_EQ(shop_fault(token(R"({"sub":"anna","exp":"soon"})")), "bad claims");
      CHECK_EQ(shop_fault(token(R"({"sub":"anna","exp":)" + soon + ".5}")), "(none)");
      CHECK_EQ(shop_fault(token(R"({"sub":"anna","exp":1.5})")), "expired");
      CHECK_EQ(shop_fault(token(R"({"sub":"anna","exp":null})")), "bad claims");
      CHECK_EQ(shop_fault(token(R"({"sub":"anna","exp":-1})")), "bad claims");
      CHECK_EQ(shop_fault(token(R"({"sub":"anna","exp":9223372036854775807})")), "bad claims");
      CHECK_EQ(shop_fault(token(R"({"exp":)" + soon + "}")), "bad claims");
      CHECK_EQ(shop_fault(token(R"({"sub":7,"exp":)" + soon + "}")), "bad claims");
      CHECK_EQ(shop_fault(token(R"({"sub":"","exp":)" + soon + "}")), "bad claims");
      CHECK_EQ(shop_fault(token(R"({"sub":"a\nb","exp":)" + soon + "}")), "bad claims");
      CHECK_EQ(shop_fault(token("{\"sub\":\"a\xC2\x85z\",\"exp\":" + soon + "}")), "bad claims");
      CHECK_EQ(shop_fault(token(R"({"sub":"a\u009fz","exp":)" + soon + "}")), "bad claims");
      CHECK_EQ(shop_fault(token("{\"sub\":\"a\xC2\xA0z\",\"exp\":" + soon + "}")), "(none)");
      CHECK_EQ(shop_fault(token(R"({"sub":")" + std::string(128, 'x') + R"(","exp":)" + soon + "}")), "(none)");
      CHECK_EQ(shop_fault(token(R"({"sub":")" + std::string(129, 'x') + R"(","exp":)" + soon + "}")), "bad claims");
      CHECK_EQ(shop_fault(token(claims("", whole_second() - 4s))), "(none)");
      CHECK_EQ(shop_fault(token(claims("", whole_second() - 5s))), "expired");
      CHECK_EQ(shop_fault(token(claims(R"(,"nbf":"now")"))), "bad claims");
      CHECK_EQ(shop_fault(token(claims(R"(,"nbf":)" + soon))), "not yet valid");
      CHECK_EQ(shop_fault(token(claims(R"(,"nbf":1)"))), "(none)");
    }
  }
}

SCENARIO("an audience counts where one is configured") {
  GIVEN("a shop whose tokens are for usher") {
    auto keys = of_shop(codec::token_algorithm::hs256, shop_secret, "usher");
    auto fault = [&](const std::string& more) {
      return fault_of(keys.verify_buyer(forge(JWT_ALG_HS256, shop_secret, claims(more)), whole_second()));
    };
    THEN("others' tokens do not count") {
      CHECK_EQ(fault(R"(,"aud":"usher")"), "(none)");
      CHECK_EQ(fault(R"(,"aud":["x","usher"])"), "(none)");
      CHECK_EQ(fault(R"(,"aud":"usher2")"), "wrong audience");
      CHECK_EQ(fault(R"(,"aud":["x",7])"), "wrong audience");
      CHECK_EQ(fault(R"(,"aud":{"usher":1})"), "wrong audience");
      CHECK_EQ(fault(""), "wrong audience");
    }
  }
}

SCENARIO("anonymous tokens count only where they are allowed") {
  GIVEN("one node that allows them beside a shop, and one that does not") {
    codec::tokens both{
        {own_secret, {codec::shop_key{codec::token_algorithm::hs256, shop_secret, std::nullopt}}, true, 5s}};
    auto token = both.sign(codec::buyer_claims{anna, whole_second() + 60s});
    THEN("only the first takes one") {
      CHECK_EQ(fault_of(both.verify_buyer(token, whole_second())), "(none)");
      CHECK_EQ(fault_of(both.verify_buyer(forge(JWT_ALG_HS256, shop_secret, claims()), whole_second())), "(none)");
      CHECK_EQ(shop_fault(token), "bad signature");
      codec::tokens neither{{own_secret, {}, false, 5s}};
      CHECK_NE(fault_of(neither.verify_buyer(token, whole_second())), "(none)");
    }
  }
}

SCENARIO("a shop may have several keys, and what began with one ends when it is taken away") {
  GIVEN("an old key without a name, and two with names, one of them RSA") {
    const std::string new_secret = "another secret of the shop, as long";
    const codec::shop_key old_key{codec::token_algorithm::hs256, shop_secret, std::nullopt};
    const codec::shop_key new_key{codec::token_algorithm::hs256, new_secret, std::nullopt, "2027"};
    const codec::shop_key rsa_key{codec::token_algorithm::rs256, rsa_keys().public_key, std::nullopt, "rsa"};
    codec::tokens all{{own_secret, {old_key, new_key, rsa_key}, false, 5s}};
    codec::tokens later{{own_secret, {new_key, rsa_key}, false, 5s}};
    auto fault = [](const codec::tokens& keys, const std::string& token) {
      return fault_of(keys.verify_buyer(token, whole_second()));
    };
    auto by_old = forge(JWT_ALG_HS256, shop_secret, claims());
    auto by_new = forge(JWT_ALG_HS256, new_secret, claims(), "2027");
    auto by_rsa = forge(JWT_ALG_RS256, rsa_keys().private_key, claims(), "rsa");
    THEN("all of them count, and a name is believed only of its own key") {
      for (const auto& token : {by_old, by_new, by_rsa, forge(JWT_ALG_HS256, new_secret, claims()),
                                forge(JWT_ALG_HS256, shop_secret, claims(), "unheard-of")})
        CHECK_EQ(fault(all, token), "(none)");
      CHECK_EQ(fault(all, forge(JWT_ALG_HS256, shop_secret, claims(), "2027")), "bad signature");
      CHECK_EQ(fault(all, forge(JWT_ALG_HS256, rsa_keys().public_key, claims(), "rsa")), "wrong algorithm");
      CHECK_NE(fault(all, forge(JWT_ALG_HS256, own_secret, claims())), "(none)");
    }
    THEN("a key that is gone takes its tokens and sessions with it, and no others") {
      auto session_by = [&](const std::string& token) {
        auto who = std::get<codec::buyer_claims>(all.verify_buyer(token, whole_second()));
        return all.sign(codec::session_claims{"s", who.buyer, who.expires_at, who.proof});
      };
      auto is_gone = [&](const std::string& session) {
        return std::holds_alternative<token_fault>(later.verify_session(session, whole_second()));
      };
      CHECK_NE(fault(later, by_old), "(none)");
      CHECK_EQ(fault(later, by_new), "(none)");
      CHECK(is_gone(session_by(by_old)));
      CHECK(!is_gone(session_by(by_new)));
      CHECK(!is_gone(session_by(by_rsa)));
      CHECK(is_gone(anonymous().sign(codec::session_claims{"s", anna, whole_second() + 60s, anonymous_proof})));
      CHECK(session_by(by_old).find(shop_secret) == std::string::npos);
    }
  }
}

SCENARIO("any text is a token or is not") {
  GIVEN("hostile texts") {
    THEN("nothing is thrown") {
      for (const auto& text : {std::string{}, std::string{".."}, std::string{"a.b.c"}, std::string(5000, 'a'),
                               std::string{"eyJhbGciOiJub25lIn0.e30."}, std::string("a\0.b.c", 6)})
        CHECK_NE(shop_fault(text), "(none)");
      CHECK(rc::check("hostile", [](const std::string& text) {
        RC_ASSERT(shop_fault(text) != "(none)");
        RC_ASSERT(shop_fault(text + "." + text + "." + text) != "(none)");
        RC_ASSERT(!anonymous().verify_ticket_code(text));
      }));
    }
  }
}

SCENARIO("keys that are too weak are refused") {
  GIVEN("short secrets and other keys") {
    THEN("the settings are refused") {
      CHECK_THROWS_AS(tokens({"short", {}, true, 5s}), std::invalid_argument);
      CHECK_THROWS_AS(of_shop(codec::token_algorithm::hs256, "short"), std::invalid_argument);
      CHECK_THROWS_AS(of_shop(codec::token_algorithm::rs256, shop_secret), std::invalid_argument);
      CHECK_THROWS_AS(of_shop(codec::token_algorithm::rs256, rsa_keys().private_key), std::invalid_argument);
    }
  }
}

SCENARIO("only Usher makes ticket codes") {
  GIVEN("a ticket's code") {
    auto keys = anonymous();
    auto code = keys.ticket_code("rock~0123456789abcdeffedcba9876543210~1");
    THEN("it gives the ticket, and no other text does") {
      CHECK_EQ(code.size(), 39u + 1 + 20);
      CHECK_EQ(keys.verify_ticket_code(code).value(), "rock~0123456789abcdeffedcba9876543210~1");
      auto other = code;
      other[38] = '2';
      CHECK(!keys.verify_ticket_code(other));
      other = code;
      other.back() = other.back() == '0' ? '1' : '0';
      CHECK(!keys.verify_ticket_code(other));
      codec::tokens elsewhere{{own_secret + "!", {}, true, 5s}};
      CHECK(!elsewhere.verify_ticket_code(code));
    }
  }
}

SCENARIO("a shop's token ends by the shop's clock, and its end is told on the gateway's") {
  GIVEN("a gateway whose time is twelve minutes ahead of the shop's clock, or behind it") {
    auto token = forge(JWT_ALG_HS256, shop_secret, claims());
    for (auto difference : {720s, -720s}) {
      auto here = whole_second() + difference;
      auto believed = of_shop().verify_buyer(token, here, whole_second());
      auto* buyer = std::get_if<buyer_claims>(&believed);
      REQUIRE(buyer != nullptr);
      CHECK(buyer->expires_at == here + 60s);
      CHECK_EQ(fault_of(of_shop().verify_buyer(token, here, whole_second() + 66s)), "expired");
    }
  }
  GIVEN("one that ends in the year 9999") {
    auto token = forge(JWT_ALG_HS256, shop_secret, R"({"sub":"anna","exp":253402300799})");
    auto believed = of_shop().verify_buyer(token, whole_second() + 720s, whole_second());
    REQUIRE(std::holds_alternative<buyer_claims>(believed));
    CHECK(std::get<buyer_claims>(believed).expires_at > whole_second() + 720s);
  }
}

SCENARIO("an empty secret matches nothing") {
  GIVEN("secrets") {
    THEN("only the same one matches") {
      CHECK(codec::same_secret("abc", "abc"));
      CHECK(!codec::same_secret("abd", "abc"));
      CHECK(!codec::same_secret("ab", "abc"));
      CHECK(!codec::same_secret("", ""));
    }
  }
}
