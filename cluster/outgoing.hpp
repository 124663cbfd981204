#pragma once

#include "cluster/wire/frames.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>

namespace usher::cluster {

struct outgoing_limits {
  std::size_t waiting_bytes_max = 16u << 20; ///< of items that were not sent yet
  std::size_t waiting_items_max = 65'536;
  std::size_t window = 4u << 20;        ///< sent, and not consumed by the other end
  std::size_t frame_bytes = 256u << 10; ///< a frame is written when it has so many
};

/// What is on its way to another node in one session: items in order, as many at a time as the other end consumes.
///
/// The same news for several gateways of a node are one item, and of some news only the newest matters.
class outgoing {
public:
  explicit outgoing(outgoing_limits limits = {}) : limits_(limits) {}

  /// False when there is no room: too much waits already.
  [[nodiscard]] bool push(const wire::item& what);
  /// News for one gateway; told together with the news before if those are the same.
  [[nodiscard]] bool push_news(std::uint32_t gateway, wire::encoded what);
  /// News that replace older ones of the same name that were not sent yet.
  [[nodiscard]] bool push_newest(const std::string& name, std::uint32_t gateway, wire::encoded what);

  /// The other end has consumed so many bytes of frames in all. False when that cannot be.
  [[nodiscard]] bool consumed(std::uint64_t bytes);
  /// The next frame, if there is something to say and the window is open; `own_consumed` is what this end has consumed
  /// of what the other one sent. With `must_speak` there is a frame even if it has no items.
  [[nodiscard]] std::optional<std::string> next_frame(std::uint64_t own_consumed, bool must_speak);

  [[nodiscard]] std::size_t waiting_bytes() const noexcept { return bytes_; }
  [[nodiscard]] std::size_t waiting_items() const noexcept { return items_.size(); }

private:
  [[nodiscard]] bool is_full() const noexcept {
    return bytes_ >= limits_.waiting_bytes_max || items_.size() >= limits_.waiting_items_max;
  }
  [[nodiscard]] bool is_open() const noexcept { return sent_ - consumed_ < limits_.window; }
  void keep(std::string item);
  void settle_news();

  outgoing_limits limits_;
  std::deque<std::string> items_;
  std::size_t bytes_ = 0;                    ///< in them
  std::optional<wire::news> news_;           ///< the last item, which may get further gateways
  std::map<std::string, wire::news> newest_; ///< by name
  std::uint64_t sent_ = 0;                   ///< bytes of frames
  std::uint64_t consumed_ = 0;               ///< of them, by the other end
};

} // namespace usher::cluster
