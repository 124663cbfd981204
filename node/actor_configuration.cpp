#include "node/actor_configuration.hpp"

#include "cluster/link/caf_link.hpp"
#include "messages/type_ids.hpp"
#include "node/configuration.hpp"

#include <caf/init_global_meta_objects.hpp>
#include <caf/io/middleman.hpp>

#include <mutex>
#include <string>

namespace usher::node {

actor_configuration::actor_configuration(const caf::settings& configured, const cluster::link_settings& link) {
  files_ = cluster::prepare(*this, link);
  set("caf.scheduler.max-threads", 1);
  set("caf.scheduler.policy", "sharing");
  take(configured, "");
  // CAF itself would start with these, and then do nothing, or not what was meant.
  if (caf::get_or(content, "caf.scheduler.max-threads", std::size_t{1}) == 0)
    throw bad_configuration{"caf.scheduler.max-threads = 0: must be at least 1"};
  auto policy = caf::get_or(content, "caf.scheduler.policy", std::string{"sharing"});
  if (policy != "sharing" && policy != "stealing")
    throw bad_configuration{"caf.scheduler.policy = " + policy + ": must be sharing or stealing"};
}

void actor_configuration::take(const caf::settings& group, const std::string& prefix) {
  for (auto& [key, value] : group) {
    auto name = prefix + key;
    auto known = custom_options().qualified_name_lookup(name);
    if (!known && caf::holds_alternative<caf::settings>(value)) {
      take(caf::get<caf::settings>(value), name + ".");
      continue;
    }
    if (!known)
      throw bad_configuration{"CAF has no option " + name};
    auto synced = value;
    if (auto error = known->sync(synced))
      throw bad_configuration{name + " = " + to_string(value) + ": must be of type "
                              + std::string{known->type_name().data(), known->type_name().size()}};
    put(content, name, std::move(synced));
  }
}

void register_message_types() {
  static std::once_flag done;
  std::call_once(done, [] {
    caf::init_global_meta_objects<caf::id_block::usher>();
    caf::io::middleman::init_global_meta_objects();
    caf::core::init_global_meta_objects();
  });
}

} // namespace usher::node
