#include "crowd/hall.hpp"

#include "crowd/http_client.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <algorithm>

namespace usher::crowd {

namespace json = boost::json;

namespace {

/// Beyond this many, seats are all equally popular.
constexpr std::size_t ranks_max = 2'000;

json::value get(http_client& server, const std::string& target) {
  auto answer = server.call({.method = "GET", .target = target});
  if (answer.status != 200)
    throw unreachable("GET " + target + " answers " + std::to_string(answer.status) + ": " + answer.body);
  return json::parse(answer.body);
}

} // namespace

crowd_hall::crowd_hall(std::vector<crowd_section> sections, double section_steepness, double seat_steepness)
    : sections_(std::move(sections)), sections_wanted_(sections_.size(), section_steepness),
      seats_wanted_(ranks_max, seat_steepness) {}

std::size_t crowd_hall::choose_section(chance& by) const {
  return sections_wanted_.draw(by);
}

std::vector<std::size_t> crowd_hall::choose_seats(chance& by, std::string_view status, std::size_t quantity) const {
  std::vector<std::size_t> free;
  for (std::size_t i = 0; i < status.size(); ++i)
    if (status[i] == '.')
      free.push_back(i);
  if (free.empty() || quantity == 0)
    return {};
  auto first = free[seats_wanted_.draw(by) % free.size()];
  auto last = first;
  while (last - first + 1 < quantity && last + 1 < status.size() && status[last + 1] == '.')
    ++last;
  while (last - first + 1 < quantity && first > 0 && status[first - 1] == '.')
    --first;
  std::vector<std::size_t> chosen;
  for (auto seat = first; seat <= last; ++seat)
    chosen.push_back(seat);
  return chosen;
}

std::vector<crowd_section> read_sections(http_client& server, const std::string& event) {
  auto path = "/v1/events/" + event;
  try {
    std::vector<crowd_section> sections;
    auto told = get(server, path);
    for (const auto& each : told.at("sections").as_array()) {
      crowd_section section;
      section.id = json::serialize(each.at("id"));
      section.general = each.at("kind").as_string() == "general";
      if (!section.general) {
        auto seats = get(server, path + "/sections/" + std::string(each.at("id").as_string()) + "/seats");
        for (const auto& guid : seats.at("seats").as_array())
          section.guids.push_back(json::serialize(guid));
      }
      sections.push_back(std::move(section));
    }
    if (sections.empty())
      throw unreachable(path + " has no sections");
    return sections;
  } catch (const boost::system::system_error& why) {
    throw unreachable(path + " is not what the protocol says: " + why.what());
  } catch (const std::out_of_range& why) {
    throw unreachable(path + " is not what the protocol says: " + why.what());
  } catch (const std::invalid_argument& why) {
    throw unreachable(path + " is not what the protocol says: " + why.what());
  }
}

} // namespace usher::crowd
