#pragma once

#include <caf/telemetry/gauge.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace usher::gateway {

/// A text that many connections of one thread send: encoded once. Knows how often it is queued, for it takes memory
/// only once.
struct shared_text {
  explicit shared_text(std::string what) : text(std::move(what)) {}

  const std::string text;
  mutable std::size_t queued = 0; ///< entries of queues that have it
};

using shared_frame = std::shared_ptr<const shared_text>;

[[nodiscard]] inline shared_frame share(std::string text) {
  return std::make_shared<const shared_text>(std::move(text));
}

/// A frame to send: a text of its own, and after it one that others send, too. Either may be missing.
struct outgoing_frame {
  std::string own{};
  shared_frame shared{};

  [[nodiscard]] std::size_t size() const { return own.size() + (shared ? shared->text.size() : 0); }
};

/// How much one thread's connections have still to send, in bytes of memory, and how much that may be. A shared text
/// counts once. Not thread-safe, but the gauge is: it shows the sum over all threads.
class outgoing_budget {
public:
  /// `shown` may be null.
  outgoing_budget(std::size_t bytes_max, caf::telemetry::int_gauge* shown) : bytes_max_(bytes_max), shown_(shown) {}
  outgoing_budget(const outgoing_budget&) = delete;
  outgoing_budget& operator=(const outgoing_budget&) = delete;

  void add(const outgoing_frame& frame);
  void remove(const outgoing_frame& frame);
  /// The same for bytes that are no frame.
  void add(std::size_t bytes);
  void remove(std::size_t bytes);

  /// By how much a frame would add to it now.
  [[nodiscard]] static std::size_t bytes_of(const outgoing_frame& frame);
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }
  [[nodiscard]] bool has_room_for(std::size_t more) const noexcept { return bytes_ + more <= bytes_max_; }
  /// Whether so many bytes could be had if all others gave way.
  [[nodiscard]] bool can_hold(std::size_t bytes) const noexcept { return bytes <= bytes_max_ - bytes_max_ / 8; }
  /// Whether that much more leaves an eighth of it free. Once somebody has to give way, others do, too, until it does:
  /// so this happens seldom.
  [[nodiscard]] bool is_relieved_for(std::size_t more) const noexcept {
    return bytes_ + more <= bytes_max_ - bytes_max_ / 8;
  }

private:
  std::size_t bytes_max_;
  std::size_t bytes_ = 0;
  caf::telemetry::int_gauge* shown_;
};

/// What one connection has still to send: a frame in flight, and those that wait behind it.
class outgoing_queue {
public:
  explicit outgoing_queue(outgoing_budget& budget) : budget_(budget) {}
  ~outgoing_queue();
  outgoing_queue(const outgoing_queue&) = delete;
  outgoing_queue& operator=(const outgoing_queue&) = delete;

  void push(outgoing_frame frame);
  /// Has the next waiting frame in flight; there must be one, and no other may be in flight.
  const outgoing_frame& take_off();
  /// The frame in flight has been written, or never will be.
  void landed();
  /// Forgets all frames that wait.
  void drop_waiting();
  /// The same, and the frame in flight counts no more, though its memory is freed only when it has landed.
  void write_off();

  [[nodiscard]] std::size_t waiting() const noexcept { return waiting_.size() - next_; }
  /// The size of all frames, with the one in flight.
  [[nodiscard]] std::size_t bytes() const { return waiting_bytes_ + (in_flight_ ? in_flight_->size() : 0); }
  /// The size of the frames that wait behind the next one: one large frame alone does not make a long queue.
  [[nodiscard]] std::size_t bytes_behind_next() const;
  /// This queue's part of the thread's budget: of a shared text it has the share that one of its queues has. O(frames).
  [[nodiscard]] std::size_t share_of_budget() const;

private:
  void forget_passed();

  outgoing_budget& budget_;
  std::vector<outgoing_frame> waiting_; ///< those before `next_` are gone
  std::size_t next_ = 0;
  std::optional<outgoing_frame> in_flight_;
  bool written_off_ = false; ///< the frame in flight
  std::size_t waiting_bytes_ = 0;
};

} // namespace usher::gateway
