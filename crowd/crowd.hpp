#pragma once

#include "crowd/address.hpp"
#include "crowd/latency_histogram.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <stop_token>
#include <string>
#include <vector>

/// A crowd of simulated buyers, all of them real WebSocket clients that know only the public protocol.
namespace usher::crowd {

/// What people do, as shares of all. Each buyer's decisions depend only on the seed and its own number.
struct crowd_habits {
  double takes_best = 0.1;                     ///< lets Usher choose instead of picking seats
  double pays = 0.75;                          ///< of those who hold seats
  double releases = 0.4;                       ///< of those who hold and do not pay; the others let the hold run out
  double watches_end = 0.3;                    ///< of those who let it run out: stays until it does
  double cancels = 0.02;                       ///< of those who own tickets
  double loses_answer = 0.03;                  ///< of holds and orders: the connection breaks before the answer is read
  double stays_in_section = 0.6;               ///< after somebody else was faster
  double section_steepness = 1.2;              ///< of Zipf's law, over the sections in plan order
  double seat_steepness = 0.9;                 ///< the same over the free seats of a section
  int tries = 8;                               ///< at holds
  std::chrono::milliseconds looks_for{500};    ///< at a section before picking, on average
  std::chrono::milliseconds thinks_for{1'000}; ///< before paying, on average
};

/// What has become of the crowd so far.
struct crowd_report {
  std::uint64_t joined = 0;
  std::uint64_t waiting = 0; ///< now
  std::uint64_t admitted = 0;
  std::uint64_t shopping = 0; ///< now
  std::uint64_t held = 0;     ///< holds granted
  std::uint64_t taken = 0;    ///< wishes for which somebody else was faster
  std::uint64_t expired = 0;  ///< holds that were seen to run out
  std::uint64_t released = 0;
  std::uint64_t ordered = 0; ///< orders confirmed
  std::uint64_t sold_seats = 0;
  std::int64_t revenue = 0; ///< minor units, of confirmed orders
  std::uint64_t declined = 0;
  std::uint64_t refunded = 0;
  std::uint64_t cancelled = 0;
  std::uint64_t repeated = 0;                  ///< holds and orders asked for again after their answer was lost
  std::uint64_t differences = 0;               ///< of these, how many got a different answer; each is an error, too
  std::uint64_t moved = 0;                     ///< connections that a server sent elsewhere
  std::uint64_t lost = 0;                      ///< connections that broke, where that may happen
  std::uint64_t turned_away = 0;               ///< gave up, or found nothing left
  std::uint64_t gone = 0;                      ///< buyers that have left
  std::map<std::string, std::uint64_t> errors; ///< what should not have happened, and how often
  latency_histogram hold;                      ///< from `hold` to `held`
  latency_histogram order;                     ///< from `order` to `confirmed`, including the payment
  std::chrono::duration<double> elapsed{0};

  [[nodiscard]] std::uint64_t failed() const;
};

struct crowd_options {
  address to;                    ///< where buyers are served
  std::vector<address> others{}; ///< where else: whose connection ends goes on at the next address
  /// Whether servers may go away: then a lost connection is no error as long as nothing is lost with it.
  bool may_lose_servers = false;
  std::string event;
  std::size_t buyers = 5'000; ///< 1 to 1000000
  std::uint64_t seed = 1;
  /// Those beyond this number come when others have left. With the server in the same process each counts as two open
  /// files.
  std::size_t connected_max = 5'000;
  /// Whoever is left after that counts as the error `unfinished`.
  std::chrono::seconds patience{110};
  crowd_habits habits;
  /// Called four times a second and at the end, on the thread of `run_crowd`.
  std::function<void(const crowd_report&)> on_progress;
  std::stop_token stop;
};

/// Sends the crowd and returns when everybody has left. Throws `unreachable` when there is no such server or event.
[[nodiscard]] crowd_report run_crowd(const crowd_options& options);

} // namespace usher::crowd
