#include "gateway/http/key_guard.hpp"

#include "gateway/client_address.hpp"
#include "log/log.hpp"

namespace usher::gateway {

key_guard::key_guard(const options& configured) : options_(configured) {}

std::optional<codec::problem> key_guard::refusal_of(std::string_view path, std::string_view authorization,
                                                    const boost::asio::ip::address& from, moment now) {
  auto unauthorized = [] {
    return codec::problem_of(domain::rejection::unauthorized, "Operators need the key of the node.");
  };
  if (!needs_key(options_, path))
    return std::nullopt;
  if (!bearer_token(authorization))
    return unauthorized(); // this guesses at nothing
  // Nobody else's guesses keep an operator out who shares their address, and guessing at 24 characters is in vain.
  if (is_key(options_, authorization))
    return std::nullopt;
  auto customer = customer_of(from);
  // Costs nothing: only wrong keys do.
  if (auto verdict = wrong_keys_.take(customer, now, 0); !verdict.allowed) {
    auto refused = codec::problem_of(domain::rejection::rate_limited, "Too many wrong keys come from your address.");
    refused.retry_after_s = verdict.retry_after_s;
    return refused;
  }
  (void)wrong_keys_.take(customer, now);
  if (warnings_.take(customer, now).allowed)
    log::of("gateway").warn("an operator's key from {} is wrong; further ones from there within a minute are not "
                            "logged",
                            from.to_string());
  return unauthorized();
}

} // namespace usher::gateway
