#include "bench/halls.hpp"

#include "domain/ensure.hpp"

#include <algorithm>
#include <charconv>

namespace usher::bench {

namespace {

constexpr std::size_t seats_max = 1'000'000;
constexpr std::size_t seats_per_event_max = 50'000;
constexpr std::size_t seats_per_section_max = 1'000;
constexpr std::size_t per_buyer_max = 1'000;
constexpr std::size_t seats_per_row = 50;

void append(std::string& text, std::size_t number) {
  char digits[20];
  auto [end, error] = std::to_chars(std::begin(digits), std::end(digits), number);
  text.append(digits, end);
}

std::size_t divide_up(std::size_t a, std::size_t b) {
  return (a + b - 1) / b;
}

} // namespace

halls halls_for(std::size_t buyers, std::size_t seats) {
  domain::ensure(buyers > 0 && seats > 0, "a hall is for somebody");
  seats = std::min(seats, seats_max);
  auto per_event = std::min({seats_per_event_max, buyers * per_buyer_max / 2, seats});
  halls all;
  all.sections = divide_up(per_event, seats_per_section_max);
  all.seats_per_section = divide_up(per_event, all.sections);
  all.events = divide_up(seats, all.seats_per_event());
  return all;
}

hall_seat seat_at(const halls& all, std::size_t index) {
  auto in_event = index % all.seats_per_event();
  return {index / all.seats_per_event(), in_event % all.sections, in_event / all.sections};
}

std::string event_name(const halls& all, std::size_t event) {
  return all.run + '-' + std::to_string(event + 1);
}

void append_guid(std::string& text, const hall_seat& seat) {
  append(text, seat.section + 1);
  text += '-';
  append(text, seat.seat + 1);
}

std::string event_body(const halls& all) {
  std::string text = R"({"name":"Bench","hold_ttl_s":3600,"max_seats_per_buyer":1000,"waiting_room":false,)"
                     R"("prices":{"Stalls":5000},"state":"open","plan":{"name":"Bench",)"
                     R"("categories":[{"name":"Stalls"}],"zones":[)";
  for (std::size_t section = 0; section < all.sections; ++section) {
    text += section == 0 ? R"({"zone_id":")" : R"(,{"zone_id":")";
    append(text, section + 1);
    text += R"(","name":"Section )";
    append(text, section + 1);
    text += R"(","position":{"x":0,"y":0},"rows":[)";
    for (std::size_t seat = 0; seat < all.seats_per_section; ++seat) {
      auto row = seat / seats_per_row;
      if (seat % seats_per_row == 0) {
        text += seat == 0 ? R"({"row_number":")" : R"(]},{"row_number":")";
        append(text, row + 1);
        text += R"(","position":{"x":0,"y":)";
        append(text, row);
        text += R"(},"seats":[)";
      } else {
        text += ',';
      }
      text += R"({"seat_guid":")";
      append_guid(text, {0, section, seat});
      text += R"(","seat_number":")";
      append(text, seat % seats_per_row + 1);
      text += R"(","position":{"x":)";
      append(text, seat % seats_per_row);
      text += R"(,"y":0},"category":"Stalls"})";
    }
    text += "]}]}";
  }
  text += "]}}";
  return text;
}

} // namespace usher::bench
