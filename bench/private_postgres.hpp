#pragma once

#include "bench/child_process.hpp"
#include "bench/descriptor.hpp"
#include "bench/temporary_directory.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace usher::bench {

/// Where the server's programs are: in the PATH, or where Debian puts them; nullopt if they are not on this machine.
[[nodiscard]] std::optional<std::filesystem::path> find_postgres();

/// A PostgreSQL server of the bench's own, with fsync on, in a temporary folder. It ends with this object, or with this
/// process, however that ends. The server refuses to run as root, so root runs it as the user `postgres`.
class private_postgres {
public:
  /// Waits until it answers. `programs` is what `find_postgres` said. Throws `std::runtime_error` with its last words.
  explicit private_postgres(const std::filesystem::path& programs);
  ~private_postgres();
  private_postgres(const private_postgres&) = delete;
  private_postgres& operator=(const private_postgres&) = delete;

  /// Its empty database, over TCP.
  [[nodiscard]] std::string url() const;

private:
  void make_folder();
  void run(const child_command& command);
  void await_answer();

  // Declared before the process, whose files must outlive it.
  temporary_directory directory_;
  std::filesystem::path folder_; ///< that user's own
  std::uint16_t port_;
  std::optional<descriptor> alive_; ///< the server ends when nobody has it open any more
  std::optional<child_process> server_;
};

} // namespace usher::bench
