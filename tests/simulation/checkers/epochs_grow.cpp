#include "tests/simulation/checkers/checkers.hpp"

#include <map>

namespace usher::simulation {
namespace {

/// Epochs only grow, and nothing that is written carries an old one.
class epochs_grow final : public checker {
public:
  using checker::checker;
  [[nodiscard]] const char* name() const override { return "epochs_grow"; }

  void claimed(const shard_claimed& claim) override {
    auto& newest = newest_[claim.shard];
    if (claim.epoch <= newest)
      fail(to_string(claim.shard) + " is claimed at epoch " + std::to_string(claim.epoch.value())
           + ", and was already at " + std::to_string(newest.value()));
    newest = std::max(newest, claim.epoch);
  }

  void writes(const persistence::journal_entry& entry) override {
    auto newest = newest_[entry.shard];
    if (entry.epoch != newest)
      fail(to_string(entry.shard) + " gets a fact of epoch " + std::to_string(entry.epoch.value())
           + " although its epoch is " + std::to_string(newest.value()));
  }

private:
  std::map<domain::shard_id, domain::epoch> newest_;
};

} // namespace

made_checker make_epochs_grow(const evidence& known, const checker::finding& found) {
  return std::make_unique<epochs_grow>(known, found);
}

} // namespace usher::simulation
