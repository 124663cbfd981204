#pragma once

#include <chrono>
#include <initializer_list>

namespace usher::bench {

/// A file descriptor of the operating system, closed at the end.
class descriptor {
public:
  /// Takes over what a system call returned. Throws `std::system_error` with `what` if that is an error.
  descriptor(int opened, const char* what);
  ~descriptor();
  descriptor(const descriptor&) = delete;
  descriptor& operator=(const descriptor&) = delete;

  [[nodiscard]] int number() const noexcept { return number_; }

private:
  int number_;
};

/// Waits until one of them is readable; false if none is in time.
[[nodiscard]] bool await_input(std::initializer_list<const descriptor*> any,
                               std::chrono::steady_clock::time_point until);

} // namespace usher::bench
