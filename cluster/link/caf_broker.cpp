#include "cluster/link/caf_broker.hpp"

#include <caf/abstract_actor.hpp>
#include <caf/actor_cast.hpp>
#include <caf/io/basp_broker.hpp>
#include <caf/io/middleman.hpp>

#include <utility>

#include <sys/socket.h>

namespace usher::cluster {
namespace {

/// Does `work` with the broker on its own thread: CAF does the same where its proxies end.
template <class Work>
void on_its_thread(const caf::actor& broker, Work work) {
  broker->home_system().middleman().backend().post([broker, work = std::move(work)] {
    auto& it = static_cast<caf::io::basp_broker&>(*caf::actor_cast<caf::abstract_actor*>(broker));
    if (!it.getf(caf::abstract_actor::is_terminated_flag))
      work(it);
  });
}

/// The broker then finds the connection closed, and cleans up. Its own way to close one would first send what is in its
/// buffer, for minutes if nobody reads it. A handle is its socket's number.
void shut(std::int64_t handle) {
  ::shutdown(static_cast<int>(handle), SHUT_RDWR);
}

broker_connection seen(caf::io::basp_broker& broker, caf::io::connection_handle handle,
                       const std::set<caf::node_id>& known) {
  auto node = broker.instance.tbl().lookup_direct(handle);
  return {{handle.id(), broker.remote_port(handle), known.contains(node)}, broker.remote_addr(handle)};
}

} // namespace

void break_connection(const caf::actor& broker, const caf::node_id& with) {
  on_its_thread(broker, [with](caf::io::basp_broker& it) {
    auto handle = it.instance.tbl().lookup_direct(with);
    if (handle && it.valid(*handle)) // else its socket is closed already, and may be another one by now
      shut(handle->id());
  });
}

void break_connections(const caf::actor& broker, std::set<caf::node_id> known, connection_choice choose) {
  on_its_thread(broker, [known = std::move(known), choose = std::move(choose)](caf::io::basp_broker& it) {
    std::vector<broker_connection> all;
    for (auto handle : it.connections())
      all.push_back(seen(it, handle, known));
    for (const auto& one : choose(all))
      shut(one.handle);
  });
}

} // namespace usher::cluster
