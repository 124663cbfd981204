#include "actors/spread_requests.hpp"

#include "actors/answer_count.hpp"
#include "domain/ensure.hpp"
#include "failpoint/plant.hpp"
#include "log/log.hpp"
#include "messages/refusal.hpp"

#include <limits>
#include <utility>
#include <vector>

namespace usher::actors {

namespace {

/// How often a section is asked to let go of its part of a hold that another section refused.
constexpr unsigned undo_tries = 6;

using domain::rejection;
using messages::to_error;
using messages::to_refusal;

} // namespace

spread_requests::spread_requests(event_common& core, counted_holds& known, std::chrono::milliseconds retry)
    : core_(core), known_(known), retry_(retry) {}

caf::result<messages::hold_granted> spread_requests::begin(messages::hold_seats& wish) {
  std::uint64_t quantity = 0;
  std::vector<domain::section_no> numbers;
  known_hold mine{wish.buyer, {}, wish.wish_digest};
  for (const auto& part : wish.sections) {
    auto count = quantity_of(part.wanted);
    quantity += count;
    numbers.push_back(part.section);
    mine.parts.emplace_back(part.section, count);
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
  under_way_.try_emplace(hold, spread_under_way{spread_hold{std::move(numbers)}, std::move(undo), asked, repeated});
  auto until = core_.now() + core_.event.settings().hold_ttl;
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
  auto& spread = under_way_.at(hold);
  auto why = spread.parts.refusal();
  // A part may have run out while another section was slow to answer.
  const auto* known = known_.find(hold);
  if (!why && (!known || known->parts.size() != spread.undo.sections.size()))
    why = domain::refusal{.reason = rejection::hold_expired};
  if (why) {
    spread.asked.deliver(to_error(*why));
    // What an earlier request was promised stays, whatever becomes of its repeat.
    auto stays = spread.repeated || failpoint::planted("spread_hold_not_undone");
    auto sections = stays ? std::vector<domain::section_no>{} : spread.parts.to_release();
    if (sections.empty())
      return end(hold);
    spread.refused = std::move(why);
    spread.undoing = sections.size();
    for (auto section : sections)
      undo_part(spread.undo, section, undo_tries);
    return;
  }
  auto whole = spread.parts.answer();
  known_.note_granted(hold, whole);
  spread.asked.deliver(std::move(whole));
  end(hold);
}

void spread_requests::end(domain::hold_id hold) {
  under_way_.erase(hold);
  core_.hold_answered();
}

/// Releases one section's part of a hold that was not granted as a whole, so that its buyer may ask for the whole
/// again. A part that cannot be released expires by itself: nobody was promised it.
void spread_requests::undo_part(const messages::release_hold& undo, domain::section_no section, unsigned tries_left) {
  auto only_here = undo;
  only_here.sections = {section};
  core_.self->request(core_.sections[section.value()], caf::infinite, std::move(only_here))
      .then([this, hold = undo.hold, section] { part_undone(hold, section, true); },
            [this, undo, section, tries_left](const caf::error& error) {
              auto why = to_refusal(error);
              if (domain::is_passing(why.reason) && tries_left > 1) {
                core_.self->run_delayed(retry_, [=, this] { undo_part(undo, section, tries_left - 1); });
                return;
              }
              log::of("actors").warn("{}event {}: a part of hold {} in section {} was not released: {}",
                                     messages::line_start(undo.trace), core_.id.value(), domain::to_hex(undo.hold),
                                     section.value(), domain::sentence(why.reason));
              part_undone(undo.hold, section, false);
            });
}

void spread_requests::part_undone(domain::hold_id hold, domain::section_no section, bool released) {
  if (released)
    known_.forget_part(hold, section);
  auto spread = under_way_.find(hold);
  domain::ensure(spread != under_way_.end(), "a hold that is being undone is not forgotten");
  if (--spread->second.undoing == 0)
    end(hold);
}

std::optional<domain::refusal> spread_requests::refusal_of(domain::hold_id hold) const {
  auto found = under_way_.find(hold);
  return found == under_way_.end() ? std::nullopt : found->second.refused;
}

} // namespace usher::actors
