#pragma once

#include "gateway/http/http_exchange.hpp"
#include "gateway/options.hpp"

#include <cstdint>
#include <span>
#include <string_view>

namespace usher::gateway {

enum class http_port : std::uint8_t { buyers, operators };

/// One call: the server dispatches from this table, and a test compares it with the OpenAPI document.
struct route {
  http_port port = http_port::buyers;
  std::string_view method;
  std::string_view path; ///< with `{name}` for a part that varies
  void (*serve)(const exchange_ptr&) = nullptr;
};

[[nodiscard]] std::span<const route> routes();

/// Serves a request by its route, or answers 404 or 405.
void dispatch(const exchange_ptr& exchange, http_port port);

/// Whether a path only asks if the node lives and serves. Everybody may, however busy it is, and on both ports.
[[nodiscard]] bool is_probe(std::string_view path);

/// Whether a request of an operator for this path must show the key.
[[nodiscard]] bool needs_key(const options& configured, std::string_view path);
/// Whether it does show it.
[[nodiscard]] bool is_key(const options& configured, std::string_view authorization);

// ---- the calls, by what they are about ----

[[nodiscard]] std::span<const route> event_routes();
[[nodiscard]] std::span<const route> buyer_routes();
[[nodiscard]] std::span<const route> node_routes();
[[nodiscard]] std::span<const route> operator_routes();

} // namespace usher::gateway
