#pragma once

#include "cluster/link/link_settings.hpp"

#include <string>

namespace usher::cluster {

/// A node's certificate, key and authorities, as they were when this was made.
///
/// CAF reads the files anew for every connection, and ends the process when one of them is not there, or the key does
/// not fit. So it is given copies, which nobody changes: they are in memory, as long as this lives. Who replaces the
/// files starts the node again.
class tls_files {
public:
  /// Reads and checks the files. Throws `std::runtime_error`, which names the file, for whatever other nodes would not
  /// accept.
  explicit tls_files(const tls_settings& originals);
  ~tls_files();
  tls_files(const tls_files&) = delete;
  tls_files& operator=(const tls_files&) = delete;

  /// Where the copies are.
  [[nodiscard]] const tls_settings& copies() const noexcept { return copies_; }

private:
  struct copy {
    explicit copy(const std::string& original);
    ~copy();
    copy(const copy&) = delete;
    copy& operator=(const copy&) = delete;

    int fd;
  };

  copy certificate_;
  copy key_;
  copy authorities_;
  tls_settings copies_;
};

} // namespace usher::cluster
