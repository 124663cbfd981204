#pragma once

#include <boost/beast/core/flat_buffer.hpp>
#include <caf/telemetry/gauge.hpp>

#include <cstddef>
#include <optional>

namespace usher::gateway {

/// How much memory one thread's connections have for what is still arriving (heads, bodies, frames), and how much that
/// may be. Not thread-safe, but the gauge is: it shows the sum over all threads.
class incoming_budget {
public:
  /// `shown` may be null.
  incoming_budget(std::size_t bytes_max, caf::telemetry::int_gauge* shown) : bytes_max_(bytes_max), shown_(shown) {}
  incoming_budget(const incoming_budget&) = delete;
  incoming_budget& operator=(const incoming_budget&) = delete;

  /// False, and nothing is taken, when there is no room for so many bytes.
  [[nodiscard]] bool take(std::size_t bytes);
  void give_back(std::size_t bytes);
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }

private:
  std::size_t bytes_max_;
  std::size_t bytes_ = 0;
  caf::telemetry::int_gauge* shown_;
};

/// One connection's part of its thread's budget.
class incoming_share {
public:
  /// So much is a connection's own and does not count: while the budget is used up by large requests, ordinary ones are
  /// served all the same, which have a head of less than 4 KiB and a small body.
  static constexpr std::size_t bytes_free = 6144;
  /// What an idle connection keeps at most.
  static constexpr std::size_t bytes_kept = 2048;

  explicit incoming_share(incoming_budget& budget) : budget_(budget) {}
  ~incoming_share() { budget_.give_back(counted(bytes_)); }
  incoming_share(const incoming_share&) = delete;
  incoming_share& operator=(const incoming_share&) = delete;

  /// False, and nothing is added, when there is no room for so many bytes more.
  [[nodiscard]] bool add(std::size_t bytes);
  void remove(std::size_t bytes);
  /// Whether something was not added since the last time somebody asked.
  [[nodiscard]] bool was_refused() noexcept;

private:
  static std::size_t counted(std::size_t bytes) { return bytes > bytes_free ? bytes - bytes_free : 0; }

  incoming_budget& budget_;
  std::size_t bytes_ = 0;
  bool refused_ = false;
};

/// A buffer to read into, as Beast has them, whose memory counts. The share must outlive it.
class incoming_buffer : private boost::beast::flat_buffer {
public:
  using boost::beast::flat_buffer::const_buffers_type;
  using boost::beast::flat_buffer::mutable_buffers_type;

  incoming_buffer(incoming_share& share, std::size_t bytes_max) : basic_flat_buffer(bytes_max), share_(share) {}
  ~incoming_buffer() { share_.remove(capacity()); }
  incoming_buffer(const incoming_buffer&) = delete;
  incoming_buffer& operator=(const incoming_buffer&) = delete;

  using boost::beast::flat_buffer::capacity;
  using boost::beast::flat_buffer::cdata;
  using boost::beast::flat_buffer::commit;
  using boost::beast::flat_buffer::consume;
  using boost::beast::flat_buffer::data;
  using boost::beast::flat_buffer::max_size;
  using boost::beast::flat_buffer::size;

  /// Nothing when the buffer would become larger than it may, or there is no memory for that now.
  [[nodiscard]] std::optional<mutable_buffers_type> try_prepare(std::size_t bytes);
  /// The same for Beast, which takes a `std::length_error` for its own `buffer_overflow`.
  mutable_buffers_type prepare(std::size_t bytes);
  /// Gives memory back that a large request has left behind.
  void shrink();

private:
  incoming_share& share_;
};

} // namespace usher::gateway
