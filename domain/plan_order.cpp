#include "domain/plan_order.hpp"

#include "domain/ensure.hpp"

#include <utility>

namespace usher::domain {

plan_order::plan_order(std::vector<seat_no> by_index, std::uint32_t given)
    : plain_(false), by_index_(std::move(by_index)), by_number_(given, retired) {
  for (std::uint32_t index = 0; index < by_index_.size(); ++index) {
    auto number = by_index_[index].value();
    ensure(number < given, "a place's number was given");
    ensure(by_number_[number] == retired, "no two places have one number");
    by_number_[number] = index;
  }
}

} // namespace usher::domain
