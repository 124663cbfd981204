#pragma once

#include "gateway/moment.hpp"

#include <boost/asio/ip/address.hpp>

#include <chrono>
#include <cstdint>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

namespace usher::gateway {

struct rate_limits {
  double per_s = 20;              ///< requests regained every second; more than 0
  double burst = 40;              ///< requests at once after a pause; at least 1
  std::size_t keys_max = 100'000; ///< how many are remembered; the least recently seen is forgotten first
  bool limit_loopback = false;    ///< whether this machine's own addresses are limited
};

/// Token buckets by buyer or address. Not thread-safe.
class rate_limiter {
public:
  /// Throws `std::invalid_argument` for limits out of bounds.
  explicit rate_limiter(rate_limits limits);

  struct verdict {
    bool allowed = true;
    std::uint32_t retry_after_s = 0; ///< when not allowed: at least 1

    friend bool operator==(const verdict&, const verdict&) = default;
  };

  /// Takes one request of `key` from its bucket.
  [[nodiscard]] verdict take(std::string_view key, moment now);
  /// Likewise by address. An IPv6 customer has a whole /64, so that is the key.
  [[nodiscard]] verdict take(const boost::asio::ip::address& address, moment now);

  [[nodiscard]] std::size_t size() const noexcept { return buckets_.size(); }

private:
  struct bucket {
    std::string key;
    double tokens = 0;
    moment filled;
  };

  bucket& bucket_of(std::string_view key, moment now);

  rate_limits limits_;
  std::list<bucket> buckets_;                                                ///< most recent first
  std::unordered_map<std::string_view, std::list<bucket>::iterator> places_; ///< keys live in the buckets
};

} // namespace usher::gateway
