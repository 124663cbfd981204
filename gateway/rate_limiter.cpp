#include "gateway/rate_limiter.hpp"

#include "gateway/client_address.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
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

rate_limiter::verdict rate_limiter::take(std::string_view key, moment now, double cost) {
  auto& mine = bucket_of(key, now);
  std::chrono::duration<double> passed = std::max(now - mine.filled, moment::duration::zero());
  mine.tokens = std::min(limits_.burst, mine.tokens + passed.count() * limits_.per_s);
  mine.filled = std::max(mine.filled, now);
  if (mine.tokens >= 1) {
    mine.tokens -= cost;
    return {};
  }
  auto wait_s = std::min((1 - mine.tokens) / limits_.per_s, longest_wait_s);
  return {false, static_cast<std::uint32_t>(std::max(std::ceil(wait_s), 1.0))};
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

shared_rate_limiter::shared_rate_limiter(rate_limits limits) {
  if (limits.keys_max > 0) // otherwise each part refuses it
    limits.keys_max = std::max<std::size_t>(limits.keys_max / parts_count, 1);
  for (std::size_t i = 0; i < parts_count; ++i)
    parts_.push_back(std::make_unique<part>(limits));
}

rate_limiter::verdict shared_rate_limiter::take(std::string_view key, moment now, double cost) {
  auto& mine = *parts_[std::hash<std::string_view>{}(key) % parts_count];
  std::lock_guard guard{mine.lock};
  return mine.buckets.take(key, now, cost);
}

namespace {

rate_limits of_site(rate_limits limits) {
  limits.per_s *= customers_per_site;
  limits.burst *= customers_per_site;
  return limits;
}

} // namespace

address_rate_limiter::address_rate_limiter(rate_limits limits) : customers_(limits), sites_(of_site(limits)) {}

rate_limiter::verdict address_rate_limiter::take(const boost::asio::ip::address& address, moment now, double cost) {
  auto verdict = customers_.take(customer_of(address), now, cost);
  if (auto site = site_of(address); verdict.allowed && !site.empty())
    verdict = sites_.take(site, now, cost);
  return verdict;
}

} // namespace usher::gateway
