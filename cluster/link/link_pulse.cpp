#include "cluster/link/link_pulse.hpp"

#include <algorithm>

namespace usher::cluster {

pulse_due link_pulse::due(tick now) const {
  if (now - echoed_at_ >= limits_.silence)
    return pulse_due::down;
  return sent_ == 0 || now - sent_at_ >= limits_.beat ? pulse_due::beat : pulse_due::nothing;
}

link_beat link_pulse::next(tick now) {
  sent_at_ = now;
  return {++sent_, heard_};
}

pulse_news link_pulse::hear(const link_beat& beat, tick now) {
  auto was_up = is_up();
  heard_ = std::max(heard_, beat.number);
  if (beat.echo > echoed_ && beat.echo <= sent_) {
    echoed_ = beat.echo;
    echoed_at_ = now;
  }
  if (was_up)
    return pulse_news::nothing;
  return is_up() ? pulse_news::up : pulse_news::answer;
}

} // namespace usher::cluster
