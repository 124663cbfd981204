#include "gateway/http/tickets_svg.hpp"

#include <fmt/format.h>
#include <qrencode.h>

#include <iterator>
#include <memory>
#include <stdexcept>

namespace usher::gateway {
namespace {

constexpr int quiet_zone = 4;

struct free_code {
  void operator()(QRcode* code) const { QRcode_free(code); }
};

} // namespace

std::string qr_code_svg(std::string_view text) {
  std::unique_ptr<QRcode, free_code> code{QRcode_encodeString8bit(std::string{text}.c_str(), 0, QR_ECLEVEL_M)};
  if (!code)
    throw std::length_error{"this text fits into no QR code"};
  auto size = code->width + 2 * quiet_zone;
  auto svg =
      fmt::format(R"(<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {0} {0}" shape-rendering="crispEdges">)"
                  R"(<rect width="{0}" height="{0}" fill="#fff"/><path fill="#000" d=")",
                  size);
  // Each run of dark modules is one rectangle of the path.
  for (int row = 0; row < code->width; ++row) {
    const auto* modules = code->data + row * code->width;
    for (int column = 0; column < code->width;) {
      auto end = column;
      while (end < code->width && (modules[end] & 1) != 0)
        ++end;
      if (end > column)
        fmt::format_to(std::back_inserter(svg), "M{} {}h{}v1h-{}z", column + quiet_zone, row + quiet_zone, end - column,
                       end - column);
      column = end + 1;
    }
  }
  return svg + R"("/></svg>)";
}

} // namespace usher::gateway
