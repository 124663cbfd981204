#include "codec/plan_text.hpp"

#include "codec/json_reader.hpp"

#include <boost/json/monotonic_resource.hpp>
#include <boost/json/parse.hpp>

#include <algorithm>
#include <array>
#include <limits>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

namespace usher::codec {
namespace {

constexpr std::size_t label_bytes = 256;
constexpr std::size_t section_id_bytes = 64;
constexpr std::size_t rows_max = std::numeric_limits<std::uint16_t>::max();

bool is_lower_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool is_url_safe(std::string_view text) {
  auto safe = [](char c) { return is_lower_or_digit(c) || (c >= 'A' && c <= 'Z') || c == '-' || c == '_' || c == '.'; };
  return !text.empty() && text.size() <= section_id_bytes && text.front() != '.'
         && std::all_of(text.begin(), text.end(), safe);
}

/// `Rang 2, Mitte` → `rang-2-mitte`.
std::string slug_of(std::string_view name) {
  std::string slug;
  for (char c : name) {
    if (c >= 'A' && c <= 'Z')
      c = static_cast<char>(c - 'A' + 'a');
    if (is_lower_or_digit(c))
      slug += c;
    else if (!slug.empty() && slug.back() != '-')
      slug += '-';
  }
  slug.resize(std::min(slug.size(), section_id_bytes - 8)); // leave room for a number that makes it unique
  while (!slug.empty() && slug.back() == '-')
    slug.pop_back();
  return slug.empty() ? "section" : slug;
}

/// Reads one plan; the first fault ends it.
class plan_reader {
public:
  explicit plan_reader(std::string_view at) : at_(at) {}

  read_plan_result read(const boost::json::value& json);

private:
  /// A zone that became a section: the id it asks for, and where it is in the file.
  struct zone_origin {
    std::string wanted_id; ///< if empty, made from the name
    std::string at;
  };

  void read_categories(object_reader& plan);
  void read_zones(object_reader& plan);
  void read_zone(object_reader& zone, const std::string& at);
  void read_general(object_reader& zone, domain::section_plan& section);
  void read_row(object_reader& row, const std::string& at, domain::point zone_at, domain::section_plan& section);
  std::unordered_set<std::size_t> read_breaks(object_reader& row, std::size_t seats);
  domain::planned_seat read_seat(object_reader& seat, domain::point row_at);
  void read_flags(object_reader& reader, domain::planned_seat& seat);
  domain::category_no read_category(object_reader& reader);
  domain::point read_point(object_reader& reader, std::string_view name);
  void count_places(object_reader& reader, std::string_view name, std::size_t places);
  void name_sections();
  void check_floor_names();

  std::string at_;
  first_fault fault_;
  std::vector<std::string> categories_;
  std::unordered_map<std::string, domain::category_no> category_numbers_;
  std::vector<domain::section_plan> sections_;
  std::vector<zone_origin> origins_;                           ///< of `sections_`
  std::unordered_map<std::string, std::string> seat_pointers_; ///< by guid
  std::size_t places_ = 0;
};

read_plan_result plan_reader::read(const boost::json::value& json) {
  std::string name;
  if (const auto* object = json.if_object()) {
    object_reader plan{*object, fault_, at_};
    name = plan.label("name", label_bytes);
    read_categories(plan);
    read_zones(plan);
    if (sections_.empty())
      plan.fail("zones", "The plan has no places.");
  } else {
    fault_ = bad_request(at_, "A plan must be an object.");
  }
  if (!fault_) {
    name_sections();
    check_floor_names();
  }
  if (fault_)
    return plan_fault{std::move(fault_->pointer), std::move(fault_->detail)};
  return std::make_shared<const domain::seating_plan>(std::move(name), std::move(categories_), std::move(sections_));
}

void plan_reader::read_categories(object_reader& plan) {
  const auto* categories = plan.array("categories", 1, plan_categories_max);
  if (!categories)
    return;
  auto list_at = plan.pointer("categories");
  for (std::size_t i = 0; i < categories->size() && !fault_; ++i) {
    auto category_at = pointer_to(list_at, i);
    const auto* object = (*categories)[i].if_object();
    if (!object) {
      fault_ = bad_request(category_at, "A category must be an object.");
      return;
    }
    object_reader category{*object, fault_, category_at};
    std::string name{category.text("name", label_bytes)};
    if (!category_numbers_.emplace(name, static_cast<std::uint16_t>(i)).second)
      category.fail("name", "There are two categories of this name.");
    categories_.push_back(std::move(name));
  }
}

void plan_reader::read_zones(object_reader& plan) {
  const auto* zones = plan.array("zones", 0, plan_sections_max);
  if (!zones)
    return;
  auto list_at = plan.pointer("zones");
  for (std::size_t i = 0; i < zones->size() && !fault_; ++i) {
    auto zone_at = pointer_to(list_at, i);
    const auto* object = (*zones)[i].if_object();
    if (!object) {
      fault_ = bad_request(zone_at, "A zone must be an object.");
      return;
    }
    object_reader zone{*object, fault_, zone_at};
    read_zone(zone, zone_at);
  }
}

void plan_reader::read_zone(object_reader& zone, const std::string& at) {
  domain::section_plan section;
  section.name = zone.label("name", label_bytes);
  auto position = read_point(zone, "position");
  bool general = zone.has("general");
  const auto* rows = general && !zone.has("rows") ? nullptr : zone.array("rows", 0, rows_max);
  auto list_at = zone.pointer("rows");
  for (std::size_t i = 0; rows && i < rows->size() && !fault_; ++i) {
    auto row_at = pointer_to(list_at, i);
    const auto* object = (*rows)[i].if_object();
    if (!object) {
      fault_ = bad_request(row_at, "A row must be an object.");
      return;
    }
    object_reader row{*object, fault_, row_at};
    read_row(row, row_at, position, section);
  }
  if (general && !section.seats.empty())
    zone.fail("general", "A zone has either seats or a general admission.");
  else if (general)
    read_general(zone, section);
  if (section.seats.empty() && !general)
    return; // the zone has only areas to draw
  auto id = zone.has("zone_id") ? zone.label("zone_id", label_bytes) : std::string{};
  origins_.push_back({is_url_safe(id) ? std::move(id) : std::string{}, at});
  sections_.push_back(std::move(section));
}

void plan_reader::read_general(object_reader& zone, domain::section_plan& section) {
  const auto* object = zone.object("general");
  if (!object)
    return;
  auto general_at = zone.pointer("general");
  object_reader general{*object, fault_, general_at};
  auto capacity = general.number("capacity", 1, static_cast<std::int64_t>(plan_seats_max));
  section.general_capacity = static_cast<std::uint32_t>(capacity);
  section.general_category = read_category(general);
  count_places(general, "capacity", section.general_capacity);
}

void plan_reader::read_row(object_reader& row, const std::string& at, domain::point zone_at,
                           domain::section_plan& section) {
  auto name = row.label("row_number", label_bytes);
  auto offset = row.has("position") ? read_point(row, "position") : domain::point{};
  domain::point row_at{zone_at.x + offset.x, zone_at.y + offset.y};
  const auto* seats = row.array("seats", 0, plan_seats_max);
  if (!seats || seats->empty())
    return;
  count_places(row, "seats", seats->size());
  auto row_number = static_cast<std::uint16_t>(section.rows.size());
  section.rows.push_back(std::move(name));
  auto breaks = read_breaks(row, seats->size());
  auto list_at = pointer_to(at, "seats");
  for (std::size_t i = 0; i < seats->size() && !fault_; ++i) {
    auto seat_at = pointer_to(list_at, i);
    const auto* object = (*seats)[i].if_object();
    if (!object) {
      fault_ = bad_request(seat_at, "A seat must be an object.");
      return;
    }
    object_reader reader{*object, fault_, seat_at};
    auto seat = read_seat(reader, row_at);
    seat.row = row_number;
    seat.after_break = breaks.contains(i);
    auto [first, is_new] = seat_pointers_.emplace(seat.guid, seat_at);
    if (!is_new)
      reader.fail("seat_guid", "The seat at " + first->second + " has this guid already.");
    section.seats.push_back(std::move(seat));
  }
}

/// Which seats of a row begin another segment of it, by index; the first one always does.
std::unordered_set<std::size_t> plan_reader::read_breaks(object_reader& row, std::size_t seats) {
  std::unordered_set<std::size_t> result;
  const auto* list = row.has("segment_breaks") ? row.array("segment_breaks", 0, plan_seats_max) : nullptr;
  for (std::size_t i = 0; list && i < list->size(); ++i) {
    boost::system::error_code error;
    auto index = (*list)[i].to_number<std::uint32_t>(error);
    if (!error && index <= seats)
      result.insert(index);
    else if (!fault_)
      fault_ = bad_request(pointer_to(row.pointer("segment_breaks"), i),
                           "This must be the index of the seat before which the row is interrupted.");
  }
  return result;
}

domain::planned_seat plan_reader::read_seat(object_reader& reader, domain::point row_at) {
  domain::planned_seat seat;
  seat.guid = std::string{reader.text("seat_guid", label_bytes)};
  seat.number = reader.label("seat_number", label_bytes);
  auto offset = read_point(reader, "position");
  seat.position = {row_at.x + offset.x, row_at.y + offset.y};
  seat.category = read_category(reader);
  if (reader.has("flags"))
    read_flags(reader, seat);
  return seat;
}

void plan_reader::read_flags(object_reader& reader, domain::planned_seat& seat) {
  const auto* flags = reader.array("flags", 0, 16);
  for (std::size_t i = 0; flags && i < flags->size(); ++i) {
    const auto* text = (*flags)[i].if_string();
    if (text && *text == "accessible")
      seat.accessible = true;
    else if (text && *text == "companion")
      seat.companion = true;
    else if (text && *text == "restricted_view")
      seat.restricted_view = true;
    else if (!fault_)
      fault_ =
          bad_request(pointer_to(reader.pointer("flags"), i), "This must be accessible, companion or restricted_view.");
  }
}

domain::category_no plan_reader::read_category(object_reader& reader) {
  std::string name{reader.text("category", label_bytes)};
  auto found = category_numbers_.find(name);
  if (found != category_numbers_.end())
    return found->second;
  reader.fail("category", "The plan has no category " + name + ".");
  return {};
}

domain::point plan_reader::read_point(object_reader& reader, std::string_view name) {
  const auto* object = reader.object(name);
  if (!object)
    return {};
  auto point_at = reader.pointer(name);
  object_reader point{*object, fault_, point_at};
  auto x = point.real("x");
  return {x, point.real("y")};
}

void plan_reader::count_places(object_reader& reader, std::string_view name, std::size_t places) {
  places_ += places;
  if (places_ > plan_seats_max)
    reader.fail(name, "The plan has more than " + std::to_string(plan_seats_max) + " places.");
}

/// Ids given in the file go first, so that a made-up one never takes them.
void plan_reader::name_sections() {
  std::unordered_set<std::string> taken;
  std::unordered_map<std::string, std::size_t> next_number;
  auto unique = [&](const std::string& wanted) {
    auto id = wanted;
    while (!taken.insert(id).second)
      id = wanted.substr(0, section_id_bytes - 8) + "-"
           + std::to_string(++next_number.try_emplace(wanted, 1).first->second);
    return id;
  };
  std::unordered_map<std::string_view, std::size_t> wanted_by;
  for (const auto& origin : origins_)
    ++wanted_by[origin.wanted_id];
  for (std::size_t i = 0; i < sections_.size(); ++i)
    if (!origins_[i].wanted_id.empty()) {
      sections_[i].id = unique(origins_[i].wanted_id);
      sections_[i].id_is_made_up = wanted_by[origins_[i].wanted_id] > 1; // which of them is which is made up
    }
  for (std::size_t i = 0; i < sections_.size(); ++i)
    if (origins_[i].wanted_id.empty()) {
      sections_[i].id = unique(slug_of(sections_[i].name));
      sections_[i].id_is_made_up = true;
    }
}

/// The places of a floor are called `ID:NUMBER`; no seat may have such a name.
void plan_reader::check_floor_names() {
  for (const auto& section : sections_) {
    for (std::uint32_t number = 1; number <= section.general_capacity && !fault_; ++number) {
      auto found = seat_pointers_.find(section.id + ":" + std::to_string(number));
      if (found != seat_pointers_.end())
        fault_ = bad_request(pointer_to(found->second, "seat_guid"),
                             "A place of the floor " + section.id + " is called so.");
    }
  }
}

} // namespace

read_plan_result read_plan(const boost::json::value& json, std::string_view at) {
  return plan_reader{at}.read(json);
}

read_plan_result parse_plan(std::string_view text) {
  if (text.size() > plan_bytes_max)
    return plan_fault{{}, "The plan is larger than " + std::to_string(plan_bytes_max) + " bytes."};
  boost::json::monotonic_resource arena;
  boost::json::parse_options options;
  options.max_depth = 64;
  boost::system::error_code error;
  auto json = boost::json::parse({text.data(), text.size()}, error, &arena, options);
  if (error)
    return plan_fault{{}, "The plan is not JSON: " + error.message() + "."};
  return read_plan(json);
}

} // namespace usher::codec
