#pragma once

#include "domain/ids.hpp"
#include "domain/plan_order.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace usher::domain {

/// A place in the hall, in the plan's own unit.
struct point {
  double x = 0;
  double y = 0;
};

/// Seats from the most to the least readily given to somebody who asks for the best ones.
enum class seat_grade : std::uint8_t {
  plain,
  restricted, ///< its view is restricted
  wheelchair, ///< a wheelchair place, or its companion's seat
};

/// One numbered seat of a plan.
struct planned_seat {
  std::string guid{};   ///< unique in the event
  std::string number{}; ///< as painted on it
  category_no category{};
  std::uint16_t row = 0; ///< index into the section's rows
  point position{};      ///< in the hall, all offsets added
  bool accessible = false;
  bool companion = false;
  bool restricted_view = false;
  bool after_break = false; ///< the seat before it in its row is no neighbour, however near it is

  /// How readily somebody who asks for the best gets this seat.
  [[nodiscard]] seat_grade grade() const noexcept {
    if (accessible || companion)
      return seat_grade::wheelchair;
    return restricted_view ? seat_grade::restricted : seat_grade::plain;
  }
};

/// One section: its rows of seats in plan order, or a capacity without seats.
struct section_plan {
  std::string id{};   ///< unique in the event, URL-safe
  std::string name{}; ///< what people call it
  /// Row names; the seats of a row are neighbours in `seats`, ordered along the row.
  std::vector<std::string> rows{};
  std::vector<planned_seat> seats{};
  /// General admission: how many may enter, all in `general_category`. No seats then.
  std::uint32_t general_capacity = 0;
  category_no general_category{};
  plan_order numbers{};
  /// The guids of seats that earlier plans had here and this one has not.
  std::map<seat_no, std::string> retired{};
  /// The id was made from the name, because the plan gives none: with another name, or in another place among sections
  /// of the same name, it is another one, and only its seats tell that it is the same section.
  bool id_is_made_up = false;

  [[nodiscard]] bool general() const noexcept { return general_capacity > 0; }
  [[nodiscard]] std::uint32_t capacity() const noexcept {
    return general() ? general_capacity : static_cast<std::uint32_t>(seats.size());
  }
  /// How many numbers were ever given to places here; every number is lower.
  [[nodiscard]] std::uint32_t numbers_given() const { return numbers.given(capacity()); }
  /// The number of the place at a position of the plan's order.
  [[nodiscard]] seat_no number_at(plan_index index) const { return numbers.number_at(index); }
  /// The position of a place in the plan's order; nothing when the plan does not have it, or no longer.
  [[nodiscard]] std::optional<plan_index> index_of(seat_no seat) const { return numbers.index_of(seat, capacity()); }
  [[nodiscard]] bool has(seat_no seat) const { return index_of(seat).has_value(); }
  /// The category of a seat that the plan has, or of the whole floor.
  [[nodiscard]] category_no category_of(seat_no seat) const;
};

/// Where a seat is.
struct seat_place {
  section_no section;
  seat_no seat;

  friend bool operator==(const seat_place&, const seat_place&) = default;
};

/// An event's hall. Immutable and shared once made.
class seating_plan {
public:
  /// Takes categories and sections as read; `ensure`s that guids and section ids are unique. Readers of foreign files
  /// check that first (`codec/plan_text`). `order` is the plan's order of sections; empty means all of them by
  /// number. Sections it leaves out are only of earlier plans and have no places.
  seating_plan(std::string name, std::vector<std::string> categories, std::vector<section_plan> sections,
               std::vector<section_no> order = {});

  // The indexes point into the sections' texts, which stay put when a plan is moved, but not when it is copied.
  seating_plan(const seating_plan&) = delete;
  seating_plan& operator=(const seating_plan&) = delete;
  seating_plan(seating_plan&&) = default;
  seating_plan& operator=(seating_plan&&) = default;
  ~seating_plan() = default;

  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] const std::vector<std::string>& categories() const noexcept { return categories_; }
  /// By number, including those that only earlier plans had.
  [[nodiscard]] const std::vector<section_plan>& sections() const noexcept { return sections_; }
  /// The sections that the plan has, as it lists them.
  [[nodiscard]] const std::vector<section_no>& order() const noexcept { return order_; }
  [[nodiscard]] const section_plan& section(section_no number) const;

  /// O(1) each, except for categories, which are few. Also finds places of general admission, by the names that `guid`
  /// gives them.
  [[nodiscard]] std::optional<seat_place> find_seat(std::string_view guid) const;
  [[nodiscard]] std::optional<section_no> find_section(std::string_view id) const;
  [[nodiscard]] std::optional<category_no> find_category(std::string_view name) const;

  /// The seat's guid, even if only an earlier plan had it; for general admission `SECTION-ID:NUMBER`, from 1.
  [[nodiscard]] std::string guid(seat_place place) const;

  [[nodiscard]] std::uint32_t capacity() const noexcept { return capacity_; }

private:
  std::string name_;
  std::vector<std::string> categories_;
  std::vector<section_plan> sections_;
  std::vector<section_no> order_;
  /// Flat: a hold names seats that nothing has touched for a while, so every extra memory access is a cache miss.
  boost::unordered_flat_map<std::string_view, seat_place, std::hash<std::string_view>> seats_by_guid_;
  std::unordered_map<std::string_view, section_no> sections_by_id_;
  std::uint32_t capacity_ = 0;
};

using shared_plan = std::shared_ptr<const seating_plan>;

/// True when every section of `next` begins with the seats of the same section of `now`, so that in plans without a
/// numbering every place keeps its number. Sections and seats may be added at the end.
[[nodiscard]] bool keeps_all_seats(const seating_plan& now, const seating_plan& next);

} // namespace usher::domain
