#include "tests/simulation/checkers/checkers.hpp"
#include "tests/simulation/words.hpp"

namespace usher::simulation {
namespace {

/// Every hold ends when its time is up, whatever became of the node that granted it.
class holds_end final : public checker {
public:
  using checker::checker;
  [[nodiscard]] const char* name() const override { return "holds_end"; }

  void finished() override {
    for (const auto& [id, hold] : written().holds())
      for (const auto& [section, part] : hold.parts)
        if (part.live() && part.until + overrun < now())
          fail("hold " + words(id) + " is still there at " + words(now()) + ", its time was up at "
               + words(part.until));
  }

private:
  static constexpr domain::seconds overrun{5};
};

} // namespace

made_checker make_holds_end(const evidence& known, const checker::finding& found) {
  return std::make_unique<holds_end>(known, found);
}

} // namespace usher::simulation
