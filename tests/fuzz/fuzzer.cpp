#include "tests/fuzz/target.hpp"

#include <cstddef>
#include <cstdint>

/// libFuzzer's entry point.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  usher::fuzz::try_out({reinterpret_cast<const char*>(bytes), size});
  return 0;
}
