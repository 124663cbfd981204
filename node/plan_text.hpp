#pragma once

#include "domain/seating_plan.hpp"

#include <string>
#include <string_view>

namespace usher::node {

/// Reads a seating plan. Throws `std::runtime_error` when it is broken, saying `of_what`, where (a JSON pointer), and
/// why.
[[nodiscard]] domain::shared_plan plan_of_text(std::string_view text, const std::string& of_what = {});

} // namespace usher::node
