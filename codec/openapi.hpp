#pragma once

#include <string_view>

namespace usher::codec {

/// The OpenAPI 3.1 document of both HTTP ports: `codec/openapi.json`, built into the program.
[[nodiscard]] std::string_view openapi_document();

} // namespace usher::codec
