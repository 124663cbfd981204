#pragma once

#include <boost/asio/thread_pool.hpp>

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace usher::gateway {

/// Compresses texts on two threads of its own: what takes more than a millisecond would keep all clients of a session
/// thread waiting. Thread-safe.
class compressor {
public:
  using text = std::shared_ptr<const std::string>;
  /// Takes the compressed form, or nothing if there is no memory for it.
  using on_packed = std::function<void(std::optional<std::string>)>;

  compressor() = default;
  compressor(const compressor&) = delete;
  compressor& operator=(const compressor&) = delete;

  /// The compressed form of a text that many ask for: made once, and kept for as long as anybody has the text. Null
  /// while it is being made; who asks is not kept waiting for it.
  [[nodiscard]] text find(const text& plain);
  /// Compresses a text for one who waits, and calls `then` on a thread of this object's. False when too many wait; then
  /// nothing is called.
  [[nodiscard]] bool compress(text plain, on_packed then);
  /// From now on calls nobody. Waits for what is being compressed.
  void stop();

private:
  std::mutex lock_;
  std::map<std::weak_ptr<const std::string>, text, std::owner_less<>> forms_; ///< null: being made
  std::atomic<int> waiting_ = 0;
  std::atomic<bool> stopped_ = false;
  boost::asio::thread_pool for_many_{1};
  boost::asio::thread_pool for_one_{1}; ///< nobody who waits does so for what others may use later
};

} // namespace usher::gateway
