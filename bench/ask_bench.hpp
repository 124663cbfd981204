#pragma once

#include <chrono>
#include <cstddef>
#include <iosfwd>

namespace usher::bench {

/// `usher bench ask`: what a section actor adds to a bare request and response between two actors. Both have the same
/// number of requests in flight on one scheduler thread; the section's facts go through a journal writer, also on that
/// thread, into a store that writes instantly.
struct ask_options {
  std::chrono::seconds duration{5}; ///< of each half, 1 to 3600
  std::size_t in_flight = 1'000;    ///< 1 to 10000
  bool json = false;
};

/// The verb: `per_s` of holds, `ask_per_s` of bare requests, `ratio_ask`. 0, or 1 when a hold was refused.
int run_ask(const ask_options& options, std::ostream& out);

} // namespace usher::bench
