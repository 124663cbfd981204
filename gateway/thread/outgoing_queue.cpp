#include "gateway/thread/outgoing_queue.hpp"

#include <cstdint>
#include <utility>

namespace usher::gateway {
namespace {

/// An emptied queue keeps room for this many frames; one that was longer gives its memory back.
constexpr std::size_t frames_kept = 64;

/// What a frame takes whether it is shared or not.
std::size_t own_bytes(const outgoing_frame& frame) {
  return sizeof(outgoing_frame) + frame.own.size();
}

} // namespace

std::size_t outgoing_budget::bytes_of(const outgoing_frame& frame) {
  auto is_first = frame.shared && frame.shared->queued == 0;
  return own_bytes(frame) + (is_first ? frame.shared->text.size() : 0);
}

void outgoing_budget::add(const outgoing_frame& frame) {
  add(bytes_of(frame));
  if (frame.shared)
    ++frame.shared->queued;
}

void outgoing_budget::remove(const outgoing_frame& frame) {
  if (frame.shared)
    --frame.shared->queued;
  remove(bytes_of(frame));
}

void outgoing_budget::add(std::size_t bytes) {
  bytes_ += bytes;
  if (shown_)
    shown_->inc(static_cast<std::int64_t>(bytes));
}

void outgoing_budget::remove(std::size_t bytes) {
  bytes_ -= bytes;
  if (shown_)
    shown_->dec(static_cast<std::int64_t>(bytes));
}

outgoing_queue::~outgoing_queue() {
  drop_waiting();
  landed();
}

void outgoing_queue::push(outgoing_frame frame) {
  budget_.add(frame);
  waiting_bytes_ += frame.size();
  waiting_.push_back(std::move(frame));
}

const outgoing_frame& outgoing_queue::take_off() {
  in_flight_ = std::move(waiting_[next_++]);
  waiting_bytes_ -= in_flight_->size();
  if (next_ >= frames_kept || next_ == waiting_.size())
    forget_passed();
  return *in_flight_;
}

void outgoing_queue::landed() {
  if (in_flight_ && !std::exchange(written_off_, false))
    budget_.remove(*in_flight_);
  in_flight_.reset();
}

void outgoing_queue::write_off() {
  drop_waiting();
  if (in_flight_ && !std::exchange(written_off_, true))
    budget_.remove(*in_flight_);
}

void outgoing_queue::drop_waiting() {
  for (auto index = next_; index < waiting_.size(); ++index)
    budget_.remove(waiting_[index]);
  next_ = waiting_.size();
  waiting_bytes_ = 0;
  forget_passed();
}

void outgoing_queue::forget_passed() {
  // Moving those that are left costs no more than the moves of those that have passed did.
  if (next_ < waiting_.size() - next_)
    return;
  waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(next_));
  next_ = 0;
  if (waiting_.empty() && waiting_.capacity() > frames_kept)
    waiting_ = {};
}

std::size_t outgoing_queue::bytes_behind_next() const {
  return waiting() == 0 ? 0 : waiting_bytes_ - waiting_[next_].size();
}

std::size_t outgoing_queue::share_of_budget() const {
  auto share = [](const outgoing_frame& frame) {
    return own_bytes(frame) + (frame.shared ? frame.shared->text.size() / frame.shared->queued : 0);
  };
  std::size_t sum = in_flight_ && !written_off_ ? share(*in_flight_) : 0;
  for (auto index = next_; index < waiting_.size(); ++index)
    sum += share(waiting_[index]);
  return sum;
}

} // namespace usher::gateway
