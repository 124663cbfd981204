#include "domain/admission_rate.hpp"

#include "domain/ensure.hpp"

#include <algorithm>

namespace usher::domain {
namespace {

constexpr seconds window{1};
/// The least step of time: what happened a window and a step ago is outside the window.
constexpr microseconds step{1};
/// How much lateness of the timer is made up for.
constexpr std::chrono::milliseconds catch_up_max{100};

} // namespace

admission_rate::admission_rate(std::uint32_t per_s) : per_s_(per_s) {
  ensure(per_s > 0, "an admission rate is above zero");
}

void admission_rate::change(std::uint32_t per_s) {
  ensure(per_s > 0, "an admission rate is above zero");
  if (per_s > per_s_)
    changed_from_ = std::min(per_s_, changed_from_.value_or(per_s_));
  per_s_ = per_s;
}

std::uint32_t admission_rate::limit() const noexcept {
  return former_.empty() ? per_s_ : std::min(per_s_, former_.front().per_s);
}

void admission_rate::advance(instant now) {
  latest_ = std::max(latest_, now);
  while (!log_.empty() && log_.front().at + window < latest_) {
    logged_ -= log_.front().people;
    log_.pop_front();
  }
  while (!former_.empty() && former_.front().until < latest_)
    former_.pop_front();
  if (!changed_from_)
    return;
  // The change came without a time; it was not later than now, which is enough to be safe.
  while (!former_.empty() && former_.back().per_s >= *changed_from_)
    former_.pop_back();
  former_.push_back({latest_ + window, *changed_from_});
  changed_from_.reset();
}

bool admission_rate::may_admit(instant now) {
  advance(now);
  auto earliest = resting_ ? fine_instant{latest_} : fine_instant{latest_ - catch_up_max};
  next_slot_ = std::max(next_slot_, earliest);
  resting_ = false;
  return next_slot_ <= latest_ && logged_ < limit();
}

void admission_rate::note_admission(instant now) {
  ensure(std::max(latest_, now) == latest_, "an admission follows its permission");
  if (log_.empty() || log_.back().at != latest_)
    log_.push_back({latest_, 0});
  ++log_.back().people;
  ++logged_;
  // Rounded up, so that a second never has more slots than the rate.
  constexpr std::uint64_t second = std::chrono::nanoseconds{window}.count();
  next_slot_ += std::chrono::nanoseconds{(second + limit() - 1) / limit()};
}

void admission_rate::delay_latest(instant now) {
  latest_ = std::max(latest_, now);
  if (!log_.empty())
    log_.back().at = latest_;
}

void admission_rate::assume_full(instant now) {
  latest_ = std::max(latest_, now);
  log_.push_back({latest_, limit()});
  logged_ += limit();
}

instant admission_rate::next(instant now) const {
  auto at_least = std::max(latest_, now);
  if (changed_from_)
    return at_least; // `may_admit` will take the change in, and then its limit is known
  auto slot = resting_ ? at_least : std::max(at_least, std::chrono::ceil<microseconds>(next_slot_));
  auto result = slot;
  auto logged = logged_;
  for (const auto& x : log_) {
    if (logged < limit())
      break;
    result = std::max(result, x.at + window + step);
    logged -= x.people;
  }
  // The limit may rise before the log has shrunk enough.
  if (!former_.empty())
    result = std::min(result, std::max(slot, former_.front().until + step));
  return result;
}

} // namespace usher::domain
