#include "tests/simulation/checkers/checkers.hpp"

namespace usher::simulation {
namespace {

/// The audit, as operators run it, finds nothing.
class audit_agrees final : public checker {
public:
  using checker::checker;
  [[nodiscard]] const char* name() const override { return "audit_agrees"; }

  void finished() override {
    for (const auto& violation : known().audit().violations)
      fail(to_string(violation.shard) + ", fact " + std::to_string(violation.seq.value()) + ": " + violation.sentence);
  }
};

} // namespace

made_checker make_audit_agrees(const evidence& known, const checker::finding& found) {
  return std::make_unique<audit_agrees>(known, found);
}

} // namespace usher::simulation
