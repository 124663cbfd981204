#pragma once

#include "cluster/link/link_address.hpp"

#include <chrono>
#include <cstdint>
#include <stop_token>
#include <string>

namespace usher::cluster {

/// Whether somebody listens at an address.
enum class reach : std::uint8_t {
  open,
  refused, ///< its machine answers, and nobody listens there
  silent,  ///< no answer in time, or no way there
};

struct probe_answer {
  reach how = reach::silent;
  std::string host{}; ///< in digits: who listens, if anybody does
};

/// Connects, and hangs up at once. Blocks for `patience` at most, or until it is asked to stop, but for looking up a
/// name, which takes as long as the machine's resolver lets it. A name with several addresses is open if one of them
/// is, and refused if all are; each gets its part of the time.
[[nodiscard]] probe_answer probe(const link_address& where, std::chrono::milliseconds patience,
                                 const std::stop_token& stop);

} // namespace usher::cluster
