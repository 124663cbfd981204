#include "domain/ensure.hpp"

#include <string>

namespace usher::domain {

void fail_invariant(const char* sentence, const std::source_location& place) {
  throw broken_invariant(std::string{place.file_name()} + ":" + std::to_string(place.line()) + ": " + sentence);
}

} // namespace usher::domain
