#pragma once

#include "codec/problem.hpp"
#include "domain/ids.hpp"
#include "gateway/client_address.hpp"
#include "gateway/options.hpp"
#include "gateway/rate_limiter.hpp"

#include <caf/telemetry/counter.hpp>

#include <cstddef>
#include <optional>

namespace usher::gateway {

/// A request counts once, and once more for every so many bytes: large ones are more work.
inline constexpr std::size_t bytes_per_request = 4096;
/// How many requests a request of so many bytes counts as.
[[nodiscard]] double requests_in(std::size_t bytes);

/// Judges who asks too often, or gives back too many holds. Thread-safe: all threads of a gateway count together.
class request_limits {
public:
  /// `refused` counts the refusals. Throws `std::invalid_argument` for limits out of bounds.
  request_limits(const options& configured, caf::telemetry::int_counter& refused);

  /// Whether limits by address count this client.
  [[nodiscard]] bool is_limited(const visitor& from) const noexcept { return !from.is_near || limits_loopback_; }
  /// Counts a request from an address, with so many bytes beyond its head; the problem, if there are too many.
  [[nodiscard]] std::optional<codec::problem> too_often(const visitor& from, std::size_t bytes);
  /// Counts a request from a buyer, wherever they come from; the problem, if there are too many.
  [[nodiscard]] std::optional<codec::problem> too_often(const domain::buyer_id& buyer, std::size_t bytes);
  /// Counts a hold that a buyer gives back. Each hold and its end are written for ever, so nobody takes and gives back
  /// without end.
  [[nodiscard]] std::optional<codec::problem> gives_back_too_often(const domain::buyer_id& buyer, const visitor& from);

private:
  [[nodiscard]] std::optional<codec::problem> judge(const rate_limiter::verdict& verdict);

  bool limits_loopback_;
  caf::telemetry::int_counter& refused_;
  address_rate_limiter addresses_;
  shared_rate_limiter buyers_;
  shared_rate_limiter releases_;
  address_rate_limiter address_releases_;
};

} // namespace usher::gateway
