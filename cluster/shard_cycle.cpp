#include "cluster/shard_cycle.hpp"

#include <algorithm>

namespace usher::cluster {

cycle_action shard_cycle::on(cycle_event event) {
  auto step = std::find_if(cycle_table.begin(), cycle_table.end(),
                           [&](const cycle_step& one) { return one.state == state_ && one.event == event; });
  if (step == cycle_table.end())
    return cycle_action::nothing;
  state_ = step->next;
  is_spent_ = is_spent_ || state_ == cycle_state::stopped;
  return step->action;
}

cycle_action shard_cycle::on(cycle_event event, domain::epoch at) {
  if (is_late(event, at))
    return cycle_action::nothing;
  // It is still this node's: no other actor may have it at an epoch at which one has stopped.
  if (event == cycle_event::yours && at == epoch_ && is_spent_)
    return on(cycle_event::placed_here);
  auto action = on(event);
  auto is_new = event == cycle_event::claimed || event == cycle_event::yours;
  if ((state_ == cycle_state::loading && is_new) || (has_actor(state_) && event == cycle_event::reclaimed)) {
    is_spent_ = is_spent_ && at == epoch_;
    epoch_ = at;
  }
  return action;
}

bool shard_cycle::is_late(cycle_event event, domain::epoch at) const {
  switch (event) {
    case cycle_event::yours: // after `unknown` it may be so still
      return at < epoch_ || (at == epoch_ && state_ != cycle_state::elsewhere);
    case cycle_event::claimed:
    case cycle_event::reclaimed:
    case cycle_event::fenced:
      return at <= epoch_;
    default:
      return at != epoch_;
  }
}

} // namespace usher::cluster
