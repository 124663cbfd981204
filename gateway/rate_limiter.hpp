#pragma once

#include "gateway/moment.hpp"

#include <boost/asio/ip/address.hpp>

#include <chrono>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace usher::gateway {

struct rate_limits {
  double per_s = 20;              ///< requests regained every second; more than 0
  double burst = 40;              ///< requests at once after a pause; at least 1
  std::size_t keys_max = 100'000; ///< how many are remembered; the least recently seen is forgotten first
};

/// Token buckets by key. Not thread-safe. No `bounded_by_end`: who was seen last stays, and nothing ends.
class rate_limiter {
public:
  /// Throws `std::invalid_argument` for limits out of bounds.
  explicit rate_limiter(rate_limits limits);

  struct verdict {
    bool allowed = true;
    std::uint32_t retry_after_s = 0; ///< when not allowed: at least 1

    friend bool operator==(const verdict&, const verdict&) = default;
  };

  /// Takes one request of `key` from its bucket. A request that costs more than one is let in all the same if there is
  /// one left, and the bucket owes the rest.
  [[nodiscard]] verdict take(std::string_view key, moment now, double cost = 1);

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

/// A rate limiter for many threads at once: keys are dealt out to several limiters, each behind a lock of its own. Each
/// remembers its share of `keys_max`.
class shared_rate_limiter {
public:
  /// Throws `std::invalid_argument` for limits out of bounds.
  explicit shared_rate_limiter(rate_limits limits);

  [[nodiscard]] rate_limiter::verdict take(std::string_view key, moment now, double cost = 1);

private:
  struct part {
    explicit part(rate_limits limits) : buckets(limits) {}

    std::mutex lock;
    rate_limiter buckets;
  };

  static constexpr std::size_t parts_count = 16;

  std::vector<std::unique_ptr<part>> parts_;
};

/// A rate limiter by address, for many threads at once. What is limited is a customer: an IPv4 address, or an IPv6 /64.
/// Whoever has a whole IPv6 /48 has 65,536 of those, so all customers of one /48 together may ask as often as
/// `customers_per_site` of them.
class address_rate_limiter {
public:
  /// Throws `std::invalid_argument` for limits out of bounds.
  explicit address_rate_limiter(rate_limits limits);

  [[nodiscard]] rate_limiter::verdict take(const boost::asio::ip::address& address, moment now, double cost = 1);

private:
  shared_rate_limiter customers_;
  shared_rate_limiter sites_;
};

} // namespace usher::gateway
