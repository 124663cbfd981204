#include "tests/simulation/checkers/checkers.hpp"

namespace usher::simulation {
namespace {

/// Nodes that share a store end none of them while nothing is wrong.
class nobody_ended_in_vain final : public checker {
public:
  using checker::checker;
  [[nodiscard]] const char* name() const override { return "nobody_ended_in_vain"; }

  void ended(const node_ended& end) override {
    if (known().quiet)
      fail(end.node + " is ended by others, and nothing was wrong: " + end.why);
  }
};

} // namespace

made_checker make_nobody_ended_in_vain(const evidence& known, const checker::finding& found) {
  return std::make_unique<nobody_ended_in_vain>(known, found);
}

} // namespace usher::simulation
