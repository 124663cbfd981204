#pragma once

#include "persistence/booking_store.hpp"

#include <vector>

/// Facts and entries for tests of stores and of the audit.
namespace usher::tests {

inline const domain::event_id rock{"rock"};
inline const domain::shard_id event_shard{domain::shard_kind::event, rock, {}};
inline const domain::shard_id queue_shard{domain::shard_kind::waiting_room, rock, {}};

inline domain::shard_id section_shard(std::uint16_t number) {
  return {domain::shard_kind::section, rock, domain::section_no{number}};
}

/// A moment, in seconds after the tests' beginning of time.
inline domain::instant moment(std::int64_t seconds) {
  return domain::instant{domain::seconds{1'700'000'000 + seconds}};
}

inline domain::seats_held held(std::uint64_t hold, std::vector<std::uint32_t> seats, std::int64_t until = 300) {
  domain::seats_held fact{{7, hold}, domain::buyer_id{"buyer-" + std::to_string(hold)}, {}, moment(until), hold};
  for (auto seat : seats)
    fact.seats.push_back({domain::seat_no{seat}, 1000});
  return fact;
}

inline domain::seats_sold sold(std::uint64_t hold, std::uint64_t order, std::vector<std::uint32_t> seats,
                               std::uint32_t version = 1) {
  domain::seats_sold fact{{7, hold}, {9, order}, domain::buyer_id{"buyer-" + std::to_string(hold)}, {}};
  for (auto seat : seats)
    fact.seats.push_back({domain::seat_no{seat}, 1000, version});
  return fact;
}

inline domain::seats_returned returned(std::uint64_t order, std::vector<std::uint32_t> seats,
                                       std::uint32_t version = 2) {
  domain::seats_returned fact{{9, order}, {}};
  for (auto seat : seats)
    fact.seats.push_back({domain::seat_no{seat}, 1000, version});
  return fact;
}

inline domain::order_started ordered(std::uint64_t hold, std::uint64_t order, std::vector<std::uint32_t> seats,
                                     std::uint16_t section = 0) {
  domain::order_started fact{
      {9, order}, {7, hold}, domain::buyer_id{"buyer-" + std::to_string(hold)}, {}, 0, "card", "key", order, moment(1)};
  for (auto seat : seats) {
    fact.seats.push_back({domain::section_no{section}, domain::seat_no{seat}, 1000});
    fact.total += 1000;
  }
  return fact;
}

inline domain::order_advanced advanced(std::uint64_t order, domain::order_state state) {
  return {{9, order}, state, "", moment(2)};
}

inline persistence::journal_entry entry(const domain::shard_id& shard, domain::epoch epoch, std::uint64_t seq,
                                        domain::fact fact, std::int64_t at = 0) {
  return {shard, epoch, domain::fact_seq{seq}, moment(at), std::move(fact)};
}

/// One of each kind, with every member set.
inline std::vector<domain::fact> one_of_each() {
  using namespace domain;
  event_settings settings{"Rock \xE2\x9C\xA8 Night",
                          "USD",
                          {1, -2, 9'000'000'000},
                          seconds{77},
                          4,
                          55,
                          66,
                          false,
                          true,
                          moment(5),
                          moment(-9),
                          {seconds{8}},
                          {cancellation_rule::who::buyers, moment(7)},
                          true};
  return {held(1, {1, 2, 70000}),
          hold_ended{{1, 2}, hold_end::unacknowledged},
          payment_started{{1, 2}, {3, 4}, moment(9)},
          payment_stopped{{1, 2}, {3, 4}, moment(9)},
          sold(1, 2, {5, 6}, 3),
          returned(2, {5, 6}, 4),
          seats_blocked{{seat_no{1}, seat_no{4'000'000'000}}},
          seats_unblocked{{seat_no{1}}},
          event_defined{settings},
          event_state_changed{event_state::closed},
          ordered(1, 2, {5, 6}, 65535),
          order_advanced{{3, 4}, order_state::cancelled, "no money", moment(3)},
          numbers_reserved{queue_number{~std::uint64_t{0}}},
          turns_taken{{{queue_number{1}, queue_number{7}}, {queue_number{9}, queue_number{128}}}, moment(900)},
          order_cancel_requested{{3, 4}, moment(4)},
          section_past{{{1, 2}, {3, 4}}, {{seat_no{5}, 2, 17'800}, {seat_no{70000}, 1, 0}}},
          hold_extended{{1, 2}, moment(9)},
          numbers_used_up{{{queue_number{1}, queue_number{7}}}, queue_number{6}}};
}

} // namespace usher::tests
