#pragma once

#include "domain/seating_plan.hpp"

#include <memory>
#include <string>
#include <vector>

namespace usher::simulation {

/// A plan as it is imported, and as it is read.
struct hall {
  std::shared_ptr<const std::string> text;
  domain::shared_plan plan;
};

/// The plans that the event may be put on. The first one is that of the beginning: two rows of eight seats, and a
/// floor. The others have more seats in a row, a further section, fewer seats and a smaller floor, or all of it in
/// another order.
[[nodiscard]] std::vector<hall> all_halls();

/// The section that is the floor in each of them.
inline constexpr const char* floor_id = "floor";

} // namespace usher::simulation
