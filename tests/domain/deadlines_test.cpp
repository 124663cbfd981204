#define CAF_SUITE domain.deadlines

#include "domain/deadlines.hpp"

#include "caf/test/bdd_dsl.hpp"

#include <rapidcheck.h>

#include <set>
#include <utility>
#include <vector>

using namespace usher;

namespace {

using moments = std::vector<std::pair<domain::instant, domain::hold_id>>;

moments listed(const domain::deadlines& row) {
  moments result;
  row.in_order([&](domain::instant at, domain::hold_id hold) {
    result.emplace_back(at, hold);
    return true;
  });
  return result;
}

} // namespace

SCENARIO("deadlines are in order however they come and go") {
  CHECK(rc::check("the row is the set of what was added and not removed", [] {
    domain::deadlines row;
    std::set<std::pair<domain::instant, domain::hold_id>> model;
    // Few moments and few holds, so that the same ones are removed and come back.
    auto steps = *rc::gen::container<std::vector<std::pair<int, int>>>(
        rc::gen::pair(rc::gen::inRange(0, 8), rc::gen::inRange(0, 4)));
    for (auto [at, hold] : steps) {
      std::pair when{domain::instant{domain::microseconds{at}}, domain::hold_id{0, static_cast<std::uint64_t>(hold)}};
      if (model.insert(when).second) {
        row.add(when.first, when.second);
      } else {
        model.erase(when);
        row.remove(when.first, when.second);
      }
      RC_ASSERT(listed(row) == moments(model.begin(), model.end()));
      RC_ASSERT(row.earliest() == (model.empty() ? std::nullopt : std::optional{model.begin()->first}));
    }
  }));
}
