#pragma once

#include <string_view>

namespace usher::gateway {

/// The AsyncAPI 3.0 document of the WebSocket: `gateway/asyncapi.json`, built into the program.
[[nodiscard]] std::string_view asyncapi_document();

} // namespace usher::gateway
