#pragma once

#include "cluster/member.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace usher::cluster {

/// Which connections at the link's port are to be broken off, because they have not become a node's in time or because
/// there are too many of that kind. CAF itself keeps an accepted connection that says nothing for ever.
///
/// Does no I/O and reads no clock.
class unfinished_connections {
public:
  struct connection {
    std::int64_t handle = 0;
    std::uint16_t port = 0; ///< the other end's: tells two with the same handle, one after the other, apart
    bool finished = false;  ///< it is a node's

    friend bool operator==(const connection&, const connection&) = default;
  };

  explicit unfinished_connections(std::size_t most, std::chrono::milliseconds patience)
      : most_(most), patience_(patience) {}

  /// Looks at all connections that there are, and says which must go: those that have been seen unfinished for too
  /// long, and the oldest of those that are too many, so that whoever has just come gets its chance.
  [[nodiscard]] std::vector<connection> look(const std::vector<connection>& all, tick now);

private:
  struct known {
    connection which;
    tick since;
  };

  const std::size_t most_;
  const std::chrono::milliseconds patience_;
  std::vector<known> known_{}; ///< the oldest first
};

} // namespace usher::cluster
