#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <iosfwd>
#include <string>

namespace usher::bench {

/// `usher bench hold`: how many holds a node grants.
///
/// Each hold counted is one `hold` frame for one free seat, with a key, answered by `held`, which Usher says only when
/// the hold is durable. Every connection is a buyer of its own, and nobody asks for another's seat: losers cost no
/// write, so they would improve the figure. The node is a child process, so that the client shares nothing with it but
/// the machine.
struct hold_options {
  std::size_t connections = 1'000;   ///< 1 to 15000
  std::size_t in_flight = 1;         ///< per connection, 1 to 64
  std::chrono::seconds duration{10}; ///< 1 to 3600; the seats end after 1,000,000 holds
  double rate_per_s = 0;             ///< 0: closed loop; at most 1000000
  std::string store;                 ///< as for `usher node`; empty: a fresh SQLite file
  std::string config;                ///< a configuration file for the node; empty: the defaults
  bool with_echo = true;             ///< measure a bare echo with the same frames afterwards, for `ratio_echo`
  bool json = false;
  /// The program whose `node` is the server.
  std::filesystem::path program;
};

/// The verb. 0 if every hold was granted, 1 if not, 3 if the node cannot be started or reached.
int run_hold(const hold_options& options, std::ostream& out);

} // namespace usher::bench
