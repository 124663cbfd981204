#include "gateway/proxy_warning.hpp"

#include "log/log.hpp"

namespace usher::gateway {

void proxy_warning::give() {
  if (!given_.exchange(true))
    log::of("gateway").warn(
        "requests come from this machine with the headers of a proxy, and http.trusted-proxies does "
        "not list it: all clients behind it share the limits of one address");
}

} // namespace usher::gateway
