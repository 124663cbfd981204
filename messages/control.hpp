#pragma once

/// Messages without content.
namespace usher::messages {

/// To oneself: the mailbox has been worked through once; pass on what was collected.
struct flush {};

/// To oneself, or from the timer: a deadline is here.
struct deadline_reached {};

/// Router → shard: tell this gateway, too.
struct subscribe {};

/// Event → section. Answered by `section_claims`.
struct list_claims {};

/// Keeper → event: these are your sections and your waiting room.
struct event_peers {};

/// Keeper → event, section: another actor is about to serve your shard. Take on nothing more, and answer when nothing
/// is under way: all that was written has been answered, and nothing that was refused will be written.
struct stand_down {};

/// Keeper → event, section: that came to nothing; go on.
struct carry_on {};

/// Node → keeper: claim and start the shards of every event in the store.
struct start_shards {};

/// Keeper → router: I create events.
struct keeper_ready {};

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
bool inspect(Inspector& f, list_claims& x) {
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
bool inspect(Inspector& f, keeper_ready& x) {
  return f.object(x).fields();
}

} // namespace usher::messages
