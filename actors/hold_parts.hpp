#pragma once

#include "messages/hold.hpp"

namespace usher::actors {

/// Adds another section's part of the same hold, in the order of the sections. The earliest deadline is what is
/// promised: after a restart in the middle of a hold its parts may differ.
void add_part(messages::hold_granted& whole, const messages::hold_granted& part);

} // namespace usher::actors
