#pragma once

#include "gateway/http/http_exchange.hpp"

#include <boost/beast/core/string_type.hpp>
#include <boost/beast/http/fields.hpp>
#include <boost/beast/http/message.hpp>

#include <string_view>

/// What the head of a request says, and which heads are refused because a proxy might read them differently.
namespace usher::gateway {

using request_head = boost::beast::http::request_header<>;

/// A text of Beast's, not copied.
[[nodiscard]] inline std::string_view view(boost::beast::string_view text) {
  return {text.data(), text.size()};
}

/// A request must name exactly one host (RFC 9112, 3.2).
[[nodiscard]] bool names_one_host(const request_head& head);
/// Every framing of a body but these two is refused: what a proxy in front reads differently would shift requests and
/// answers on a shared connection (RFC 9112, 6.1 and 6.3).
[[nodiscard]] bool is_framed_plainly(const request_head& head);
/// What proxies have added about who sent the request.
[[nodiscard]] said_by_proxies read_proxies(const request_head& head);
/// Whether somebody has passed the request on who says so.
[[nodiscard]] bool is_forwarded(const request_head& head);

[[nodiscard]] std::string_view path_of(const request_head& head);
[[nodiscard]] std::string_view query_of(const request_head& head);

/// The request as far as its head tells, without the client.
[[nodiscard]] http_request read_request(const request_head& head);

} // namespace usher::gateway
