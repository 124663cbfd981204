#include "node/plan_text.hpp"

#include "codec/plan_text.hpp"

#include <stdexcept>
#include <utility>
#include <variant>

namespace usher::node {

domain::shared_plan plan_of_text(std::string_view text, const std::string& of_what) {
  auto plan = codec::parse_plan(text);
  if (auto fault = std::get_if<codec::plan_fault>(&plan))
    throw std::runtime_error{of_what + fault->sentence
                             + (fault->pointer.empty() ? "" : " (at " + fault->pointer + ")")};
  return std::get<domain::shared_plan>(std::move(plan));
}

} // namespace usher::node
