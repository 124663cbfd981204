#include "domain/ensure.hpp"

#include <string>

namespace usher::domain {

void fail_invariant(const char* sentence, const char* file, int line) {
  throw broken_invariant(std::string{file} + ":" + std::to_string(line) + ": " + sentence);
}

} // namespace usher::domain
