#include "actors/section_consequence.hpp"

namespace usher::actors {
namespace {

seats_look look_of(const std::vector<domain::sold_seat>& seats, char look) {
  seats_look result{{}, look};
  result.seats.reserve(seats.size());
  for (const auto& seat : seats)
    result.seats.push_back({seat.seat, seat.price});
  return result;
}

seats_look look_of(const std::vector<domain::seat_no>& seats, char look) {
  seats_look result{{}, look};
  result.seats.reserve(seats.size());
  for (auto seat : seats)
    result.seats.push_back({seat, 0});
  return result;
}

} // namespace

seats_look look_after(const domain::payment_started&) {
  return {};
}
seats_look look_after(const domain::payment_stopped&) {
  return {};
}
seats_look look_after(const domain::seats_sold& fact) {
  return look_of(fact.seats, 'S');
}
seats_look look_after(const domain::seats_returned& fact) {
  return look_of(fact.seats, '.');
}
seats_look look_after(const domain::seats_blocked& fact) {
  return look_of(fact.seats, 'B');
}
seats_look look_after(const domain::seats_unblocked& fact) {
  return look_of(fact.seats, '.');
}

} // namespace usher::actors
