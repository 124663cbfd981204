#pragma once

/// Messages without content.
namespace usher::messages {

/// Actor → itself: all messages that were in the mailbox are done; pass on what was collected.
struct flush {};

/// Actor or timer → the actor itself: a deadline has come.
struct deadline_reached {};

/// Router → shard: report to this gateway from now on.
struct subscribe {};

/// Keeper → event: these are your sections and your waiting room.
struct event_peers {};

/// Keeper → event, section, waiting room: another actor is about to serve your shard. Take on nothing more, and answer
/// when nothing is under way: all that was written has been answered, and nothing that was refused will be written.
struct stand_down {};

/// Keeper → event, section, waiting room: no other actor will serve your shard after all; go on.
struct carry_on {};

/// Node → keeper: claim and start the shards of every event in the store.
struct start_shards {};

/// Node → keeper: answer when this node, which is draining, has given away all that others can take.
struct shards_left {};

/// Keeper → router: send `put_event` to this keeper.
struct keeper_ready {};

/// Router → switchboard: send `shards_reopened` to this router.
struct router_ready {};

template <class Inspector>
bool inspect(Inspector& f, flush& x) {
  return f.object(x).fields();
}
template <class Inspector>
bool inspect(Inspector& f, deadline_reached& x) {
  return f.object(x).fields();
}
template <class Inspector>
bool inspect(Inspector& f, subscribe& x) {
  return f.object(x).fields();
}
template <class Inspector>
bool inspect(Inspector& f, event_peers& x) {
  return f.object(x).fields();
}
template <class Inspector>
bool inspect(Inspector& f, stand_down& x) {
  return f.object(x).fields();
}
template <class Inspector>
bool inspect(Inspector& f, carry_on& x) {
  return f.object(x).fields();
}
template <class Inspector>
bool inspect(Inspector& f, start_shards& x) {
  return f.object(x).fields();
}
template <class Inspector>
bool inspect(Inspector& f, shards_left& x) {
  return f.object(x).fields();
}
template <class Inspector>
bool inspect(Inspector& f, keeper_ready& x) {
  return f.object(x).fields();
}
template <class Inspector>
bool inspect(Inspector& f, router_ready& x) {
  return f.object(x).fields();
}

} // namespace usher::messages
