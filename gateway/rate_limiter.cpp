#include "gateway/rate_limiter.hpp"

#include "gateway/client_address.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace usher::gateway {
namespace {

/// Nobody is told to come back later than this.
constexpr double longest_wait_s = 3600;

} // namespace

rate_limiter::rate_limiter(rate_limits limits) : limits_(limits) {
  if (!(limits.per_s > 0) || !(limits.burst >= 1) || limits.keys_max == 0)
    throw std::invalid_argument("a rate limit needs more than 0 a second, a burst of at least 1 and room for a key");
}

rate_limiter::verdict rate_limiter::take(std::string_view key, moment now) {
  auto& mine = bucket_of(key, now);
  std::chrono::duration<double> passed = std::max(now - mine.filled, moment::duration::zero());
  mine.tokens = std::min(limits_.burst, mine.tokens + passed.count() * limits_.per_s);
  mine.filled = std::max(mine.filled, now);
  if (mine.tokens >= 1) {
    mine.tokens -= 1;
    return {};
  }
  auto wait_s = std::min((1 - mine.tokens) / limits_.per_s, longest_wait_s);
  return {false, static_cast<std::uint32_t>(std::max(std::ceil(wait_s), 1.0))};
}

rate_limiter::verdict rate_limiter::take(const boost::asio::ip::address& address, moment now) {
  if (unmapped(address).is_loopback() && !limits_.limit_loopback)
    return {};
  return take(customer_of(address), now);
}

/// The bucket of `key`, moved to the front; a new one is full.
rate_limiter::bucket& rate_limiter::bucket_of(std::string_view key, moment now) {
  if (auto found = places_.find(key); found != places_.end()) {
    buckets_.splice(buckets_.begin(), buckets_, found->second);
    return buckets_.front();
  }
  if (buckets_.size() >= limits_.keys_max) {
    places_.erase(buckets_.back().key);
    buckets_.pop_back();
  }
  buckets_.push_front({std::string{key}, limits_.burst, now});
  places_.emplace(buckets_.front().key, buckets_.begin());
  return buckets_.front();
}

} // namespace usher::gateway
