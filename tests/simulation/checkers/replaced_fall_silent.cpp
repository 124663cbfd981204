#include "tests/simulation/checkers/checkers.hpp"

namespace usher::simulation {
namespace {

/// A node that has been replaced may answer reads and refusals from memory until it has seen that, but not for long: it
/// looks into the store every second, and stops.
class replaced_fall_silent final : public checker {
public:
  using checker::checker;
  [[nodiscard]] const char* name() const override { return "replaced_fall_silent"; }

  void spoke(const std::string& node) override {
    auto time = known().outdated_for();
    if (time > bound)
      fail(node + " was replaced, could see it for " + std::to_string(time.count() / 1'000) + " ms, and still answers");
  }

private:
  /// A second until it looks, what the store takes to answer, and half a second until the process has ended.
  static constexpr domain::seconds bound{2};
};

} // namespace

made_checker make_replaced_fall_silent(const evidence& known, const checker::finding& found) {
  return std::make_unique<replaced_fall_silent>(known, found);
}

} // namespace usher::simulation
