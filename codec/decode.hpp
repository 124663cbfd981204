#pragma once

#include "codec/frames.hpp"

#include <boost/json/parser.hpp>

#include <array>
#include <memory>
#include <string_view>

namespace usher::codec {

/// The bounds of what a client may send. A frame's size is bounded where it is read from the socket.
struct decode_limits {
  std::size_t seats = 1000;       ///< in one wish; no event allows a buyer more
  std::size_t id_bytes = 128;     ///< of a frame's `id`
  std::size_t key_bytes = 128;    ///< of an idempotency key
  std::size_t name_bytes = 256;   ///< of a guid, section, category or payment method
  std::size_t token_bytes = 4096; ///< of any token
  std::size_t places = 64;        ///< in one `hello`
  std::size_t watches = 1000;     ///< sections in one `hello`
  std::size_t depth = 8;          ///< of nested objects and arrays
};

/// Reads the frames of clients. Keeps its memory from one frame to the next, so use one per thread, not one per
/// connection. Never throws on any text.
class frame_decoder {
public:
  explicit frame_decoder(decode_limits limits = {});

  [[nodiscard]] frames::received decode(std::string_view text);

private:
  using memory = std::array<unsigned char, 16384>;

  decode_limits limits_;
  std::unique_ptr<memory> memory_; ///< most frames need no other
  boost::json::parser parser_;
};

} // namespace usher::codec
