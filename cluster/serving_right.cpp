#include "cluster/serving_right.hpp"

namespace usher::cluster {

void serving_right::note_time(tick now) {
  auto before = at(noted_);
  if (noted_ == never || now - before > limits_.asleep)
    woke_ = now.time_since_epoch().count(); // before the time is noted: nobody sees a fresh one and no sleep
  noted_ = now.time_since_epoch().count();
}

void serving_right::note_beat(tick sent) {
  auto count_of = sent.time_since_epoch().count();
  for (auto before = beat_.load(); before < count_of && !beat_.compare_exchange_weak(before, count_of);) {
  }
}

void serving_right::begin(tick now) {
  born_ = now.time_since_epoch().count(); // before anybody sees that it lives: no beat of the last life counts
  ended_ = false;
}

bool serving_right::holds(tick now) const {
  if (ended_ || noted_ == never || beat_ == never || now - at(noted_) > limits_.asleep)
    return false;
  auto beat = at(beat_);
  return beat >= at(woke_) && beat >= at(born_) && beat >= at(waived_)
         && (!limits_.lease || now - beat < *limits_.lease);
}

} // namespace usher::cluster
