#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace usher::tests {

/// A PostgreSQL server of the test's own, with fsync on: a fresh data folder, a unix socket and a free loopback port.
/// Stopped, and its folder removed, when this object ends. The server refuses to run as root, so root runs it as the
/// user `postgres`.
class private_postgres {
public:
  private_postgres();
  ~private_postgres();
  private_postgres(const private_postgres&) = delete;
  private_postgres& operator=(const private_postgres&) = delete;

  /// Makes an empty database and returns its url, over TCP.
  [[nodiscard]] std::string make_database();
  /// The same database over the unix socket.
  [[nodiscard]] std::string socket_url(const std::string& url) const;

  /// Starts it again after `stop` or `kill`, on the same data and port, and waits until it answers.
  void start();
  /// An orderly stop that disconnects the clients.
  void stop();
  /// SIGKILL to every process of the server, as a power cut would end it.
  void kill();
  /// SIGSTOP to every process of the server: it accepts connections but stays silent.
  void pause();
  void resume();

private:
  /// Runs a command as the server's user.
  void run(const std::vector<std::string>& command) const;
  void run_as_caller(const std::vector<std::string>& command) const;
  [[nodiscard]] std::vector<int> processes() const;

  std::filesystem::path folder_;
  int port_ = 0;
  int databases_ = 0;
  bool paused_ = false;
};

} // namespace usher::tests
