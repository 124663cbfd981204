#include "tests/simulation/words.hpp"
#include "tests/simulation/world.hpp"

#include <type_traits>
#include <variant>

namespace usher::simulation::detail {
namespace {

std::string places(const domain::wish& wanted) {
  if (const auto* seats = std::get_if<domain::seats_wish>(&wanted)) {
    std::string result = "seats";
    for (auto seat : seats->seats)
      result += " " + std::to_string(seat.value());
    return result;
  }
  if (const auto* best = std::get_if<domain::best_wish>(&wanted))
    return "best " + std::to_string(best->quantity);
  return "any " + std::to_string(std::get<domain::quantity_wish>(wanted).quantity);
}

std::string list(const std::vector<domain::section_no>& sections) {
  std::string result;
  for (auto section : sections)
    result += (result.empty() ? "" : ",") + std::to_string(section.value());
  return result;
}

template <class Fact>
std::string about(const Fact& fact) {
  std::string result;
  if constexpr (requires { fact.hold; })
    result += " hold " + words(fact.hold);
  if constexpr (requires { fact.order; })
    result += " order " + words(fact.order);
  if constexpr (requires { fact.until; })
    result += " until " + words(fact.until);
  if constexpr (std::is_same_v<Fact, domain::order_advanced>)
    result += " " + std::string{domain::to_string(fact.state)} + (fact.reason.empty() ? "" : ": " + fact.reason);
  if constexpr (std::is_same_v<Fact, domain::event_state_changed>)
    result += std::string{" "} + domain::to_string(fact.state);
  return result;
}

} // namespace

std::string describe(const domain::fact& fact) {
  return std::string{domain::name_of(fact)} + std::visit([](const auto& x) { return about(x); }, fact);
}

std::string describe(const messages::hold_seats& wish) {
  auto result = "hold " + words(wish.hold) + ":";
  if (const auto* best = std::get_if<domain::best_wish>(&wish.wanted))
    return result + " best " + std::to_string(best->quantity) + " anywhere";
  for (const auto& part : std::get<0>(wish.wanted))
    result += " [" + std::to_string(part.section.value()) + ": " + places(part.wanted) + "]";
  return result;
}

std::string describe(const messages::release_hold& wish) {
  return "release " + words(wish.hold) + " in " + list(wish.sections);
}

std::string describe(const messages::find_hold& wish) {
  return "find hold " + words(wish.hold) + " in " + list(wish.sections);
}

std::string describe(const messages::start_order& wish) {
  return "order " + words(wish.order) + " of hold " + words(wish.hold);
}

std::string describe(const messages::find_order& wish) {
  return "find order " + words(wish.order);
}

std::string describe(const messages::cancel_order& wish) {
  return "cancel order " + words(wish.order);
}

std::string describe(const messages::refund_order& wish) {
  return "refund order " + words(wish.order);
}

std::string describe(const messages::join_queue& wish) {
  return "join queue" + (wish.number ? " with " + std::to_string(wish.number->value()) : std::string{});
}

std::string describe(const messages::ask_place& wish) {
  return "ask place" + (wish.number ? " of " + std::to_string(wish.number->value()) : std::string{});
}

std::string describe(const messages::leave_queue&) {
  return "leave queue";
}

std::string describe(const messages::read_section& wish) {
  return "read section " + std::to_string(wish.section.value());
}

std::string describe(const messages::report_event&) {
  return "report";
}

std::string describe(const messages::describe_event&) {
  return "read event";
}

std::string describe(const messages::put_event& wish) {
  return "put event on a plan of " + std::to_string(wish.plan->capacity()) + " places";
}

std::string describe(const messages::change_event& wish) {
  std::string result = "change";
  if (wish.state)
    result += std::string{" state to "} + domain::to_string(*wish.state);
  if (wish.max_seats_per_buyer)
    result += " limit to " + std::to_string(*wish.max_seats_per_buyer);
  if (wish.admission_per_s)
    result += " rate to " + std::to_string(*wish.admission_per_s);
  if (wish.hold_ttl)
    result += " hold time to " + std::to_string(wish.hold_ttl->count()) + " s";
  for (const auto& [category, price] : wish.prices)
    result += " price of " + category;
  return result;
}

std::string describe(const messages::block_seats& wish) {
  std::string result = wish.block ? "block" : "unblock";
  for (const auto& part : wish.parts) {
    result += " [" + std::to_string(part.section.value()) + ":";
    for (auto seat : part.seats)
      result += " " + std::to_string(seat.value());
    result += part.quantity ? " any " + std::to_string(part.quantity) + "]" : "]";
  }
  return result;
}

bool worth_repeating(const domain::refusal& why) {
  return domain::is_passing(why.reason) || why.reason == domain::rejection::in_progress;
}

} // namespace usher::simulation::detail
