#include "codec/wish.hpp"

#include "codec/json_reader.hpp"
#include "codec/public_names.hpp"

#include <algorithm>
#include <tuple>

namespace usher::codec {
namespace {

using resolution = std::variant<resolved_wish, problem>;

problem not_found(std::string pointer, std::string detail) {
  return problem_of(domain::rejection::not_found, std::move(detail), std::move(pointer));
}

problem no_such_section(std::string pointer, const std::string& section) {
  return not_found(std::move(pointer), "This event has no section " + section + ".");
}

/// A seat with its index in the wish, to point at it.
struct wanted_seat {
  domain::section_no section;
  domain::seat_no seat;
  std::size_t index = 0;
};

bool same_seat(const wanted_seat& a, const wanted_seat& b) {
  return a.section == b.section && a.seat == b.seat;
}

std::vector<messages::section_wish> by_section(const std::vector<wanted_seat>& sorted) {
  std::vector<messages::section_wish> sections;
  for (const auto& wanted : sorted) {
    if (sections.empty() || sections.back().section != wanted.section)
      sections.push_back({wanted.section, domain::seats_wish{}});
    std::get<domain::seats_wish>(sections.back().wanted).seats.push_back(wanted.seat);
  }
  return sections;
}

resolution resolve_seats(const named_seats& wish, const domain::seating_plan& plan) {
  std::vector<wanted_seat> seats;
  seats.reserve(wish.guids.size());
  for (std::size_t i = 0; i < wish.guids.size(); ++i) {
    auto place = plan.find_seat(wish.guids[i]);
    if (!place) {
      auto what = not_found(pointer_to("/seats", i), "This event has no seat " + wish.guids[i] + ".");
      what.seats.push_back(wish.guids[i]);
      return what;
    }
    if (const auto& section = plan.section(place->section); section.general())
      return bad_request(pointer_to("/seats", i),
                         "Section " + section.id + " has no seats to choose from; ask for a quantity of it.");
    seats.push_back({place->section, place->seat, i});
  }
  std::sort(seats.begin(), seats.end(), [](const wanted_seat& a, const wanted_seat& b) {
    return std::tie(a.section, a.seat, a.index) < std::tie(b.section, b.seat, b.index);
  });
  if (auto twice = std::adjacent_find(seats.begin(), seats.end(), same_seat); twice != seats.end())
    return bad_request(pointer_to("/seats", std::next(twice)->index), "This seat is named twice.");
  return resolved_wish{by_section(seats), std::nullopt};
}

resolution resolve_quantity(const places_in_section& wish, const domain::seating_plan& plan) {
  auto section = plan.find_section(wish.section);
  if (!section)
    return no_such_section("/section", wish.section);
  if (!plan.section(*section).general())
    return bad_request("/section", "This section has numbered seats; name them, or ask for the best.");
  return resolved_wish{{{*section, domain::quantity_wish{wish.quantity}}}, std::nullopt};
}

resolution resolve_best(const best_places& wish, const domain::seating_plan& plan) {
  domain::best_wish best;
  best.quantity = wish.quantity;
  std::optional<domain::category_no> category;
  if (wish.category) {
    category = plan.find_category(*wish.category);
    if (!category)
      return not_found("/best/category", "This event has no category " + *wish.category + ".");
  }
  auto name = wish.category.value_or(std::string{});
  if (!wish.section)
    return resolved_wish{{}, best, name};
  auto section = plan.find_section(*wish.section);
  if (!section)
    return no_such_section("/best/section", *wish.section);
  const auto& there = plan.section(*section);
  if (!there.general())
    return resolved_wish{{{*section, best}}, std::nullopt, name};
  if (category && *category != there.general_category)
    return not_found("/best/category", "Section " + there.id + " has no places of category " + *wish.category + ".");
  return resolved_wish{{{*section, domain::quantity_wish{wish.quantity}}}, std::nullopt, name};
}

} // namespace

std::variant<resolved_wish, problem> resolve(const places_wish& wish, const domain::seating_plan& plan) {
  if (const auto* seats = std::get_if<named_seats>(&wish))
    return resolve_seats(*seats, plan);
  if (const auto* quantity = std::get_if<places_in_section>(&wish))
    return resolve_quantity(*quantity, plan);
  return resolve_best(std::get<best_places>(wish), plan);
}

std::optional<domain::section_no> only_section(const resolved_wish& wish) {
  if (wish.sections.size() != 1)
    return std::nullopt;
  return wish.sections.front().section;
}

std::uint64_t wish_digest(const places_wish& wish) {
  std::vector<std::string_view> parts;
  std::string quantity;
  if (const auto* seats = std::get_if<named_seats>(&wish)) {
    parts.reserve(seats->guids.size() + 1);
    parts.assign(seats->guids.begin(), seats->guids.end());
    std::sort(parts.begin(), parts.end());
    parts.emplace_back("seats");
  } else if (const auto* places = std::get_if<places_in_section>(&wish)) {
    quantity = std::to_string(places->quantity);
    parts = {places->section, quantity, "quantity"};
  } else {
    const auto& best = std::get<best_places>(wish);
    quantity = std::to_string(best.quantity);
    // The marks tell a category from a section of the same name; the protocol's names are never empty.
    parts = {best.category ? std::string_view{*best.category} : std::string_view{},
             best.section ? std::string_view{*best.section} : std::string_view{}, quantity, "best"};
  }
  return digest(parts);
}

} // namespace usher::codec
