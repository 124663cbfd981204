#define CAF_SUITE bench.latency_histogram

#include "crowd/latency_histogram.hpp"

#include <caf/test/bdd_dsl.hpp>
#include <rapidcheck.h>

#include <algorithm>
#include <cmath>
#include <vector>

using std::chrono::microseconds;
using usher::crowd::latency_histogram;

namespace {

/// Values of all magnitudes that a histogram covers, not only the largest.
rc::Gen<std::int64_t> latency() {
  return rc::gen::map(rc::gen::pair(rc::gen::inRange(0, 32), rc::gen::inRange<std::int64_t>(0, std::int64_t{1} << 32)),
                      [](const std::pair<int, std::int64_t>& drawn) {
                        return std::min<std::int64_t>(drawn.second >> drawn.first, latency_histogram::longest.count());
                      });
}

std::int64_t exact_percentile(std::vector<std::int64_t> values, double percent) {
  std::sort(values.begin(), values.end());
  auto rank = static_cast<std::size_t>(std::ceil(percent / 100 * static_cast<double>(values.size())));
  return values[std::clamp<std::size_t>(rank, 1, values.size()) - 1];
}

} // namespace

SCENARIO("percentiles are at most a thousandth too large and never too small") {
  CHECK(rc::check("against a sorted list", [] {
    auto values = *rc::gen::nonEmpty(rc::gen::container<std::vector<std::int64_t>>(latency()));
    latency_histogram histogram;
    for (auto value : values)
      histogram.record(microseconds(value));
    for (auto percent : {0.1, 25.0, 50.0, 90.0, 99.0, 99.9, 100.0}) {
      auto exact = exact_percentile(values, percent);
      auto told = histogram.percentile(percent).count();
      RC_ASSERT(told >= exact);
      RC_ASSERT(static_cast<double>(told - exact) <= 0.001 * static_cast<double>(exact));
    }
    RC_ASSERT(histogram.max().count() == *std::max_element(values.begin(), values.end()));
    RC_ASSERT(histogram.count() == values.size());
  }));
}

SCENARIO("an empty histogram reads zero") {
  GIVEN("nothing recorded") {
    latency_histogram histogram;
    THEN("every reading is zero") {
      CHECK_EQ(histogram.count(), 0u);
      CHECK_EQ(histogram.percentile(99).count(), 0);
      CHECK_EQ(histogram.max().count(), 0);
      CHECK_EQ(histogram.mean_us(), 0.0);
    }
  }
}

SCENARIO("values out of range count as the nearest one in it") {
  GIVEN("a negative value and one of two hours") {
    latency_histogram histogram;
    histogram.record(microseconds(-5));
    histogram.record(std::chrono::hours(2));
    THEN("they are counted as zero and as an hour") {
      CHECK_EQ(histogram.percentile(50).count(), 0);
      CHECK_EQ(histogram.percentile(100).count(), latency_histogram::longest.count());
    }
  }
}
