#include "tests/simulation/checkers/checkers.hpp"
#include "tests/simulation/words.hpp"

namespace usher::simulation {
namespace {

/// When the faults have ended, everything comes to its end: some node serves, every request has its answer, every order
/// is final.
class progress final : public checker {
public:
  using checker::checker;
  [[nodiscard]] const char* name() const override { return "progress"; }

  void settled(const standing& now) override {
    if (!now.served)
      fail("no node serves the event");
    for (const auto& request : now.unanswered)
      fail("a request is not answered: " + request);
    for (const auto& errand : now.unfinished)
      fail("somebody does not get on: " + errand);
    for (const auto& [id, order] : written().orders())
      if (!domain::is_final(order.state))
        fail("order " + words(id) + " is still " + std::string{domain::to_string(order.state)});
  }
};

} // namespace

made_checker make_progress(const evidence& known, const checker::finding& found) {
  return std::make_unique<progress>(known, found);
}

} // namespace usher::simulation
