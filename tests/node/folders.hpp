#pragma once

#include <string>

namespace usher::tests {

/// The program under test.
std::string program_file();

/// The folder of the sources, as an absolute path.
std::string source_folder();

} // namespace usher::tests
