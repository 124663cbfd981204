#include "domain/free_places.hpp"

namespace usher::domain {

free_places::free_places(std::uint32_t capacity)
    : end_(capacity), size_(capacity), next_(std::size_t{capacity} + 1), previous_(std::size_t{capacity} + 1) {
  for (std::uint32_t place = 0; place < capacity; ++place) {
    next_[place] = place + 1;
    previous_[place + 1] = place;
  }
  next_[end_] = 0;
  previous_[0] = end_;
}

free_places::free_places(std::span<const seat_no> places, std::uint32_t end)
    : end_(end), size_(static_cast<std::uint32_t>(places.size())), next_(std::size_t{end} + 1),
      previous_(std::size_t{end} + 1) {
  auto last = end_;
  for (auto place : places) {
    next_[last] = place.value();
    previous_[place.value()] = last;
    last = place.value();
  }
  next_[last] = end_;
  previous_[end_] = last;
}

void free_places::take(seat_no place) {
  auto before = previous_[place.value()];
  auto after = next_[place.value()];
  next_[before] = after;
  previous_[after] = before;
  --size_;
}

void free_places::put_back(seat_no place) {
  auto last = previous_[end_];
  next_[last] = place.value();
  previous_[place.value()] = last;
  next_[place.value()] = end_;
  previous_[end_] = place.value();
  ++size_;
}

} // namespace usher::domain
