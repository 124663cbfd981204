#pragma once

#include "payments/provider.hpp"
#include "payments/sandbox_ledger.hpp"

#include <array>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

/// A provider that moves no real money.
namespace usher::payments {

struct sandbox_settings {
  std::chrono::milliseconds delay_mean{200}; ///< each answer takes half to one and a half times this
  double decline_rate = 0;                   ///< 0 to 1: this share of the keys is always declined
  double failure_rate = 0;                   ///< 0 to below 1: this share of calls ends `unknown`, half of them done
  bool magic_methods = false;                ///< the buyer may choose what happens: see `sandbox_method`
  std::uint64_t seed = 1;
  std::size_t calls_max = 100'000;               ///< calls under way; any more are answered `unknown` at once
  std::optional<std::filesystem::path> ledger{}; ///< see `sandbox_ledger`
};

/// Payment methods that the sandbox treats specially if that is switched on; any other one follows the rates.
namespace sandbox_method {
inline constexpr const char* succeeds = "sandbox-succeeds";       ///< never declined, never unknown
inline constexpr const char* declined = "sandbox-declined";       ///< always declined
inline constexpr const char* lost_after = "sandbox-lost-after";   ///< charged, but the first answer is `unknown`
inline constexpr const char* lost_before = "sandbox-lost-before"; ///< the first charge is `unknown` and did nothing
} // namespace sandbox_method

/// The provider of demos and tests, with delays, declines and lost answers.
///
/// What happens to a call depends on the seed, the key and how often this was asked for the key before, never on the
/// order of calls: two runs with the same seed treat an order alike. Its thread answers calls one by one when they are
/// due.
class sandbox final : public provider {
public:
  /// Throws `std::runtime_error` when the ledger cannot be used.
  explicit sandbox(sandbox_settings settings);
  ~sandbox() override;

  void charge(const charge_request& request, completion done) override;
  void status(const std::string& key, completion done) override;
  void refund(const std::string& key, completion done) override;
  void close() override;

private:
  enum class step : std::uint8_t { charge, status, refund };
  /// Whether a call's answer is lost, and if so, whether before or after the money moved.
  enum class loss : std::uint8_t { none, before, after };
  using time_point = std::chrono::steady_clock::time_point;

  struct call {
    time_point due;
    step what;
    charge_request request; ///< only `key` counts unless `what` is charge
    std::uint64_t attempt = 0;
    completion done;
  };
  /// How often each call was made for one key; helps decide the call's fate.
  using attempts = std::array<std::uint64_t, 3>;

  void enqueue(step what, charge_request request, completion done);
  void run();
  [[nodiscard]] answer carry_out(const call& what);
  [[nodiscard]] answer move_money(const call& what);
  [[nodiscard]] answer charge_once(const charge_request& request);
  /// Whether the method says what is to happen.
  [[nodiscard]] bool is_magic(const charge_request& request) const;
  [[nodiscard]] bool is_declined(const charge_request& request) const;
  [[nodiscard]] loss loss_of(const call& what) const;
  /// A number in [0, 1) that depends only on the seed and the arguments.
  [[nodiscard]] double draw(const char* purpose, const std::string& key, std::uint64_t attempt) const;

  const sandbox_settings settings_;
  sandbox_ledger ledger_; ///< used by the thread only

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<call> calls_; ///< a heap, earliest first
  std::unordered_map<std::string, attempts> attempts_;
  bool closed_ = false;
  std::thread thread_;
};

} // namespace usher::payments
