#include "messages/refusal.hpp"

namespace usher::messages {

caf::error to_error(const domain::refusal& why) {
  return caf::make_error(why.reason, why);
}

caf::error to_error(domain::rejection reason) {
  return caf::error{reason};
}

domain::refusal to_refusal(const caf::error& error) {
  if (error.category() != caf::type_id_v<domain::rejection>)
    return {.reason = domain::rejection::outcome_unknown, .detail = to_string(error)};
  if (const auto& details = error.context(); details.match_elements<domain::refusal>())
    return details.get_as<domain::refusal>(0);
  return {static_cast<domain::rejection>(error.code()), {}, {}, {}};
}

} // namespace usher::messages
