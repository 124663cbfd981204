#pragma once

#include "bench/descriptor.hpp"
#include "bench/ready_socket.hpp"

#include <chrono>
#include <csignal>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

namespace usher::bench {

/// What to start.
struct child_command {
  std::filesystem::path program;
  std::vector<std::string> arguments;
  /// Where its standard output and error go; if empty, where ours go.
  std::filesystem::path output_file;
  std::filesystem::path error_file;
};

/// A program that runs as a child, never longer than the thread that started it.
class child_process {
public:
  using milliseconds = std::chrono::milliseconds;

  /// Throws `std::system_error` when the program cannot be started.
  explicit child_process(const child_command& command);
  /// Kills it if it still runs.
  ~child_process();
  child_process(const child_process&) = delete;
  child_process& operator=(const child_process&) = delete;

  [[nodiscard]] pid_t id() const noexcept { return pid_; }

  [[nodiscard]] bool running() { return !wait_for(milliseconds(0)).has_value(); }

  /// Its exit code, or 128 + the signal that ended it; nullopt when it still runs after `patience`.
  std::optional<int> wait_for(milliseconds patience);

  /// Waits until it has said that it serves; false if it has not within `patience`, or has ended. Call once.
  [[nodiscard]] bool await_ready(milliseconds patience);

  /// Does nothing when it has ended.
  void send(int signal);

  /// Asks it to end, and kills it if it has not after `grace`. Returns the same as `wait_for`.
  int stop(milliseconds grace = std::chrono::seconds(15));

private:
  ready_socket ready_;
  pid_t pid_ = 0;
  std::optional<descriptor> end_; ///< readable once the process has ended
  std::optional<int> ended_;
};

/// The program that runs this code.
[[nodiscard]] std::filesystem::path this_program();

/// The last `most` bytes of a file, from the beginning of a line; empty when there is no such file.
[[nodiscard]] std::string tail_of(const std::filesystem::path& file, std::size_t most = 4000);

} // namespace usher::bench
