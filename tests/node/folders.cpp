// Alone in its file: what knows an absolute path is compiled anew in every clone.
#include "tests/node/folders.hpp"

namespace usher::tests {

std::string program_file() {
  return USHER_PROGRAM;
}

std::string source_folder() {
  return USHER_SOURCE_FOLDER;
}

} // namespace usher::tests
