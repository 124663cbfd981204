#include "cluster/link_watch.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace usher::cluster {

namespace {

using messages::link_state;
using persistence::cut_kind;

std::optional<cut_kind> cut_in(link_state state) {
  switch (state) {
    case link_state::up:
      return std::nullopt;
    case link_state::silent:
      return cut_kind::silent;
    case link_state::refused:
      break;
  }
  return cut_kind::refused;
}

/// What the store has of `me` about another node.
std::optional<cut_kind> noted(const membership& all, incarnation me, incarnation other) {
  auto found =
      std::ranges::find_if(all.cuts, [me, other](const auto& cut) { return cut.seen_by == me && cut.other == other; });
  return found == all.cuts.end() ? std::nullopt : std::optional{found->kind};
}

bool has(const std::vector<member>& living, incarnation it) {
  return std::ranges::find(living, it, &member::number) != living.end();
}

} // namespace

bool link_watch::note(const messages::link_changed& said) {
  incarnation node{said.node};
  if (said.state != link_state::up)
    cut_off_.erase(node); // it is said anew in the next session
  auto [state, is_new] = states_.try_emplace(node, said.state);
  return std::exchange(state->second, said.state) != said.state || is_new;
}

bool link_watch::note(const messages::store_cut_off& said) {
  incarnation node{said.node};
  return said.cut_off ? cut_off_.insert(node).second : cut_off_.erase(node) > 0;
}

void link_watch::start_over() {
  states_.clear();
  cut_off_.clear();
}

void link_watch::keep_only(const std::vector<member>& living) {
  std::erase_if(states_, [&living](const auto& one) { return !has(living, one.first); });
  std::erase_if(cut_off_, [&living](incarnation one) { return !has(living, one); });
}

bool link_watch::is_linked(incarnation node) const {
  auto state = states_.find(node);
  return state != states_.end() && state->second == link_state::up;
}

own_view link_watch::seen_by(incarnation me) const {
  own_view own{me, {}, cut_off_};
  for (const auto& [node, state] : states_)
    if (state == link_state::up)
      own.linked.insert(node);
  return own;
}

std::vector<link_watch::correction> link_watch::corrections(const membership& all, incarnation me) const {
  std::vector<correction> result;
  auto self = std::ranges::find(all.members, me, &member::number);
  if (self == all.members.end() || !serves(self->status))
    return result;
  for (const auto& one : all.members) {
    auto state = states_.find(one.number);
    if (state == states_.end() || !serves(one.status) || one.number == me)
      continue;
    auto cut = cut_in(state->second);
    if (cut != noted(all, me, one.number))
      result.push_back({one.number, cut});
  }
  return result;
}

std::vector<member> link_watch::missing(const membership& all, incarnation me) const {
  std::vector<member> result;
  std::ranges::copy_if(all.members, std::back_inserter(result), [this, me](const member& one) {
    return one.number != me && serves(one.status) && !is_linked(one.number);
  });
  return result;
}

} // namespace usher::cluster
