#pragma once

#include <ucontext.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

namespace usher::simulation {

/// Work that may stop in the middle, as a thread does that waits for the store, while everything else goes on.
///
/// So the journal writer and the keeper run as they are shipped: their blocking calls block, in virtual time, and their
/// mailboxes fill meanwhile. One thread runs all fibers, in turn.
class fiber {
public:
  explicit fiber(std::function<void()> work);
  ~fiber();
  fiber(const fiber&) = delete;
  fiber& operator=(const fiber&) = delete;

  /// Runs until the work waits or is done.
  void run();
  [[nodiscard]] bool done() const noexcept { return done_; }

  /// The fiber that runs now; null outside of all.
  [[nodiscard]] static fiber* current() noexcept;
  /// Goes back to whoever called `run`, until `run` is called again. Only within a fiber.
  static void wait();

private:
  /// What the C++ runtime knows of the exceptions that are under way; one for each stack.
  struct exceptions {
    void* caught = nullptr;
    unsigned uncaught = 0;
  };

  static void begin();
  void leave_to(ucontext_t& from, ucontext_t& to, exceptions& mine, exceptions& theirs);

  std::function<void()> work_;
  void* stack_;
  ucontext_t inside_{};
  ucontext_t outside_{};
  exceptions exceptions_inside_;
  exceptions exceptions_outside_;
  bool done_ = false;
  // Of whoever runs it; for the address sanitizer.
  const void* caller_stack_ = nullptr;
  std::size_t caller_bytes_ = 0;
};

} // namespace usher::simulation
