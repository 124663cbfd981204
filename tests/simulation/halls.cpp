#include "tests/simulation/halls.hpp"

#include "node/plan_text.hpp"

#include <utility>

namespace usher::simulation {
namespace {

/// More than all may take: there is always something left to try the limit on.
constexpr int floor_places = 200;

/// A section of one row.
std::string row(const std::string& id, int first, int last) {
  std::string seats;
  for (int i = first; i <= last; ++i)
    seats += std::string{i > first ? "," : ""} + R"({"seat_guid":")" + id + "-" + std::to_string(i)
             + R"(","seat_number":")" + std::to_string(i) + R"(","category":"Seat","position":{"x":)"
             + std::to_string(i * 10) + R"(,"y":0}})";
  return R"({"name":")" + id + R"(","zone_id":")" + id + R"(","rows":[{"row_number":"A","seats":[)" + seats
         + R"(]}],"position":{"x":0,"y":0}})";
}

std::string floor_of(int places) {
  return std::string{R"({"name":"Floor","zone_id":")"} + floor_id + R"(","rows":[],"general":{"capacity":)"
         + std::to_string(places) + R"(,"category":"Standing"},"position":{"x":0,"y":0}})";
}

hall made_of(const std::string& sections) {
  auto text =
      R"({"name":"Hall","categories":[{"name":"Seat","color":"#000000"},{"name":"Standing","color":"#ffffff"}],"zones":[)"
      + sections + "]}";
  auto plan = node::plan_of_text(text);
  return {std::make_shared<const std::string>(std::move(text)), std::move(plan)};
}

} // namespace

std::vector<hall> all_halls() {
  return {
      made_of(row("left", 1, 8) + "," + row("right", 1, 8) + "," + floor_of(floor_places)),
      made_of(row("left", 1, 10) + "," + row("right", -1, 8) + "," + floor_of(floor_places)),
      made_of(row("left", 1, 8) + "," + row("right", 1, 8) + "," + row("balcony", 1, 6) + "," + floor_of(floor_places)),
      made_of(row("left", 1, 6) + "," + row("right", 3, 8) + "," + floor_of(floor_places - 50)),
      made_of(floor_of(floor_places) + "," + row("right", 1, 8) + "," + row("left", 1, 8))};
}

} // namespace usher::simulation
