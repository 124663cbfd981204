#pragma once

#include "domain/event_settings.hpp"
#include "domain/ids.hpp"
#include "domain/plan_numbering.hpp"

#include <optional>

namespace usher::persistence {

/// Settings that came with a plan: fact `seq` of the event's journal. Whoever serves the event writes it before
/// anything else, unless it is there, so that a plan and its settings change together or not at all.
struct due_settings {
  domain::fact_seq seq;
  domain::event_settings settings;

  friend bool operator==(const due_settings&, const due_settings&) = default;
};

/// What belongs to a plan besides its text.
struct plan_supplement {
  domain::plan_numbering numbering;
  std::optional<due_settings> due;

  friend bool operator==(const plan_supplement&, const plan_supplement&) = default;
};

} // namespace usher::persistence
