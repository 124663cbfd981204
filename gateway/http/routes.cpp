#include "gateway/http/routes.hpp"

#include "codec/tokens.hpp"

#include <boost/url/pct_string_view.hpp>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

namespace usher::gateway {
namespace {

/// Decodes percent escapes; nothing if one is broken.
std::optional<std::string> unescape(std::string_view text) {
  auto escaped = boost::urls::make_pct_string_view(boost::core::string_view{text.data(), text.size()});
  if (!escaped)
    return std::nullopt;
  return escaped->decode();
}

/// Cuts off the part before the next `/`.
std::string_view next_part(std::string_view& rest) {
  auto end = std::min(rest.find('/'), rest.size());
  auto part = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return part;
}

/// Splits `{ticket}.svg` into the name and what must follow it.
bool match_part(std::string_view pattern, std::string_view part, std::vector<std::string>& values) {
  if (!pattern.starts_with('{'))
    return pattern == part;
  auto after = pattern.substr(pattern.find('}') + 1);
  if (part.size() <= after.size() || !part.ends_with(after))
    return false;
  auto value = unescape(part.substr(0, part.size() - after.size()));
  if (value)
    values.push_back(std::move(*value));
  return value.has_value();
}

std::optional<std::vector<std::string>> match(std::string_view pattern, std::string_view path) {
  if (std::count(pattern.begin(), pattern.end(), '/') != std::count(path.begin(), path.end(), '/'))
    return std::nullopt;
  std::vector<std::string> values;
  while (!pattern.empty() || !path.empty())
    if (!match_part(next_part(pattern), next_part(path), values))
      return std::nullopt;
  return values;
}

std::vector<route> all_routes() {
  std::vector<route> all;
  for (auto group :
       {event_routes(), buyer_routes(), node_routes(), operator_routes(), order_routes(), cluster_routes()})
    all.insert(all.end(), group.begin(), group.end());
  return all;
}

bool takes_json(const http_request& request) {
  std::string type{request.content_type.substr(0, request.content_type.find(';'))};
  type.erase(type.find_last_not_of(" \t") + 1);
  // The names of types are the same in large and small letters (RFC 9110, 8.3.1).
  std::transform(type.begin(), type.end(), type.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? char(c | 0x20) : c; });
  return request.body.empty() || type.empty() || type == "application/json" || type.ends_with("+json");
}

} // namespace

std::span<const route> routes() {
  static const auto all = all_routes();
  return all;
}

void dispatch(const exchange_ptr& exchange, http_port port, const call_services& services) {
  const auto& request = exchange->request();
  std::string allowed;
  for (const auto& one : routes()) {
    if (one.port != port)
      continue;
    auto values = match(one.path, request.path);
    if (!values)
      continue;
    if (one.method != request.method) {
      allowed += allowed.empty() ? "" : ", ";
      allowed += one.method;
      if (one.method == "GET")
        allowed += ", HEAD";
      continue;
    }
    if (!takes_json(request))
      return exchange->refuse_plainly(415, "Unsupported Media Type", "The body must be application/json.");
    exchange->set_parameters(std::move(*values));
    return one.serve(exchange, services);
  }
  if (allowed.empty())
    return exchange->refuse(domain::rejection::not_found, "There is nothing at this address.");
  auto said = plain_problem(405, "Method Not Allowed", "Allowed here: " + allowed + ".");
  said.headers.emplace_back("Allow", std::move(allowed));
  exchange->refuse_plainly(std::move(said));
}

bool is_probe(std::string_view path) {
  return path == "/healthz" || path == "/readyz";
}

bool needs_key(const options& configured, std::string_view path) {
  return !configured.admin_key.empty() && !is_probe(path) && (path != "/metrics" || configured.metrics_need_key);
}

bool is_key(const options& configured, std::string_view authorization) {
  auto key = bearer_token(authorization);
  return key && codec::same_secret(*key, configured.admin_key);
}

} // namespace usher::gateway
