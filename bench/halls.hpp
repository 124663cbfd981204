#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

/// The seats that `bench hold` asks for.
///
/// A buyer may hold at most 1,000 seats of one event, and a plan with all the seats that a long run needs would be
/// huge. So a run has several events in the same hall and fills one after another: at any moment everybody fights for
/// one event, as in a flash sale, and nobody comes near the limit.
namespace usher::bench {

/// A hall of equal sections, and how many events a run has in it.
struct halls {
  std::string run = "bench"; ///< prefix of the events' names: another run on the same store has other events
  std::size_t events = 1;
  std::size_t sections = 1;
  std::size_t seats_per_section = 0;

  [[nodiscard]] std::size_t seats_per_event() const { return sections * seats_per_section; }
  [[nodiscard]] std::size_t seats() const { return events * seats_per_event(); }
};

/// Halls with at least `seats` seats, shared about equally by `buyers`: each takes at most half of its limit in each
/// event. At most 1,000,000 seats, 50,000 per event, in sections of up to 1,000.
[[nodiscard]] halls halls_for(std::size_t buyers, std::size_t seats);

/// One seat of all, numbered event by event; within an event each seat is in another section than the one before it.
struct hall_seat {
  std::size_t event = 0;
  std::size_t section = 0;
  std::size_t seat = 0;
};
[[nodiscard]] hall_seat seat_at(const halls& all, std::size_t index);

/// The names of one event and of one seat in it.
[[nodiscard]] std::string event_name(const halls& all, std::size_t event);
void append_guid(std::string& text, const hall_seat& seat);

/// The body of `PUT /admin/v1/events/{event}`: the hall's plan, no waiting room, holds for an hour, open at once.
[[nodiscard]] std::string event_body(const halls& all);

} // namespace usher::bench
