#pragma once

#include "codec/random.hpp"
#include "messages/trace.hpp"

#include <cstdint>

namespace usher::gateway {

/// Draws ids for the requests of one thread, each for all log lines about one request. From two of them nobody learns
/// how many requests came between.
class trace_ids {
public:
  [[nodiscard]] messages::trace_id draw();

private:
  std::uint64_t next_ = codec::random_number();
  std::uint64_t key_ = codec::random_number();
};

} // namespace usher::gateway
