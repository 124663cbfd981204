#pragma once

#include "bench/child_process.hpp"
#include "bench/temporary_directory.hpp"
#include "crowd/address.hpp"

#include <chrono>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace usher::bench {

struct child_node_options {
  /// The `usher` program.
  std::filesystem::path program;
  /// If empty, a fresh SQLite file that is removed with the node.
  std::string store = {};
  /// 0: any free port.
  std::uint16_t http_port = 0;
  std::uint16_t admin_port = 0;
  std::string admin_key = "admin-key-of-a-child-node";
  /// Further arguments of `usher node`.
  std::vector<std::string> arguments = {};
  std::chrono::milliseconds ready_within = std::chrono::seconds(30);
};

/// `usher node` as a child process, from ready to gone. Leaves behind only what is in its store, and the sandbox's
/// account book beside a SQLite store.
class child_node {
public:
  /// Waits until it says that it is ready. Throws `std::runtime_error`, with what the node said last, if it does not in
  /// time.
  explicit child_node(child_node_options options);

  [[nodiscard]] crowd::address http() const { return {"127.0.0.1", options_.http_port}; }
  [[nodiscard]] crowd::address admin() const { return {"127.0.0.1", options_.admin_port}; }
  [[nodiscard]] const std::string& admin_key() const noexcept { return options_.admin_key; }
  [[nodiscard]] const std::string& store() const noexcept { return options_.store; }
  [[nodiscard]] child_process& process() { return *process_; }
  /// Where all of its log is, as long as this object lives.
  [[nodiscard]] std::filesystem::path log_file() const { return directory_.path() / "log"; }
  /// The tail of its log.
  [[nodiscard]] std::string said() const;

private:
  void wait_until_ready();

  child_node_options options_;
  // Declared before the process, whose files must outlive it.
  temporary_directory directory_;
  std::optional<child_process> process_;
};

} // namespace usher::bench
