#include "actors/slewed_time.hpp"

#include "failpoint/plant.hpp"

#include <algorithm>
#include <chrono>

namespace usher::actors {

slewed_time::slewed_time(domain::instant there, domain::microseconds here) {
  auto offset = (there.time_since_epoch() - here).count();
  segments_[0].since = here.count();
  segments_[0].offset = offset;
  segments_[0].target = offset;
}

clock_verdict slewed_time::take(const clock_reading& reading) {
  auto round_trip = reading.answered - reading.asked;
  auto offset = reading.there.time_since_epoch() - (reading.asked + round_trip / 2);
  difference_ = offset - offset_at(reading.answered);
  // A slow answer says little: only what no slowness explains is a jump.
  if (std::chrono::abs(difference_) - round_trip / 2 > jump && !failpoint::planted("clock_leaps")) {
    readings_.clear();
    steer(reading.answered, offset_at(reading.answered));
    auto is_new = !jumped_by_ || std::chrono::abs(difference_ - *jumped_by_) > jump;
    jumped_by_ = is_new ? difference_ : *jumped_by_;
    return is_new ? clock_verdict::jumped : clock_verdict::apart;
  }
  readings_.push_back({offset, round_trip});
  if (readings_.size() > readings_max)
    readings_.pop_front();
  auto best = std::min_element(readings_.rbegin(), readings_.rend(), // the newer of two equals
                               [](const auto& a, const auto& b) { return a.round_trip < b.round_trip; });
  steer(reading.answered, best->offset);
  if (!jumped_by_)
    return clock_verdict::followed;
  jumped_by_.reset();
  return clock_verdict::agrees;
}

void slewed_time::steer(domain::microseconds here, domain::microseconds target) noexcept {
  auto present = failpoint::planted("clock_leaps") ? target : offset_at(here);
  auto next = number_.load(std::memory_order_relaxed) + 1;
  auto& coming = segments_[next % segments_.size()];
  coming.since.store(here.count(), std::memory_order_release);
  coming.offset.store(present.count(), std::memory_order_release);
  coming.target.store(target.count(), std::memory_order_release);
  number_.store(next, std::memory_order_release);
}

} // namespace usher::actors
