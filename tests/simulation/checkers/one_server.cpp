#include "tests/simulation/checkers/checkers.hpp"

#include <map>
#include <string>

namespace usher::simulation {
namespace {

/// A shard is one node's at a time. Only that one writes; whoever has given a shard away says nothing more of it, and
/// whoever has lost one otherwise stops saying what it remembers when it has lost its right.
class one_server final : public checker {
public:
  using checker::checker;
  [[nodiscard]] const char* name() const override { return "one_server"; }

  void claimed(const shard_claimed& claim) override {
    auto& all = taken_[claim.shard];
    if (!all.owners.empty() && all.owners.rbegin()->second != claim.owner)
      all.since[claim.epoch] = claim.given ? claim.at : claim.at + lease;
    all.owners[claim.epoch] = claim.owner;
  }

  void writes(const persistence::journal_entry& entry, const std::string& node) override {
    auto& owner = taken_[entry.shard].owners[entry.epoch];
    if (owner != node)
      fail(node + " writes to " + to_string(entry.shard) + " at epoch " + std::to_string(entry.epoch.value())
           + ", at which that is " + owner + "'s");
  }

  void spoke(const std::string& node) override {
    if (auto time = known().unbeaten_for(node); time > lease)
      fail(node + " has had no beat counted for " + std::to_string(time.count() / 1'000) + " ms, and still answers");
  }

  void told(const messages::section_view& view) override {
    const auto& all = taken_[{domain::shard_kind::section, view.event, view.section}];
    if (all.owners.empty() || view.epoch > all.owners.rbegin()->first)
      return fail("section " + std::to_string(view.section.value()) + " answers at epoch "
                  + std::to_string(view.epoch.value()) + ", which nobody has claimed");
    auto next = all.since.upper_bound(view.epoch);
    if (known().shared && next != all.since.end() && next->second < known().asked_at())
      fail("section " + std::to_string(view.section.value()) + " answers at epoch " + std::to_string(view.epoch.value())
           + ", after it was somebody else's for long at epoch " + std::to_string(next->first.value()));
  }

private:
  /// How long a node may answer from memory after its last beat, a little more than its own clock says.
  static constexpr domain::microseconds lease{5'010'000};

  struct owned_shard {
    std::map<domain::epoch, std::string> owners;
    std::map<domain::epoch, domain::instant> since; ///< nobody answers at an earlier epoch any more
  };

  std::map<domain::shard_id, owned_shard> taken_;
};

} // namespace

made_checker make_one_server(const evidence& known, const checker::finding& found) {
  return std::make_unique<one_server>(known, found);
}

} // namespace usher::simulation
