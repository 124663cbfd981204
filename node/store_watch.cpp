#include "node/store_watch.hpp"

#include "log/log.hpp"
#include "persistence/booking_store.hpp"

#include <utility>

namespace usher::node {

store_watch::store_watch(opener open, const caf::actor_clock& clock, listener told, std::chrono::milliseconds every)
    : open_(std::move(open)), clock_(clock), told_(std::move(told)), every_(every),
      thread_([this](const std::stop_token& stop) { watch(stop); }) {}

void store_watch::watch(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    look();
    std::unique_lock lock{mutex_};
    waiting_.wait_for(lock, stop, every_, [] { return false; });
  }
}

void store_watch::look() {
  auto& log = log::of("node");
  try {
    if (!store_)
      store_ = open_();
    told_(actors::store_clock::read(*store_, clock_));
    if (!reachable_.exchange(true))
      log.info("the store is back");
  } catch (const std::runtime_error& error) {
    store_.reset();
    if (reachable_.exchange(false))
      log.warn("the store is out of reach: {}", error.what());
  }
}

} // namespace usher::node
