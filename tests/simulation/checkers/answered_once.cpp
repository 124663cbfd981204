#include "tests/simulation/checkers/checkers.hpp"

namespace usher::simulation {
namespace {

/// Every request of an actor has one answer, wherever it was answered.
class answered_once final : public checker {
public:
  using checker::checker;
  [[nodiscard]] const char* name() const override { return "answered_once"; }

  void answered_again(const std::string& node, std::string_view actor) override {
    fail("a request of " + std::string{actor} + " of " + node + " is answered a second time");
  }
};

} // namespace

made_checker make_answered_once(const evidence& known, const checker::finding& found) {
  return std::make_unique<answered_once>(known, found);
}

} // namespace usher::simulation
