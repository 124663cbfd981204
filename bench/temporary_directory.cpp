#include "bench/temporary_directory.hpp"

#include "log/log.hpp"

#include <cerrno>
#include <cstdlib>
#include <string>
#include <system_error>

namespace usher::bench {

temporary_directory::temporary_directory() {
  auto pattern = (std::filesystem::temp_directory_path() / "usher-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr)
    throw std::system_error(errno, std::generic_category(), "cannot make a temporary directory");
  path_ = pattern;
}

temporary_directory::~temporary_directory() {
  std::error_code failed;
  std::filesystem::remove_all(path_, failed);
  if (failed)
    log::of("bench").warn("cannot remove {}: {}", path_.string(), failed.message());
}

} // namespace usher::bench
