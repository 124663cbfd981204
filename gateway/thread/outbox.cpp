#include "gateway/thread/outbox.hpp"

#include <utility>

namespace usher::gateway {

outbox::outbox(std::size_t requests_max, clock::duration patience, send_batch send, plan_flush plan)
    : requests_max_(requests_max), patience_(patience), send_(std::move(send)), plan_(std::move(plan)) {}

bool outbox::ask(messages::session_request request, on_answer then, clock::time_point now) {
  if (awaited_ >= requests_max_)
    return false;
  if (free_.empty()) {
    free_.push_back(static_cast<std::uint32_t>(places_.size()));
    places_.emplace_back();
  }
  auto index = free_.back();
  free_.pop_back();
  auto& free = places_[index];
  ++free.round;
  free.until = now + patience_;
  free.then = std::move(then);
  ++awaited_;
  add(std::uint64_t{free.round} << 32 | index, std::move(request));
  return true;
}

void outbox::tell(messages::session_request request) {
  add(0, std::move(request));
}

void outbox::add(std::uint64_t number, messages::session_request&& request) {
  if (collected_.requests.empty())
    plan_();
  collected_.requests.emplace_back(number, std::move(request));
}

void outbox::flush() {
  if (collected_.requests.empty())
    return;
  auto size = collected_.requests.size();
  send_(std::exchange(collected_, {}));
  collected_.requests.reserve(size);
}

void outbox::answered(std::uint64_t number, answer&& what) {
  auto index = static_cast<std::uint32_t>(number);
  if (index < places_.size() && places_[index].then && places_[index].round == number >> 32)
    finish(index, std::move(what));
}

void outbox::sweep(clock::time_point now) {
  for (std::uint32_t index = 0; index < places_.size(); ++index)
    if (places_[index].then && places_[index].until <= now)
      finish(index, lost{});
}

void outbox::forget_all() {
  auto places = std::exchange(places_, {});
  free_.clear();
  awaited_ = 0;
}

void outbox::finish(std::uint32_t index, answer&& what) {
  // The slot is freed before its owner is called, who may ask again at once.
  auto then = std::exchange(places_[index].then, nullptr);
  free_.push_back(index);
  --awaited_;
  then(std::move(what));
}

} // namespace usher::gateway
