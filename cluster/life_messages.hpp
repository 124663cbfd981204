#pragma once

#include <caf/message.hpp>
#include <caf/system_messages.hpp>

namespace usher::cluster {

/// Whether a message is about the life of the one actor that it was sent to: whoever stands for others does not pass it
/// on.
[[nodiscard]] inline bool is_about_life(const caf::message& what) {
  return what.match_elements<caf::exit_msg>() || what.match_elements<caf::down_msg>();
}

} // namespace usher::cluster
