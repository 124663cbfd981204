#pragma once

#include "crowd/address.hpp"
#include "crowd/latency_histogram.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Sends requests over many WebSocket connections for a while and times them.
namespace usher::bench {

/// What a frame from the server is.
struct answer {
  std::string_view id;  ///< of the request that it answers; empty if it answers none
  std::string_view why; ///< empty if the request succeeded
};

/// What to ask for, and how to read answers.
class workload {
public:
  virtual ~workload() = default;

  /// The first frame on a connection, whose answer is awaited before the run starts; nullopt for none.
  [[nodiscard]] virtual std::optional<std::string> greeting(std::size_t connection) = 0;
  /// Writes the next request into `text`, with this id. False if there is nothing left to ask for.
  [[nodiscard]] virtual bool next_request(std::size_t connection, std::string_view id, std::string& text) = 0;
  [[nodiscard]] virtual answer read(std::string_view frame) = 0;
};

struct load_plan {
  crowd::address to;
  /// More servers: with `to` each of them has every so many-th connection.
  std::vector<crowd::address> also_to = {};
  std::size_t connections = 100;
  /// Requests in flight on each connection.
  std::size_t in_flight = 1;
  std::chrono::milliseconds duration = std::chrono::seconds(10);
  /// Precedes `duration` and is not counted.
  std::chrono::milliseconds warm_up = std::chrono::seconds(1);
  /// Requests per second, each intended for its moment; 0: a request follows its predecessor's answer. With a rate,
  /// requests are timed from the intended moment, so that a stuck server cannot hide.
  double rate_per_s = 0;
};

struct load_result {
  crowd::latency_histogram latency; ///< of what succeeded
  std::uint64_t succeeded = 0;
  std::map<std::string, std::uint64_t> errors; ///< by reason
  std::chrono::duration<double> elapsed{0};
  double request_bytes = 0; ///< mean
  double answer_bytes = 0;  ///< mean, of what succeeded
  bool used_up = false;     ///< the workload ended before the time did

  [[nodiscard]] double per_s() const {
    return elapsed.count() > 0 ? static_cast<double>(succeeded) / elapsed.count() : 0;
  }
  [[nodiscard]] std::uint64_t failed() const;
};

/// Opens all connections, runs the plan and closes them. Throws `unreachable` when a connection cannot be opened or
/// greeted.
[[nodiscard]] load_result run_load(const load_plan& plan, workload& work);

} // namespace usher::bench
