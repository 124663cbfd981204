#pragma once

#include "cluster/member.hpp"

#include <chrono>
#include <cstdint>
#include <deque>

namespace usher::cluster {

struct link_pulse_limits {
  std::chrono::milliseconds beat{250};     ///< between two heartbeats
  std::chrono::milliseconds silence{2000}; ///< without a number that comes back; then the session is down
};

/// A heartbeat. Those of one end are numbered from 1 on.
struct link_beat {
  std::uint64_t number = 0;
  std::uint64_t echo = 0; ///< the newest number that the sender has heard; 0: none
  std::uint64_t held = 0; ///< how long ago it heard that, in microseconds

  friend bool operator==(const link_beat&, const link_beat&) = default;
};

enum class pulse_due : std::uint8_t {
  nothing,
  beat,
  down, ///< the other end may not hear this one any more
};

enum class pulse_news : std::uint8_t {
  nothing,
  answer, ///< a beat is due at once, for the session is not up yet
  up,     ///< the session has just come up; a beat is due at once, and before anything else
};

/// The heartbeats of one session, as one end sees them: whether each end hears the other.
///
/// The session is up as soon as a number of this end has come back, and down when no newer one has for too long. So a
/// cut in one direction is seen by both: by one as silence, by the other as its own numbers that do not come back. If
/// this end sends a beat at once when it comes up, that comes before whatever it sends then, and brings the other end
/// up.
///
/// Does no I/O and reads no clock.
class link_pulse {
public:
  explicit link_pulse(tick now, link_pulse_limits limits = {}) : limits_(limits), echoed_at_(now) {}

  [[nodiscard]] pulse_due due(tick now) const;
  /// The next beat, which is sent now.
  [[nodiscard]] link_beat next(tick now);
  /// Notes a beat of the other end.
  [[nodiscard]] pulse_news hear(const link_beat& beat, tick now);
  [[nodiscard]] bool is_up() const noexcept { return echoed_ > 0; }
  /// How long the newest number that has come back was under way, there and back; 0 if none has.
  [[nodiscard]] std::chrono::microseconds round_trip() const noexcept { return round_trip_; }

private:
  void note_echo(const link_beat& beat, tick now);

  link_pulse_limits limits_;
  std::uint64_t sent_ = 0;
  std::uint64_t heard_ = 0;    ///< the newest number of the other end
  std::uint64_t echoed_ = 0;   ///< the newest number of this end that has come back
  tick sent_at_{};             ///< the newest
  tick echoed_at_;             ///< or when the session began
  tick heard_at_{};            ///< the newest number of the other end
  std::deque<tick> under_way_; ///< when the numbers after `echoed_` were sent
  std::chrono::microseconds round_trip_{0};
};

} // namespace usher::cluster
