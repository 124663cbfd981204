#include "gateway/http/request_head.hpp"

#include "gateway/http/compression.hpp"

#include <boost/beast/core/string.hpp>
#include <boost/beast/http/field.hpp>
#include <boost/beast/http/verb.hpp>

#include <string>

namespace usher::gateway {
namespace {

namespace beast = boost::beast;
namespace http = boost::beast::http;

template <class Name>
std::string joined(const request_head& head, Name name) {
  std::string all;
  auto [from, to] = head.equal_range(name);
  for (auto one = from; one != to; ++one) {
    all += all.empty() ? "" : ",";
    all += view(one->value());
  }
  return all;
}

} // namespace

bool names_one_host(const request_head& head) {
  auto hosts = head.count(http::field::host);
  return hosts == 1 || (hosts == 0 && head.version() < 11);
}

bool is_framed_plainly(const request_head& head) {
  auto codings = head.count(http::field::transfer_encoding);
  if (codings == 0)
    return true;
  return codings == 1 && head.version() >= 11 && head.count(http::field::content_length) == 0
         && beast::iequals(head[http::field::transfer_encoding], "chunked");
}

said_by_proxies read_proxies(const request_head& head) {
  return {joined(head, "X-Forwarded-For"), joined(head, http::field::forwarded)};
}

bool is_forwarded(const request_head& head) {
  return head.count("X-Forwarded-For") > 0 || head.count(http::field::forwarded) > 0 || head.count(http::field::via) > 0
         || head.count("X-Real-IP") > 0;
}

std::string_view path_of(const request_head& head) {
  auto target = view(head.target());
  // Requests to proxies have the whole URL, and proxies may pass it on (RFC 9112, 3.2.2).
  for (std::string_view scheme : {"http://", "https://"})
    if (target.starts_with(scheme)) {
      auto path = target.find('/', scheme.size());
      target = path == std::string_view::npos ? "/" : target.substr(path);
    }
  return target.substr(0, target.find('?'));
}

std::string_view query_of(const request_head& head) {
  auto target = view(head.target());
  auto mark = target.find('?');
  return mark == std::string_view::npos ? std::string_view{} : target.substr(mark + 1);
}

http_request read_request(const request_head& head) {
  http_request request;
  request.method = head.method() == http::verb::head ? std::string{"GET"} : std::string{view(head.method_string())};
  request.path = path_of(head);
  request.query = query_of(head);
  request.content_type = view(head[http::field::content_type]);
  request.authorization = view(head[http::field::authorization]);
  request.idempotency_key = view(head["Idempotency-Key"]);
  request.queue_token = view(head["Usher-Queue"]);
  request.pass = view(head["Usher-Pass"]);
  request.if_none_match = view(head[http::field::if_none_match]);
  request.takes_gzip = accepts_gzip(joined(head, http::field::accept_encoding));
  return request;
}

} // namespace usher::gateway
