#include "domain/queue_state.hpp"

namespace usher::domain {

const char* to_string(queue_state state) {
  switch (state) {
    case queue_state::drawing:
      return "drawing";
    case queue_state::waiting:
      return "waiting";
    case queue_state::admitted:
      return "admitted";
    case queue_state::expired:
      return "expired";
    case queue_state::closed:
      return "closed";
    case queue_state::sold_out:
      return "sold_out";
  }
  return "unknown";
}

} // namespace usher::domain
