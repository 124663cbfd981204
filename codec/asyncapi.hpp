#pragma once

#include <string_view>

namespace usher::codec {

/// The AsyncAPI 3.0 document of the WebSocket: `codec/asyncapi.json`, built into the program.
[[nodiscard]] std::string_view asyncapi_document();

} // namespace usher::codec
