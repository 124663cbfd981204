#include "actors/spread_requests.hpp"

#include "messages/refusal.hpp"

#include <limits>
#include <utility>
#include <vector>

namespace usher::actors {

namespace {

using domain::rejection;
using messages::to_error;
using messages::to_refusal;

} // namespace

spread_requests::spread_requests(event_common& core, counted_holds& known, hold_undoing& undoing)
    : core_(core), known_(known), undoing_(undoing) {}

caf::result<messages::hold_granted> spread_requests::begin(messages::hold_seats& wish) {
  std::uint64_t quantity = 0;
  std::vector<domain::section_no> numbers;
  known_hold mine{wish.buyer, {}, wish.wish_digest};
  for (const auto& part : wish.sections) {
    auto count = quantity_of(part.wanted);
    quantity += count;
    numbers.push_back(part.section);
    mine.parts.push_back({part.section, count});
  }
  if (quantity > std::numeric_limits<std::uint32_t>::max())
    return to_error(rejection::limit_exceeded);
  if (auto why = known_.take_allowance(wish, static_cast<std::uint32_t>(quantity)))
    return to_error(*why);
  auto repeated = !known_.add(wish.hold, mine);
  if (repeated) {
    auto parts = known_.find(wish.hold)->parts.size();
    if (auto why = known_.add_parts(wish.hold, mine))
      return to_error(*why);
    // What was held in part was never promised, e.g. when the node died in between: then this is the first request.
    repeated = known_.find(wish.hold)->parts.size() == parts;
  }

  auto hold = wish.hold;
  auto asked = core_.self->make_response_promise<messages::hold_granted>();
  messages::release_hold undo{wish.trace, core_.id, hold, wish.buyer, numbers, false};
  auto until = core_.now() + core_.event.settings().hold_ttl;
  under_way_.try_emplace(hold,
                         spread_under_way{spread_hold{std::move(numbers)}, std::move(undo), asked, repeated, until});
  auto attempt = known_.next_attempt(hold);
  for (auto& part : wish.sections) {
    auto section = part.section;
    core_.self
        ->request(core_.sections[section.value()], caf::infinite,
                  messages::hold_in_section{wish.trace, hold, wish.buyer, std::move(part.wanted), wish.wish_digest,
                                            until, attempt})
        .then([this, hold, section](const messages::hold_granted& x) { granted(hold, section, x); },
              [this, hold, section](const caf::error& why) { refused(hold, section, to_refusal(why)); });
  }
  return asked;
}

void spread_requests::granted(domain::hold_id hold, domain::section_no section, const messages::hold_granted& part) {
  auto& spread = under_way_.at(hold);
  spread.parts.granted(section, part);
  if (spread.parts.complete())
    finish(hold);
}

void spread_requests::refused(domain::hold_id hold, domain::section_no section, domain::refusal why) {
  auto& spread = under_way_.at(hold);
  if (!domain::is_passing(why.reason) && !spread.repeated)
    known_.forget_part(hold, section);
  spread.parts.refused(section, std::move(why));
  if (spread.parts.complete())
    finish(hold);
}

void spread_requests::finish(domain::hold_id hold) {
  auto done = std::move(under_way_.extract(hold).mapped());
  auto why = done.parts.refusal();
  // A part may have run out while another section was slow to answer.
  const auto* known = known_.find(hold);
  if (!why && (!known || known->parts.size() != done.undo.sections.size()))
    why = domain::refusal{.reason = rejection::hold_expired};
  if (!why) {
    auto whole = done.parts.answer();
    known_.note_granted(hold, whole);
    done.asked.deliver(std::move(whole));
    return core_.hold_answered();
  }
  done.asked.deliver(to_error(*why));
  // What an earlier request was promised stays, whatever becomes of its repeat.
  if (done.repeated || done.parts.to_release().empty())
    return core_.hold_answered();
  undoing_.begin(done.undo, done.parts.to_release(), std::move(*why), done.until);
}

} // namespace usher::actors
