#pragma once

#include "actors/hold_parts.hpp"
#include "domain/ensure.hpp"
#include "messages/type_ids.hpp"

#include <caf/expected.hpp>
#include <caf/policy/select_all.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <utility>
#include <vector>

namespace usher::actors {

/// Reads one hold from all its sections, and calls `done` once with the whole of it, or with the first error. `done`
/// takes a `caf::expected<messages::hold_granted>`.
template <class Done>
void gather_hold(messages::event_actor::pointer self, const std::vector<messages::section_actor>& sections,
                 const messages::find_hold& wish, Done done) {
  auto merge = [done](std::vector<messages::hold_granted> parts) mutable {
    domain::ensure(!parts.empty(), "a hold is somewhere");
    auto whole = std::move(parts.front());
    for (auto part = parts.begin() + 1; part != parts.end(); ++part)
      add_part(whole, *part);
    done(caf::expected<messages::hold_granted>{std::move(whole)});
  };
  self->template fan_out_request<caf::policy::select_all>(sections, caf::infinite, wish)
      .then(std::move(merge),
            [done](caf::error& why) mutable { done(caf::expected<messages::hold_granted>{std::move(why)}); });
}

} // namespace usher::actors
