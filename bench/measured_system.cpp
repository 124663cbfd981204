#include "bench/measured_system.hpp"

#include "messages/type_ids.hpp"

#include <caf/init_global_meta_objects.hpp>

namespace usher::bench {

measured_system::measured_system() : system_(prepare(configuration_)) {}

caf::actor_system_config& measured_system::prepare(caf::actor_system_config& configuration) {
  caf::init_global_meta_objects<caf::id_block::usher>();
  caf::core::init_global_meta_objects();
  return configuration.set("caf.scheduler.max-threads", 1).set("caf.scheduler.policy", "sharing");
}

} // namespace usher::bench
