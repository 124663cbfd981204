#pragma once

#include "failpoint/failpoint.hpp"

#include <chrono>
#include <cstdint>
#include <mutex>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace usher::failpoint {

/// What happens to whoever has reached a place.
struct verdict {
  action what = action::none;
  std::chrono::milliseconds wait{0}; ///< if it is a delay
};

/// Rules of what is to happen where: `NAME=ACTION[:MS][@PROBABILITY][*TIMES]`, separated by commas.
///
/// A name that ends in `*` stands for all that begin so and at which the action is possible. The action is `crash`,
/// `delay:MS`, `fail` or `exit`. Without a probability it is taken each time, without a number of times for ever. The
/// first rule that applies, has times left and draws a hit decides. May be asked by several threads at once.
class rules {
public:
  /// Throws `std::invalid_argument`, with a sentence, if the text says no such thing.
  rules(std::string_view text, std::uint64_t seed);

  /// What happens to whoever reaches this place now.
  [[nodiscard]] verdict at(const place& here);

private:
  struct rule {
    std::string name; ///< without its `*`
    bool is_beginning = false;
    verdict outcome;
    double probability = 1;
    std::uint64_t times_left = ~std::uint64_t{0};

    [[nodiscard]] bool names(const place& here) const;
  };

  [[nodiscard]] static rule read(std::string_view text);

  std::mutex guard_;
  std::vector<rule> rules_;
  std::mt19937_64 random_;
};

/// The seed that somebody has set. Throws `std::invalid_argument`, with a sentence, if it is no number.
[[nodiscard]] std::uint64_t seed_of(std::string_view text);
/// Another one each time.
[[nodiscard]] std::uint64_t seed_by_chance();

} // namespace usher::failpoint
