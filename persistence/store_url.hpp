#pragma once

#include <string>

namespace usher::persistence {

/// `message` with every password of `url` blotted out, as written and percent-decoded: drivers quote
/// pieces of a malformed url in their errors.
[[nodiscard]] std::string without_passwords_of(const std::string& url, std::string message);

} // namespace usher::persistence
