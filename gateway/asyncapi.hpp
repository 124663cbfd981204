#pragma once

#include <string_view>

namespace usher::gateway {

/// The AsyncAPI 3.0 document of the WebSocket: `gateway/asyncapi.json`, put into the program by the build.
[[nodiscard]] std::string_view asyncapi_document();

} // namespace usher::gateway
