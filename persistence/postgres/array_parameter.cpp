#include "persistence/postgres/array_parameter.hpp"

namespace usher::persistence::postgres {
namespace {

// Dimensions, a flag for nulls, the element's type; and, unless the array is empty, a length and a first index.
constexpr std::size_t empty_header = 12;
constexpr std::size_t header = 20;

std::size_t width_of(array_parameter::type element) {
  switch (element) {
    case array_parameter::type::boolean:
      return 1;
    case array_parameter::type::int4:
      return 4;
    default:
      return 8;
  }
}

} // namespace

array_parameter::array_parameter(type element) : element_(element), width_(width_of(element)) {
  clear();
}

void array_parameter::clear() {
  size_ = 0;
  bytes_.assign(header, 0);
}

void array_parameter::add(std::int64_t number) {
  put(width_, 4);
  put(static_cast<std::uint64_t>(number), width_);
  ++size_;
}

void array_parameter::add(std::string_view bytes) {
  put(bytes.size(), 4);
  bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
  ++size_;
}

std::string_view array_parameter::bytes() {
  auto write = [this](std::size_t place, std::uint32_t number) {
    for (unsigned i = 0; i < 4; ++i)
      bytes_[place + i] = static_cast<char>(number >> (24 - 8 * i));
  };
  write(0, size_ == 0 ? 0 : 1);
  write(4, 0);
  write(8, static_cast<std::uint32_t>(element_));
  write(12, static_cast<std::uint32_t>(size_));
  write(16, 1);
  return {bytes_.data(), size_ == 0 ? empty_header : bytes_.size()};
}

void array_parameter::put(std::uint64_t number, std::size_t width) {
  for (auto left = width; left > 0; --left)
    bytes_.push_back(static_cast<char>(number >> (8 * (left - 1))));
}

} // namespace usher::persistence::postgres
