#include "tests/simulation/checkers/checkers.hpp"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

namespace usher::simulation {
namespace {

using persistence::incarnation;

/// Of nodes that are cut off from each other those stay that are most who all reach each other; of equally many those
/// with the oldest. Looks at every set of them, in the plainest way.
class largest_stays final : public checker {
public:
  using checker::checker;
  [[nodiscard]] const char* name() const override { return "largest_stays"; }

  void ended(const node_ended& end) override {
    if (end.why.find("cut off from nodes that stay") == std::string_view::npos || end.judged_late)
      return;
    auto stay = survivors(end.rows);
    if (std::find(stay.begin(), stay.end(), end.number) != stay.end())
      fail(end.node + " is ended, and is one of those that should stay");
  }

private:
  using nodes = std::vector<incarnation>;

  static nodes survivors(const persistence::membership& rows) {
    nodes serving;
    for (const auto& one : rows.members)
      if (one.status != persistence::node_status::joining)
        serving.push_back(one.number);
    std::set<std::pair<incarnation, incarnation>> apart;
    for (const auto& cut : rows.cuts)
      apart.insert(std::minmax(cut.seen_by, cut.other));
    nodes best;
    for (std::uint64_t choice = 0; choice < std::uint64_t{1} << serving.size(); ++choice) {
      nodes chosen;
      for (std::size_t i = 0; i < serving.size(); ++i)
        if ((choice >> i & 1) != 0)
          chosen.push_back(serving[i]);
      if (all_reach_each_other(chosen, apart) && is_better(chosen, best))
        best = chosen;
    }
    return best;
  }

  static bool all_reach_each_other(const nodes& some, const std::set<std::pair<incarnation, incarnation>>& apart) {
    return std::none_of(apart.begin(), apart.end(), [&](const auto& pair) {
      return std::binary_search(some.begin(), some.end(), pair.first)
             && std::binary_search(some.begin(), some.end(), pair.second);
    });
  }

  static bool is_better(const nodes& one, const nodes& other) {
    return one.size() != other.size() ? one.size() > other.size() : one < other;
  }
};

} // namespace

made_checker make_largest_stays(const evidence& known, const checker::finding& found) {
  return std::make_unique<largest_stays>(known, found);
}

} // namespace usher::simulation
