#include "actors/section_once_durable.hpp"

namespace usher::actors {
namespace {

seats_look look_of(const std::vector<domain::sold_seat>& seats, domain::seat_state state) {
  seats_look result{{}, domain::to_char(state)};
  result.seats.reserve(seats.size());
  for (const auto& seat : seats)
    result.seats.push_back({seat.seat, seat.price});
  return result;
}

seats_look look_of(const std::vector<domain::seat_no>& seats, domain::seat_state state) {
  seats_look result{{}, domain::to_char(state)};
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
  return look_of(fact.seats, domain::seat_state::sold);
}
seats_look look_after(const domain::seats_returned& fact) {
  return look_of(fact.seats, domain::seat_state::free);
}
seats_look look_after(const domain::seats_blocked& fact) {
  return look_of(fact.seats, domain::seat_state::blocked);
}
seats_look look_after(const domain::seats_unblocked& fact) {
  return look_of(fact.seats, domain::seat_state::free);
}

} // namespace usher::actors
