#pragma once

#include "bench/load.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <iosfwd>

namespace usher::bench {

/// `usher bench echo`: the most that this machine can do with the same client and frames of the same size.
struct echo_options {
  std::size_t connections = 1'000;   ///< 1 to 15000
  std::size_t in_flight = 1;         ///< per connection, 1 to 64
  std::chrono::seconds duration{10}; ///< 1 to 3600
  double rate_per_s = 0;             ///< 0: closed loop; at most 1000000
  std::size_t request_bytes = 110;   ///< of a frame, 32 to 65536: as a `hold` of one seat
  std::size_t answer_bytes = 300;    ///< of a frame, up to 65536: as a `held` of one seat
  bool json = false;
  /// Only serve, on this loopback port, until killed: the server half of the bench, started by the client half.
  std::uint16_t serve_port = 0;
  /// Called once that server listens; the client half waits for the notice.
  std::function<void()> on_listening;
  /// The program whose `bench echo --serve PORT --answer-bytes N` is the server.
  std::filesystem::path program;
};

/// Runs the client against an echo server that is already listening.
[[nodiscard]] load_result measure_echo(const load_plan& plan, std::size_t request_bytes);

/// Starts the server as a child process, runs the client against it, and ends the server. Throws `unreachable`.
[[nodiscard]] load_result run_beside_echo_server(const echo_options& options);

/// The verb. 0 if every request was answered, 1 if not, 3 if there was no connection.
int run_echo(const echo_options& options, std::ostream& out);

} // namespace usher::bench
