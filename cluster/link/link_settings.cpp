#include "cluster/link/link_settings.hpp"

#include "cluster/link/link_address.hpp"

namespace usher::cluster {

std::optional<std::string> objection_to(const link_settings& settings) {
  const auto& tls = settings.tls;
  if (tls.certificate.empty() != tls.key.empty() || tls.certificate.empty() != tls.authorities.empty())
    return "cluster.tls.certificate, cluster.tls.key and cluster.tls.authorities: set all three, or none";
  if (settings.listen.empty())
    return std::nullopt;
  auto place = parse_link_address(settings.listen);
  if (!place)
    return "cluster.listen = " + settings.listen + ": must be HOST:PORT, or [HOST]:PORT for IPv6";
  if (!tls.is_used() && !settings.insecure && !is_loopback(*place))
    return "cluster.listen = " + settings.listen
           + ": whoever reaches it can do what a node can. So it must be a loopback address, or have cluster.tls.*, or "
             "cluster.insecure = true where nobody else can reach it";
  return std::nullopt;
}

} // namespace usher::cluster
