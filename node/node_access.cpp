#include "node/node_access.hpp"

#include <CLI/CLI.hpp>

#include <stdexcept>

namespace usher::node {

void declare_access(CLI::App& verb, node_access& to) {
  verb.add_option("--admin", to.url, "Where the node, or a proxy before it, serves operators")->capture_default_str();
  verb.add_option("--admin-key", to.key, "What the node knows operators by")->envname("USHER_ADMIN_KEY");
  verb.add_option("--ca", to.authorities,
                  "For https://: a PEM file with the authorities to trust; left out: those of this machine")
      ->type_name("FILE");
}

admin_client client_of(const node_access& to, std::chrono::seconds timeout) {
  if (!to.authorities.empty() && !to.url.starts_with("https://"))
    throw std::invalid_argument{"--ca is for https://, and " + to.url + " is none"};
  return {to.url, to.key, to.authorities, timeout};
}

} // namespace usher::node
