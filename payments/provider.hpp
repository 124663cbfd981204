#pragma once

#include "domain/money.hpp"

#include <cstdint>
#include <functional>
#include <string>

/// Charges: the port to whoever moves money, and its adapters.
namespace usher::payments {

/// What became of a request.
enum class outcome : std::uint8_t {
  succeeded,   ///< the money moved
  declined,    ///< it did not and will not, e.g. no funds; final for this key
  unknown,     ///< no answer, or an inconclusive one; ask `status` by the same key, never guess
  never_asked, ///< only from `status`: the provider does not know this key; charging is safe
};

/// Money to be taken, once for each key.
struct charge_request {
  std::string key; ///< idempotency key: the same key never moves money twice
  domain::money amount;
  std::string method; ///< what the buyer chose, as the provider names it; never logged
};

/// What the provider says, or fails to say.
struct answer {
  outcome result = outcome::unknown;
  std::string reason; ///< for people, e.g. why it was declined; for the log, why it is unknown; may be empty
};

/// Called exactly once, on a thread of the provider's, or, when the provider cannot take the call, on the caller's
/// before the call returns; it must not block.
using completion = std::function<void(answer)>;

/// A payment provider. Calls return at once and may be made from any thread; all are idempotent by key.
class provider {
public:
  virtual ~provider() = default;
  virtual void charge(const charge_request& request, completion done) = 0;
  /// What became of a charge.
  virtual void status(const std::string& key, completion done) = 0;
  /// Gives all of a charge back; a repeat gets the same answer. For a charge that never succeeded: `declined`.
  virtual void refund(const std::string& key, completion done) = 0;
  /// Returns when everything that waited is answered, with `unknown` where nothing else is known, and nobody will be
  /// called any more. Whatever is asked later is answered `unknown` before the call returns.
  virtual void close() = 0;
};

} // namespace usher::payments
