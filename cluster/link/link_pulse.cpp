#include "cluster/link/link_pulse.hpp"

#include <algorithm>
#include <cstddef>

namespace usher::cluster {

using namespace std::chrono_literals;

pulse_due link_pulse::due(tick now) const {
  if (now - echoed_at_ >= limits_.silence)
    return pulse_due::down;
  return sent_ == 0 || now - sent_at_ >= limits_.beat ? pulse_due::beat : pulse_due::nothing;
}

link_beat link_pulse::next(tick now) {
  sent_at_ = now;
  under_way_.push_back(now);
  auto held = heard_ == 0 ? 0us : std::chrono::floor<std::chrono::microseconds>(now - heard_at_);
  return {++sent_, heard_, static_cast<std::uint64_t>(held.count())};
}

pulse_news link_pulse::hear(const link_beat& beat, tick now) {
  auto was_up = is_up();
  if (beat.number > heard_) {
    heard_ = beat.number;
    heard_at_ = now;
  }
  if (beat.echo > echoed_ && beat.echo <= sent_)
    note_echo(beat, now);
  if (was_up)
    return pulse_news::nothing;
  return is_up() ? pulse_news::up : pulse_news::answer;
}

void link_pulse::note_echo(const link_beat& beat, tick now) {
  auto newly = static_cast<std::ptrdiff_t>(beat.echo - echoed_);
  auto sent_at = under_way_[static_cast<std::size_t>(newly - 1)];
  under_way_.erase(under_way_.begin(), under_way_.begin() + newly);
  auto passed = std::chrono::floor<std::chrono::microseconds>(now - sent_at);
  // The other end's word: it must not make the time negative.
  auto held = std::min<std::uint64_t>(beat.held, static_cast<std::uint64_t>(passed.count()));
  round_trip_ = passed - std::chrono::microseconds{held};
  echoed_ = beat.echo;
  echoed_at_ = now;
}

} // namespace usher::cluster
