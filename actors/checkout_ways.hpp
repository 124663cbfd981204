#pragma once

#include "domain/facts.hpp"

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>

namespace usher::actors {

/// What a checkout does with an order, one thing at a time. Each may be repeated.
enum class checkout_step : std::uint8_t {
  start_payment, ///< the sections keep the hold while it is being paid for
  charge,        ///< the provider takes the money, or says what became of it
  sell,          ///< the sections sell the seats
  take_back,     ///< the sections take back what was sold
  refund,        ///< the provider gives the money back
  stop_payment,  ///< the sections have the hold go on as an ordinary one
  release,       ///< the sections end it: half a hold is no use to its buyer
  await_money,   ///< the provider says whether the charge that was given up has come after all
};

/// The steps that lead from one state of an order to the next, if nothing is in the way.
class checkout_way {
public:
  static constexpr std::size_t steps_max = 4;

  template <std::same_as<checkout_step>... Steps>
  constexpr checkout_way(domain::order_state from, domain::order_state to, Steps... steps)
      : from_(from), to_(to), steps_{steps...}, count_(sizeof...(steps)) {
    static_assert(sizeof...(steps) <= steps_max);
  }

  [[nodiscard]] constexpr domain::order_state from() const noexcept { return from_; }
  [[nodiscard]] constexpr domain::order_state to() const noexcept { return to_; }
  [[nodiscard]] constexpr std::span<const checkout_step> steps() const noexcept { return {steps_.data(), count_}; }

private:
  domain::order_state from_;
  domain::order_state to_;
  std::array<checkout_step, steps_max> steps_;
  std::size_t count_;
};

/// The saga, but for its turns: what cannot be charged, or is not wanted any more before that, takes `way_to_fail`;
/// what is charged and cannot be sold, or is not wanted any more, goes on to `refunding`; what is refunded because it
/// is not wanted ends `cancelled`; and what was given up goes on to `refunding` if its money has come.
inline constexpr auto checkout_ways = [] {
  using enum domain::order_state;
  using enum checkout_step;
  return std::array{
      checkout_way{started, charging, start_payment},
      checkout_way{charging, charged, charge},
      checkout_way{charged, confirmed, sell},
      checkout_way{refunding, refunded, take_back, refund, stop_payment, release},
      checkout_way{cancelling, cancelled, refund, take_back},
      checkout_way{given_up, cancelled, stop_payment, release, await_money},
  };
}();

/// From `started`, too.
inline constexpr checkout_way way_to_fail{domain::order_state::charging, domain::order_state::failed,
                                          checkout_step::stop_payment};

/// Null for a state in which nothing is left to do.
[[nodiscard]] constexpr const checkout_way* way_from(domain::order_state state) {
  for (const auto& way : checkout_ways)
    if (way.from() == state)
      return &way;
  return nullptr;
}

} // namespace usher::actors
