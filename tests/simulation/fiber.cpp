#include "tests/simulation/fiber.hpp"

#include <cxxabi.h>
#include <sys/mman.h>

#include <cstring>
#include <new>
#include <utility>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/common_interface_defs.h>
#endif

namespace usher::simulation {
namespace {

constexpr std::size_t stack_bytes = std::size_t{1} << 20;

thread_local fiber* running = nullptr;

/// Stacks that this thread does not use, since asking the system for one costs more than most fibers' work.
std::vector<void*>& spare_stacks() {
  thread_local std::vector<void*> spare;
  return spare;
}

void* take_stack() {
  auto& spare = spare_stacks();
  if (!spare.empty()) {
    auto* stack = spare.back();
    spare.pop_back();
    return stack;
  }
  auto* stack =
      ::mmap(nullptr, stack_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (stack == MAP_FAILED)
    throw std::bad_alloc{};
  ::mprotect(stack, 4096, PROT_NONE); // it grows downwards, and must not grow into its neighbour
  return stack;
}

} // namespace

fiber::fiber(std::function<void()> work) : work_(std::move(work)), stack_(take_stack()) {
  ::getcontext(&inside_);
  inside_.uc_stack.ss_sp = stack_;
  inside_.uc_stack.ss_size = stack_bytes;
  inside_.uc_link = nullptr;
  ::makecontext(&inside_, &fiber::begin, 0);
}

fiber::~fiber() {
  spare_stacks().push_back(stack_);
}

fiber* fiber::current() noexcept {
  return running;
}

void fiber::begin() {
  auto& self = *running;
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_finish_switch_fiber(nullptr, &self.caller_stack_, &self.caller_bytes_);
#endif
  self.work_();
  self.work_ = nullptr;
  self.done_ = true;
  wait();
}

void fiber::run() {
  auto* before = std::exchange(running, this);
#if defined(__SANITIZE_ADDRESS__)
  void* fake = nullptr;
  __sanitizer_start_switch_fiber(&fake, stack_, stack_bytes);
#endif
  leave_to(outside_, inside_, exceptions_outside_, exceptions_inside_);
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_finish_switch_fiber(fake, nullptr, nullptr);
#endif
  running = before;
}

void fiber::wait() {
  auto& self = *running;
#if defined(__SANITIZE_ADDRESS__)
  void* fake = nullptr;
  __sanitizer_start_switch_fiber(self.done_ ? nullptr : &fake, self.caller_stack_, self.caller_bytes_);
#endif
  self.leave_to(self.inside_, self.outside_, self.exceptions_inside_, self.exceptions_outside_);
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_finish_switch_fiber(fake, &self.caller_stack_, &self.caller_bytes_);
#endif
}

void fiber::leave_to(ucontext_t& from, ucontext_t& to, exceptions& mine, exceptions& theirs) {
  auto* globals = abi::__cxa_get_globals();
  std::memcpy(static_cast<void*>(&mine), globals, sizeof mine);
  std::memcpy(globals, &theirs, sizeof theirs);
  ::swapcontext(&from, &to);
}

} // namespace usher::simulation
