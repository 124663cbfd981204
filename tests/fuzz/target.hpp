#pragma once

#include <string>
#include <string_view>
#include <vector>

/// What a fuzz program provides: texts to start from, and what to do with each text. It must not throw or crash,
/// whatever the text.
namespace usher::fuzz {

[[nodiscard]] std::vector<std::string> seeds();
void try_out(std::string_view text);

} // namespace usher::fuzz
