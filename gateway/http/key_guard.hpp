#pragma once

#include "gateway/http/routes.hpp"
#include "gateway/rate_limiter.hpp"

#include <boost/asio/ip/address.hpp>

#include <optional>
#include <string_view>

namespace usher::gateway {

/// Lets in operators who show the key, and slows down those who guess at it: more than five wrong keys a second (ten at
/// once) from an address are told to wait. Not thread-safe.
class key_guard {
public:
  explicit key_guard(const options& configured);

  /// Why a request is refused; nothing if it shows the key or needs none.
  [[nodiscard]] std::optional<codec::problem> refusal_of(std::string_view path, std::string_view authorization,
                                                         const boost::asio::ip::address& from, moment now);

private:
  const options& options_;
  rate_limiter wrong_keys_{{.per_s = 5, .burst = 10, .keys_max = 10'000}};
  rate_limiter warnings_{{.per_s = 1.0 / 60, .burst = 1, .keys_max = 10'000}};
};

} // namespace usher::gateway
