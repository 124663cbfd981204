#pragma once

namespace usher::node {

/// What the program tells the shell.
enum class exit_code : int {
  done = 0,
  refused = 1,     ///< the request was refused, a check failed, or the node stopped by itself
  usage = 2,       ///< the command line or the configuration makes no sense
  unreachable = 3, ///< nobody answered, or what was awaited did not happen in time
};

} // namespace usher::node
