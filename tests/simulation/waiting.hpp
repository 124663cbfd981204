#pragma once

#include "tests/simulation/agenda.hpp"
#include "tests/simulation/fiber.hpp"

#include <functional>
#include <memory>

namespace usher::simulation {

/// Has the present fiber wait for so long, or until somebody runs it before.
inline void wait_in(agenda& when, moment time, const std::function<void(fiber&)>& wake) {
  auto over = std::make_shared<bool>(false);
  when.in(time, [&caller = *fiber::current(), wake, over] {
    if (!*over) // else the fiber may be gone
      wake(caller);
  });
  fiber::wait();
  *over = true;
}

} // namespace usher::simulation
