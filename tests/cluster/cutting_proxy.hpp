#pragma once

#include <atomic>
#include <cstdint>
#include <stop_token>
#include <thread>

namespace usher::tests {

/// Carries one TCP connection after the other to a port of this machine, and stops carrying in one direction when the
/// test says so. A connection that is cut does not end: what is sent waits, as in a network that drops packets.
class cutting_proxy {
public:
  explicit cutting_proxy(std::uint16_t target);
  ~cutting_proxy();
  cutting_proxy(const cutting_proxy&) = delete;
  cutting_proxy& operator=(const cutting_proxy&) = delete;

  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  /// From whoever has connected to the target, or back.
  void cut(bool to_target) { (to_target ? forth_is_cut_ : back_is_cut_) = true; }
  void heal() { forth_is_cut_ = back_is_cut_ = false; }

private:
  void run(const std::stop_token& stop);

  const std::uint16_t target_;
  int listener_;
  std::uint16_t port_ = 0;
  std::atomic<bool> forth_is_cut_{false};
  std::atomic<bool> back_is_cut_{false};
  std::jthread thread_;
};

} // namespace usher::tests
