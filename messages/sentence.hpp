#pragma once

#include <caf/fwd.hpp>

#include <string>

namespace usher::messages {

/// What an error reply says to people: a refusal's own sentence, with its detail, instead of how it is stored.
[[nodiscard]] std::string to_sentence(const caf::error& error);

} // namespace usher::messages
