#include "failpoint/failpoint.hpp"

#if defined(USHER_FAILPOINTS) || defined(USHER_PLANTS)

#include "failpoint/rules.hpp"

#include <cstdlib>
#include <memory>
#include <thread>
#include <utility>

namespace usher::failpoint {
namespace {

/// Written once, before any actor runs.
std::unique_ptr<rules>& rules_of_process() {
  static std::unique_ptr<rules> result;
  return result;
}

thread_local const deciding::decision* decided_here = nullptr;

verdict verdict_on(const place& here) {
  if (decided_here != nullptr)
    return {(*decided_here)(here)};
  if (const auto& all = rules_of_process())
    return all->at(here);
  return {};
}

} // namespace

void reached(place_name here) {
  (void)fails(here);
}

bool fails(place_name here) {
  const auto& where = here.where();
  auto [what, wait] = verdict_on(where);
  switch (what) {
    case action::none:
      break;
    case action::crash:
      throw crash{"the failpoint " + std::string{where.name}};
    case action::delay:
      std::this_thread::sleep_for(wait);
      break;
    case action::fail:
      return true;
    case action::exit:
      std::_Exit(128 + 9); // as a shell tells of SIGKILL
  }
  return false;
}

std::optional<std::string> obey_environment() {
  const char* text = std::getenv("USHER_FAILPOINTS");
  if (text == nullptr || *text == '\0')
    return std::nullopt;
  const char* given = std::getenv("USHER_FAILPOINTS_SEED");
  auto seed = given != nullptr && *given != '\0' ? seed_of(given) : seed_by_chance();
  rules_of_process() = std::make_unique<rules>(text, seed);
  return std::string{"failpoints are on: "} + text + "; by USHER_FAILPOINTS_SEED=" + std::to_string(seed);
}

deciding::deciding(decision by) : by_(std::move(by)) {
  decided_here = &by_;
}

deciding::~deciding() {
  decided_here = nullptr;
}

} // namespace usher::failpoint

#endif
