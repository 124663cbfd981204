#include "gateway/request_limits.hpp"

#include <chrono>

namespace usher::gateway {
namespace {

/// So many buyers behind one address may give holds back as fast as each of them may.
constexpr double releasing_buyers = 10;

} // namespace

double requests_in(std::size_t bytes) {
  auto more = bytes / bytes_per_request;
  return 1 + static_cast<double>(more);
}

request_limits::request_limits(const options& configured, caf::telemetry::int_counter& refused)
    : limits_loopback_(configured.limit_loopback), refused_(refused), addresses_(configured.per_address),
      buyers_(configured.per_buyer), releases_(configured.releases),
      address_releases_(rate_limits{.per_s = configured.releases.per_s * releasing_buyers,
                                    .burst = configured.releases.burst * releasing_buyers,
                                    .keys_max = configured.per_address.keys_max}) {}

std::optional<codec::problem> request_limits::too_often(const visitor& from, std::size_t bytes) {
  if (!is_limited(from))
    return std::nullopt;
  return judge(addresses_.take(from.address, std::chrono::steady_clock::now(), requests_in(bytes)));
}

std::optional<codec::problem> request_limits::too_often(const domain::buyer_id& buyer, std::size_t bytes) {
  return judge(buyers_.take(buyer.value(), std::chrono::steady_clock::now(), requests_in(bytes)));
}

std::optional<codec::problem> request_limits::gives_back_too_often(const domain::buyer_id& buyer, const visitor& from) {
  auto now = std::chrono::steady_clock::now();
  if (auto refused = judge(releases_.take(buyer.value(), now)))
    return refused;
  // Anybody may be many buyers.
  return is_limited(from) ? judge(address_releases_.take(from.address, now)) : std::nullopt;
}

std::optional<codec::problem> request_limits::judge(const rate_limiter::verdict& verdict) {
  if (verdict.allowed)
    return std::nullopt;
  refused_.inc();
  auto refused = codec::problem_of(domain::rejection::rate_limited);
  refused.retry_after_s = verdict.retry_after_s;
  return refused;
}

} // namespace usher::gateway
