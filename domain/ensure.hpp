#pragma once

#include <stdexcept>

namespace usher::domain {

/// A programmer's error: an invariant does not hold. Stops the shard it is thrown in.
class broken_invariant : public std::logic_error {
public:
  using std::logic_error::logic_error;
};

/// Throws `broken_invariant` with `sentence` and the place. For the slow path of `ensure`.
[[noreturn]] void fail_invariant(const char* sentence, const char* file, int line);

/// Asserts an invariant, in release builds too.
inline void ensure(bool holds, const char* sentence, const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
  if (!holds) [[unlikely]]
    fail_invariant(sentence, file, line);
}

} // namespace usher::domain
