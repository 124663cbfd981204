#pragma once

#include <string>
#include <string_view>

namespace usher::gateway {

/// A QR code of `text` as an SVG image, dark on white with the quiet zone that readers need. Throws
/// `std::length_error` when the text is too long for any QR code.
[[nodiscard]] std::string qr_code_svg(std::string_view text);

} // namespace usher::gateway
