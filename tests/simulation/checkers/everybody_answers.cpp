#include "tests/simulation/checkers/checkers.hpp"

namespace usher::simulation {
namespace {

/// When the faults have ended and everything had time to settle, every node that lives answers for every shard.
class everybody_answers final : public checker {
public:
  using checker::checker;
  [[nodiscard]] const char* name() const override { return "everybody_answers"; }

  void settled(const standing& now) override {
    for (const auto& what : now.silent)
      fail("no answer: " + what);
  }
};

} // namespace

made_checker make_everybody_answers(const evidence& known, const checker::finding& found) {
  return std::make_unique<everybody_answers>(known, found);
}

} // namespace usher::simulation
