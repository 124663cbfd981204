#include "domain/seating_plan.hpp"

#include "domain/ensure.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <utility>

namespace usher::domain {
namespace {

constexpr char general_separator = ':';

/// Ensures that seats name rows and categories that exist, and that each row is in one piece.
void ensure_sound(const section_plan& section, std::size_t categories) {
  ensure(!section.general() || section.seats.empty(), "a section has seats or a capacity, not both");
  ensure(!section.general() || section.general_category.value() < categories, "a section's category is in the plan");
  ensure(section.numbers.plain() || section.numbers.by_index().size() == section.capacity(),
         "every place has a number");
  std::vector<bool> begun(section.rows.size(), false);
  const planned_seat* before = nullptr;
  for (const auto& seat : section.seats) {
    ensure(seat.category.value() < categories, "a seat's category is in the plan");
    ensure(seat.row < section.rows.size(), "a seat's row is in its section");
    if (before == nullptr || before->row != seat.row) {
      ensure(!begun[seat.row], "the seats of a row are neighbours");
      begun[seat.row] = true;
    }
    before = &seat;
  }
}

} // namespace

category_no section_plan::category_of(seat_no seat) const {
  auto index = index_of(seat);
  ensure(index.has_value(), "a seat is in its section");
  return general() ? general_category : seats[index->value()].category;
}

seating_plan::seating_plan(std::string name, std::vector<std::string> categories, std::vector<section_plan> sections,
                           std::vector<section_no> order)
    : name_(std::move(name)), categories_(std::move(categories)), sections_(std::move(sections)),
      order_(std::move(order)) {
  ensure(sections_.size() <= std::numeric_limits<section_no::representation>::max(), "sections can be numbered");
  ensure(categories_.size() <= std::numeric_limits<category_no::representation>::max(), "categories can be numbered");
  if (order_.empty())
    for (std::size_t i = 0; i < sections_.size(); ++i)
      order_.emplace_back(static_cast<section_no::representation>(i));
  std::vector<bool> listed(sections_.size(), false);
  for (auto number : order_) {
    ensure(number.value() < listed.size() && !listed[number.value()], "a plan lists sections of its own, once each");
    listed[number.value()] = true;
  }
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < sections_.size(); ++i) {
    const auto& present = sections_[i];
    auto number = section_no{static_cast<section_no::representation>(i)};
    ensure_sound(present, categories_.size());
    ensure(listed[i] || present.capacity() == 0, "places are in sections that the plan lists");
    if (listed[i])
      ensure(sections_by_id_.emplace(present.id, number).second, "section ids are unique");
    for (std::uint32_t seat = 0; seat < present.seats.size(); ++seat)
      ensure(seats_by_guid_.emplace(present.seats[seat].guid, seat_place{number, present.number_at(plan_index{seat})})
                 .second,
             "seat guids are unique");
    sum += present.capacity();
  }
  ensure(sum <= std::numeric_limits<std::uint32_t>::max(), "the capacity can be counted");
  capacity_ = static_cast<std::uint32_t>(sum);
}

const section_plan& seating_plan::section(section_no number) const {
  ensure(number.value() < sections_.size(), "a section is in its plan");
  return sections_[number.value()];
}

std::optional<seat_place> seating_plan::find_seat(std::string_view guid) const {
  if (auto found = seats_by_guid_.find(guid); found != seats_by_guid_.end())
    return found->second;
  auto separator = guid.rfind(general_separator);
  if (separator == std::string_view::npos)
    return std::nullopt;
  auto number = find_section(guid.substr(0, separator));
  auto digits = guid.substr(separator + 1);
  if (!number || digits.empty() || digits.front() == '0')
    return std::nullopt;
  std::uint32_t place = 0;
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), place);
  const auto& present = section(*number);
  if (error != std::errc{} || end != digits.data() + digits.size() || !present.general()
      || !present.has(seat_no{place - 1}))
    return std::nullopt;
  return seat_place{*number, seat_no{place - 1}};
}

std::optional<section_no> seating_plan::find_section(std::string_view id) const {
  auto found = sections_by_id_.find(id);
  return found == sections_by_id_.end() ? std::nullopt : std::optional{found->second};
}

std::optional<category_no> seating_plan::find_category(std::string_view name) const {
  auto found = std::find(categories_.begin(), categories_.end(), name);
  if (found == categories_.end())
    return std::nullopt;
  return category_no{static_cast<category_no::representation>(found - categories_.begin())};
}

std::string seating_plan::guid(seat_place place) const {
  const auto& present = section(place.section);
  ensure(place.seat.value() < present.numbers_given(), "a seat is, or was, in its section");
  if (auto index = present.index_of(place.seat); index && !present.general())
    return present.seats[index->value()].guid;
  if (auto gone = present.retired.find(place.seat); gone != present.retired.end())
    return gone->second;
  return present.id + general_separator + std::to_string(place.seat.value() + 1);
}

bool keeps_all_seats(const seating_plan& now, const seating_plan& next) {
  auto keeps_section = [](const section_plan& old_one, const section_plan& new_one) {
    return old_one.id == new_one.id && old_one.general() == new_one.general()
           && old_one.capacity() <= new_one.capacity()
           && std::equal(old_one.seats.begin(), old_one.seats.end(), new_one.seats.begin(),
                         [](const planned_seat& a, const planned_seat& b) { return a.guid == b.guid; });
  };
  return now.sections().size() <= next.sections().size()
         && std::equal(now.sections().begin(), now.sections().end(), next.sections().begin(), keeps_section);
}

} // namespace usher::domain
