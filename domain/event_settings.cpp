#include "domain/event_settings.hpp"

namespace usher::domain {

const char* to_string(event_state state) {
  switch (state) {
    case event_state::scheduled:
      return "scheduled";
    case event_state::draw:
      return "draw";
    case event_state::open:
      return "open";
    case event_state::paused:
      return "paused";
    case event_state::sold_out:
      return "sold_out";
    case event_state::closed:
      return "closed";
  }
  return "unknown";
}

} // namespace usher::domain
