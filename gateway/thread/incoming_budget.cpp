#include "gateway/thread/incoming_budget.hpp"

#include <algorithm>
#include <cstdint>
#include <stdexcept>
#include <utility>

namespace usher::gateway {

bool incoming_budget::take(std::size_t bytes) {
  if (bytes > bytes_max_ - bytes_)
    return false;
  bytes_ += bytes;
  if (shown_ && bytes > 0)
    shown_->inc(static_cast<std::int64_t>(bytes));
  return true;
}

void incoming_budget::give_back(std::size_t bytes) {
  bytes_ -= bytes;
  if (shown_ && bytes > 0)
    shown_->dec(static_cast<std::int64_t>(bytes));
}

bool incoming_share::add(std::size_t bytes) {
  if (!budget_.take(counted(bytes_ + bytes) - counted(bytes_))) {
    refused_ = true;
    return false;
  }
  bytes_ += bytes;
  return true;
}

void incoming_share::remove(std::size_t bytes) {
  budget_.give_back(counted(bytes_) - counted(bytes_ - bytes));
  bytes_ -= bytes;
}

bool incoming_share::was_refused() noexcept {
  return std::exchange(refused_, false);
}

std::optional<incoming_buffer::mutable_buffers_type> incoming_buffer::try_prepare(std::size_t bytes) {
  auto needed = size() + bytes;
  if (bytes > max_size() || needed > max_size())
    return std::nullopt;
  // As the buffer itself decides.
  if (needed > capacity() && !share_.add(std::min(max_size(), std::max(2 * size(), needed)) - capacity()))
    return std::nullopt;
  return basic_flat_buffer::prepare(bytes);
}

incoming_buffer::mutable_buffers_type incoming_buffer::prepare(std::size_t bytes) {
  auto room = try_prepare(bytes);
  if (!room)
    throw std::length_error{"there is no room to read into"};
  return *room;
}

void incoming_buffer::shrink() {
  auto before = capacity();
  if (before <= incoming_share::bytes_kept)
    return;
  shrink_to_fit();
  share_.remove(before - capacity());
}

} // namespace usher::gateway
