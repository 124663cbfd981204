#include "codec/plan_text.hpp"

#include "codec/json_reader.hpp"

#include <boost/json/monotonic_resource.hpp>
#include <boost/json/parse.hpp>

#include <algorithm>
#include <array>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

namespace usher::codec {
namespace {

constexpr std::size_t label_bytes = 256;
constexpr const char* only_category = "Standard";
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

/// Things of one kind to name in a sentence: the first few, and whether there are more.
class listed_names {
public:
  void add(std::string name) {
    if (names_.size() < most)
      names_.push_back(std::move(name));
    else
      ++left_out_;
  }
  [[nodiscard]] bool empty() const { return names_.empty(); }
  /// `a, b and 3 more`
  [[nodiscard]] std::string text() const {
    std::string result;
    for (const auto& name : names_)
      result += (result.empty() ? "" : ", ") + name;
    return left_out_ == 0 ? result : result + " and " + std::to_string(left_out_) + " more";
  }

private:
  static constexpr std::size_t most = 10;

  std::vector<std::string> names_;
  std::size_t left_out_ = 0;
};

/// Where a plan is being read, in its own words.
struct plan_place {
  std::string at;   ///< the pointer to the innermost object that has begun
  std::string zone; ///< empty outside of zones
  std::string row;
  std::string seat;

  /// `zone Ground, row A, seat 3`
  [[nodiscard]] std::string text() const {
    return zone + (row.empty() ? "" : ", " + row) + (seat.empty() ? "" : ", " + seat);
  }
};

std::string named(const char* kind, const std::string& name, std::size_t index) {
  return name.empty() ? std::string{kind} + " at position " + std::to_string(index + 1) + " of its list"
                      : std::string{kind} + " " + name;
}

/// A name of a thing if it has one that can be read, however wrong the rest of it is.
std::string name_in(const boost::json::object& object, std::string_view member) {
  const auto* value = object.if_contains(member);
  const auto* text = value ? value->if_string() : nullptr;
  auto is_usable = text && !fault_of_text({text->data(), text->size()}, label_bytes);
  return is_usable ? std::string{text->data(), text->size()} : std::string{};
}

std::string capitalized(std::string text) {
  if (!text.empty() && text.front() >= 'a' && text.front() <= 'z')
    text.front() = static_cast<char>(text.front() - 'a' + 'A');
  return text;
}

std::string place_of(const domain::section_plan& section, const domain::planned_seat& seat) {
  return plan_place{
      {}, named("zone", section.name, 0), named("row", section.rows[seat.row], seat.row), "seat " + seat.number}
      .text();
}

/// Reads one plan. A fault that leaves the rest unreadable ends it; guids and categories are looked at in the whole
/// plan.
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
  void check_guids();
  void check_categories();
  [[nodiscard]] plan_fault fault_in_words() const;

  std::string at_;
  plan_place place_;
  /// A plan without categories has one, and no place has to say so.
  bool has_one_category_ = false;
  std::set<std::string> guids_twice_;
  std::string first_twice_at_;
  std::set<std::string> unknown_categories_;
  listed_names unknown_names_;
  std::string first_unknown_at_;
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
    check_guids();
    check_categories();
  } else {
    fault_ = bad_request(at_, "A plan must be an object.");
  }
  if (!fault_) {
    name_sections();
    check_floor_names();
  }
  if (fault_)
    return fault_in_words();
  return std::make_shared<const domain::seating_plan>(std::move(name), std::move(categories_), std::move(sections_));
}

/// An editor writes no categories before anybody has made one.
void plan_reader::read_categories(object_reader& plan) {
  const auto* categories = plan.array("categories", 0, plan_categories_max);
  if (!categories)
    return;
  if (categories->empty()) {
    has_one_category_ = true;
    categories_.emplace_back(only_category);
    category_numbers_.emplace(only_category, 0);
    return;
  }
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
    auto name = name_in(*object, "name");
    place_ = {zone_at, named("zone", name.empty() ? name_in(*object, "zone_id") : name, i), {}, {}};
    read_zone(zone, zone_at);
    if (!fault_)
      place_ = {};
  }
}

void plan_reader::read_zone(object_reader& zone, const std::string& at) {
  domain::section_plan section;
  section.name = zone.label(zone.has("name") || !zone.has("zone_id") ? "name" : "zone_id", label_bytes);
  auto position = zone.has("position") ? read_point(zone, "position") : domain::point{};
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
    place_.at = row_at;
    place_.row = named("row", name_in(*object, "row_number"), i);
    read_row(row, row_at, position, section);
    if (!fault_) {
      place_.at = at;
      place_.row.clear();
    }
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
    place_.at = seat_at;
    place_.seat = named("seat", name_in(*object, "seat_number"), i);
    if (auto guid = name_in(*object, "seat_guid"); !guid.empty())
      place_.seat += " (" + guid + ")";
    auto seat = read_seat(reader, row_at);
    seat.row = row_number;
    seat.after_break = breaks.contains(i);
    if (!seat_pointers_.emplace(seat.guid, seat_at).second && guids_twice_.insert(seat.guid).second
        && first_twice_at_.empty())
      first_twice_at_ = reader.pointer("seat_guid");
    section.seats.push_back(std::move(seat));
    if (!fault_) {
      place_.at = at;
      place_.seat.clear();
    }
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
  auto name = has_one_category_ && !reader.has("category") ? std::string{} : reader.label("category", label_bytes);
  if (name.empty() && has_one_category_)
    return {};
  auto found = category_numbers_.find(name);
  if (found != category_numbers_.end())
    return found->second;
  if (!fault_ && unknown_categories_.size() <= plan_categories_max && unknown_categories_.insert(name).second) {
    unknown_names_.add((name.empty() ? "none" : name) + " (" + place_.text() + ")");
    if (first_unknown_at_.empty())
      first_unknown_at_ = reader.pointer("category");
  }
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

/// Names all seats that share a guid.
void plan_reader::check_guids() {
  if (fault_ || guids_twice_.empty())
    return;
  std::map<std::string_view, listed_names> places;
  constexpr std::size_t most = 10;
  for (const auto& section : sections_)
    for (const auto& seat : section.seats)
      if (guids_twice_.contains(seat.guid) && (places.size() < most || places.contains(seat.guid)))
        places[seat.guid].add(place_of(section, seat));
  std::string sentence = "Each seat needs a guid of its own.";
  for (const auto& [guid, where] : places)
    sentence += " The guid " + std::string{guid} + " is given to: " + where.text() + ".";
  if (auto more = guids_twice_.size() - places.size())
    sentence += " " + std::to_string(more) + " more guids are given to several seats.";
  place_ = {};
  fault_ = bad_request(first_twice_at_, std::move(sentence));
}

void plan_reader::check_categories() {
  if (unknown_names_.empty() || (fault_ && fault_->pointer != first_twice_at_))
    return;
  auto sentence = "The plan does not list all categories that its places are in: " + unknown_names_.text() + ".";
  place_ = {};
  if (fault_)
    fault_->detail += " " + sentence;
  else
    fault_ = bad_request(first_unknown_at_, std::move(sentence));
}

/// What is wrong with a member is said of "this"; people want to know which member of which zone, row and seat.
plan_fault plan_reader::fault_in_words() const {
  auto sentence = fault_->detail;
  const auto& base = place_.zone.empty() ? at_ : place_.at;
  if (!fault_->pointer.starts_with(base))
    return {fault_->pointer, std::move(sentence)};
  constexpr std::string_view subject = "This ";
  auto member = fault_->pointer.substr(std::min(base.size() + 1, fault_->pointer.size()));
  if (sentence.starts_with(subject) && !member.empty())
    sentence.replace(0, subject.size() - 1, member);
  return {fault_->pointer, place_.zone.empty() ? sentence : capitalized(place_.text()) + ": " + sentence};
}

} // namespace

std::vector<std::string> warnings_of(const domain::seating_plan& plan) {
  listed_names equal;
  for (auto number : plan.order()) {
    const auto& section = plan.section(number);
    std::set<std::pair<std::string_view, std::string_view>> seen;
    for (const auto& seat : section.seats)
      if (!seen.emplace(section.rows[seat.row], seat.number).second)
        equal.add(place_of(section, seat) + " (" + seat.guid + ")");
  }
  if (equal.empty())
    return {};
  return {"Two seats have the same row and number, so buyers cannot tell them apart: " + equal.text() + "."};
}

std::optional<std::string> warning_of_prices(const domain::event_settings& settings, const domain::seating_plan& plan) {
  listed_names unpriced;
  for (std::size_t i = 0; i < plan.categories().size(); ++i)
    if (i >= settings.prices.size() || !settings.prices[i])
      unpriced.add(plan.categories()[i]);
  if (unpriced.empty())
    return std::nullopt;
  return "These categories have no price and are not for sale: " + unpriced.text() + ".";
}

read_plan_result read_plan(const boost::json::value& json, std::string_view at) {
  return plan_reader{at}.read(json);
}

read_plan_result parse_plan(std::string_view text) {
  text = without_byte_order_mark(text);
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
