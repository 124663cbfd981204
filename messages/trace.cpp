#include "messages/trace.hpp"

#include <array>
#include <cinttypes>
#include <cstdio>

namespace usher::messages {

std::string line_start(trace_id request) {
  if (request == trace_id{})
    return {};
  std::array<char, 24> text{};
  auto length = std::snprintf(text.data(), text.size(), "[%016" PRIx64 "] ", request.value());
  return {text.data(), static_cast<std::size_t>(length)};
}

} // namespace usher::messages
