#pragma once

#include "gateway/http/call_services.hpp"
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
  void (*serve)(const exchange_ptr&, const call_services&) = nullptr;
};

/// Makes a route's `serve` of a call that needs nothing but its exchange.
template <void (*Call)(const exchange_ptr&)>
void serve(const exchange_ptr& exchange, const call_services&) {
  Call(exchange);
}

/// Makes a route's `serve` of a call that needs one part of the services, too.
template <auto Part, auto Call>
void serve_with(const exchange_ptr& exchange, const call_services& services) {
  Call(exchange, services.*Part);
}

[[nodiscard]] std::span<const route> routes();

/// Serves a request by its route, or answers 404 or 405.
void dispatch(const exchange_ptr& exchange, http_port port, const call_services& services);

/// Whether a path only asks if the node lives and serves. Everybody may, however busy it is, and on both ports.
[[nodiscard]] bool is_probe(std::string_view path);

/// Whether a request of an operator for this path must show the key.
[[nodiscard]] bool needs_key(const options& configured, std::string_view path);
/// Whether it does show it.
[[nodiscard]] bool is_key(const options& configured, std::string_view authorization);

// ---- the calls, by what they are about ----

[[nodiscard]] std::span<const route> cluster_routes();
[[nodiscard]] std::span<const route> event_routes();
[[nodiscard]] std::span<const route> buyer_routes();
[[nodiscard]] std::span<const route> node_routes();
[[nodiscard]] std::span<const route> operator_routes();
[[nodiscard]] std::span<const route> order_routes();

} // namespace usher::gateway
