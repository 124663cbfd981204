#include "gateway/http/origins.hpp"

#include <algorithm>

namespace usher::gateway {

bool may_use(std::string_view origin, std::string_view host, std::span<const std::string> allowed) {
  auto names = [origin](const std::string& one) { return one == "*" || one == origin; };
  if (std::any_of(allowed.begin(), allowed.end(), names))
    return true;
  auto scheme = origin.find("://");
  return scheme != std::string_view::npos && !host.empty() && origin.substr(scheme + 3) == host;
}

void share_with(http_reply& reply, const std::string& origin) {
  reply.headers.emplace_back("Access-Control-Allow-Origin", origin);
  reply.headers.emplace_back("Access-Control-Expose-Headers",
                             "ETag, Location, Retry-After, Usher-Request-Id, Usher-Queue, "
                             "Idempotency-Replayed");
  auto varies = std::ranges::find(reply.headers, "Vary", [](const auto& each) { return each.first; });
  if (varies == reply.headers.end())
    reply.headers.emplace_back("Vary", "Origin");
  else
    varies->second += ", Origin";
}

http_reply preflight_answer() {
  http_reply said;
  said.status = 204;
  said.headers.emplace_back("Access-Control-Allow-Methods", "GET, HEAD, POST, DELETE");
  said.headers.emplace_back("Access-Control-Allow-Headers",
                            "Authorization, Content-Type, Idempotency-Key, Usher-Queue, "
                            "Usher-Pass, If-None-Match");
  said.headers.emplace_back("Access-Control-Max-Age", "86400");
  return said;
}

} // namespace usher::gateway
