#pragma once

#include "domain/ids.hpp"
#include "messages/type_ids.hpp"

#include <caf/actor_control_block.hpp>
#include <caf/fwd.hpp>

#include <cstdint>

/// Addresses without a mailbox: what comes to them goes on to the switchboard, with whom it is for.
namespace usher::cluster {

/// Stands behind the door of a shard that another node has.
[[nodiscard]] caf::strong_actor_ptr make_remote_shard(caf::actor_system& system, domain::shard_id shard,
                                                      const messages::switchboard_actor& switchboard);

/// Stands for those of another node who ask shards of this one, as long as one session with that node lasts. The number
/// of a request is the message's id.
[[nodiscard]] caf::strong_actor_ptr make_remote_asker(caf::actor_system& system, std::uint64_t node,
                                                      std::uint64_t session,
                                                      const messages::switchboard_actor& switchboard);
/// The node behind a remote asker; 0 for anybody else.
[[nodiscard]] std::uint64_t node_of_remote_asker(const caf::strong_actor_ptr& who);

/// Stands for one gateway of another node, as long as one session with that node lasts.
[[nodiscard]] caf::strong_actor_ptr make_remote_gateway(caf::actor_system& system, std::uint64_t node,
                                                        std::uint64_t session, std::uint32_t number,
                                                        const messages::switchboard_actor& switchboard);
/// The session with its node has ended: whoever monitors it hears that it is gone.
void end_remote_gateway(const caf::strong_actor_ptr& gateway);

} // namespace usher::cluster
