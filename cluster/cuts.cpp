#include "cluster/cuts.hpp"

#include "failpoint/plant.hpp"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <map>

namespace usher::cluster {

namespace {

using persistence::cut_kind;
using persistence::noted_cut;

/// The members that serve, and the cuts among them.
struct scene {
  explicit scene(const membership& all) {
    for (const auto& one : all.members)
      if (serves(one.status))
        serving.emplace(one.number, &one);
    for (const auto& cut : all.cuts)
      if (serving.contains(cut.seen_by) && serving.contains(cut.other))
        notes.push_back(&cut);
  }

  /// Who of them says that it cannot reach `it`.
  [[nodiscard]] std::vector<const noted_cut*> against(incarnation it) const {
    std::vector<const noted_cut*> result;
    std::copy_if(notes.begin(), notes.end(), std::back_inserter(result),
                 [it](const noted_cut* cut) { return cut->other == it; });
    return result;
  }

  [[nodiscard]] bool has_beaten_since(const noted_cut& cut) const { return serving.at(cut.other)->beat > cut.beat; }

  std::map<incarnation, const member*> serving;
  std::vector<const noted_cut*> notes;
};

bool is_refused(const scene& now, const own_view& own, const std::vector<const noted_cut*>& against) {
  auto refuses = [&against](incarnation who) {
    return std::any_of(against.begin(), against.end(),
                       [who](const noted_cut* cut) { return cut->seen_by == who && cut->kind == cut_kind::refused; });
  };
  if (!refuses(own.me))
    return false;
  return std::all_of(own.linked.begin(), own.linked.end(),
                     [&](incarnation peer) { return peer == own.me || !now.serving.contains(peer) || refuses(peer); });
}

/// How many must say that they cannot reach somebody: two, or all of those whom nobody has such a note against.
std::size_t witnesses_needed(const scene& now) {
  std::size_t undisputed = 0;
  for (const auto& [number, one] : now.serving)
    undisputed += now.against(number).empty() ? 1 : 0;
  return std::clamp<std::size_t>(undisputed, 1, 2);
}

// ---- the surviving set ----

/// More are not searched through: the oldest first is then as good.
constexpr std::size_t searched_max = 20;

using numbers = std::vector<incarnation>;

/// Finds the largest set of nodes that all reach each other; among equal ones the one that comes first by age.
class largest_set {
public:
  largest_set(const numbers& nodes, const std::set<std::pair<incarnation, incarnation>>& apart)
      : nodes_(nodes), apart_(apart) {}

  [[nodiscard]] numbers find() {
    extend(0);
    return best_;
  }

private:
  /// With and without each node, the oldest first: so the first of the largest is the one with the older nodes.
  void extend(std::size_t next) {
    if (chosen_.size() + nodes_.size() - next <= best_.size() && !best_.empty())
      return;
    if (next == nodes_.size()) {
      best_ = chosen_;
      return;
    }
    if (failpoint::planted("younger_nodes_stay") && next == 0 && nodes_.size() > 1)
      return extend(1);
    auto node = nodes_[next];
    auto fits = std::none_of(chosen_.begin(), chosen_.end(),
                             [&](incarnation other) { return apart_.contains(std::minmax(node, other)); });
    if (fits) {
      chosen_.push_back(node);
      extend(next + 1);
      chosen_.pop_back();
    }
    if (!fits || nodes_.size() <= searched_max)
      extend(next + 1);
  }

  const numbers& nodes_;
  const std::set<std::pair<incarnation, incarnation>>& apart_;
  numbers chosen_;
  numbers best_;
};

} // namespace

std::vector<incarnation> cuts::survivors(const membership& all) {
  scene now{all};
  std::set<pair_of_nodes> apart;
  std::set<incarnation> concerned;
  for (const auto* cut : now.notes) {
    apart.insert(std::minmax(cut->seen_by, cut->other));
    concerned.insert({cut->seen_by, cut->other});
  }
  numbers disputed{concerned.begin(), concerned.end()};
  auto result = largest_set{disputed, apart}.find();
  for (const auto& [number, one] : now.serving)
    if (!concerned.contains(number))
      result.push_back(number);
  std::sort(result.begin(), result.end());
  return result;
}

void cuts::notice(const membership& all, tick now) {
  std::set<pair_of_nodes> present;
  for (const auto& cut : all.cuts)
    present.emplace(cut.seen_by, cut.other);
  if (present == present_)
    return;
  present_ = std::move(present);
  changed_ = now;
}

std::vector<accusation> cuts::who_must_go(const membership& all, const own_view& own, const member_watch& watch,
                                          tick at) {
  notice(all, at);
  std::map<incarnation, accusation> result;
  auto me =
      std::find_if(all.members.begin(), all.members.end(), [&own](const member& one) { return one.number == own.me; });
  if (me == all.members.end())
    return {};
  auto accuse = [&](incarnation who, std::uint64_t beat, std::string_view why, std::string_view kind) {
    if (who != own.me)
      result.try_emplace(who, accusation{who, beat, why, kind});
  };
  scene now{all};
  if (serves(me->status)) {
    auto needed = witnesses_needed(now);
    for (const auto& [number, one] : now.serving) {
      auto against = now.against(number);
      if (is_refused(now, own, against))
        accuse(number, one->beat, "its port refuses everybody", "refused");
      if (watch.still(number) < limits_.stillness)
        continue;
      if (own.cut_off.contains(number))
        accuse(number, one->beat, "it cannot reach the store", "cut_from_store");
      auto has_not_beaten = [&](const noted_cut* cut) { return !now.has_beaten_since(*cut); };
      if (against.size() >= needed && std::any_of(against.begin(), against.end(), has_not_beaten))
        accuse(number, one->beat, "nobody reaches it, and its beat stands still", "silent");
    }
    auto all_beat = std::all_of(now.notes.begin(), now.notes.end(),
                                [&](const noted_cut* cut) { return now.has_beaten_since(*cut); });
    if (!now.notes.empty() && all_beat && at - changed_ >= limits_.stable) {
      auto stay = survivors(all);
      if (std::binary_search(stay.begin(), stay.end(), own.me))
        for (const auto& [number, one] : now.serving)
          if (!std::binary_search(stay.begin(), stay.end(), number))
            accuse(number, one->beat, "it is cut off from nodes that stay", "cut");
    }
  }
  for (const auto& one : watch.silent(at))
    accuse(one.number, one.beat, "its beat stands still", "silent_to_store");
  std::vector<accusation> list;
  list.reserve(result.size());
  for (const auto& [number, one] : result)
    list.push_back(one);
  return list;
}

} // namespace usher::cluster
