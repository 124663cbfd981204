#pragma once

#include <string_view>

namespace usher::codec {

/// The text of the last member `name` of an object, exactly as it stands in `json`; empty when there is none. `json`
/// must be a well-formed JSON object: parse it first.
[[nodiscard]] std::string_view member_text(std::string_view json, std::string_view name);

} // namespace usher::codec
