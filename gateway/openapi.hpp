#pragma once

#include <string_view>

namespace usher::gateway {

/// The OpenAPI 3.1 document of both HTTP ports: `gateway/openapi.json`, built into the program.
[[nodiscard]] std::string_view openapi_document();

} // namespace usher::gateway
