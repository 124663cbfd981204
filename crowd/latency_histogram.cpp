#include "crowd/latency_histogram.hpp"

#include "domain/ensure.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace usher::crowd {

namespace {

// Values below 2048 have a cell each. Beyond that every doubling has 1024 cells, so a cell's width is at most 1/1024 of
// the values in it.
constexpr int linear_bits = 11;
constexpr std::uint64_t half = std::uint64_t{1} << (linear_bits - 1);

constexpr int doubling_of(std::uint64_t value) {
  return std::max(0, static_cast<int>(std::bit_width(value)) - linear_bits);
}

constexpr std::size_t cell_of(std::uint64_t value) {
  auto doubling = doubling_of(value);
  return static_cast<std::size_t>(doubling) * half + static_cast<std::size_t>(value >> doubling);
}

/// The largest value that falls into a cell.
constexpr std::uint64_t last_of(std::size_t cell) {
  auto doubling = cell < 2 * half ? 0 : cell / half - 1;
  auto first = (cell - doubling * half) << doubling;
  return first + (std::uint64_t{1} << doubling) - 1;
}

constexpr std::size_t cells = cell_of(latency_histogram::longest.count()) + 1;

static_assert(cell_of(2047) == 2047 && cell_of(2048) == 2048 && cell_of(2049) == 2048);
static_assert(last_of(2047) == 2047 && last_of(2048) == 2049 && last_of(cell_of(1'000'000)) >= 1'000'000);

} // namespace

latency_histogram::latency_histogram() : counts_(cells) {}

void latency_histogram::record(microseconds value) {
  auto clipped = std::clamp<std::int64_t>(value.count(), 0, longest.count());
  ++counts_[cell_of(static_cast<std::uint64_t>(clipped))];
  ++count_;
  sum_ += static_cast<std::uint64_t>(clipped);
  max_ = std::max(max_, clipped);
}

double latency_histogram::mean_us() const noexcept {
  return count_ == 0 ? 0 : static_cast<double>(sum_) / static_cast<double>(count_);
}

latency_histogram::microseconds latency_histogram::percentile(double percent) const {
  domain::ensure(percent > 0 && percent <= 100, "a percentile is above 0 and at most 100");
  if (count_ == 0)
    return microseconds(0);
  auto wanted = static_cast<std::uint64_t>(std::ceil(percent / 100 * static_cast<double>(count_)));
  wanted = std::clamp<std::uint64_t>(wanted, 1, count_);
  std::uint64_t seen = 0;
  std::size_t cell = 0;
  while ((seen += counts_[cell]) < wanted)
    ++cell;
  return microseconds(std::min(static_cast<std::int64_t>(last_of(cell)), max_));
}

double latency_histogram::percentile_ms(double percent) const {
  return static_cast<double>(percentile(percent).count()) / 1000;
}

} // namespace usher::crowd
