#include "actors/hold_undoing.hpp"

#include "domain/ensure.hpp"
#include "log/log.hpp"
#include "messages/refusal.hpp"

#include <algorithm>
#include <utility>

namespace usher::actors {

namespace {

constexpr std::chrono::milliseconds longest_wait{5'000};

} // namespace

hold_undoing::hold_undoing(event_common& core, counted_holds& known, std::chrono::milliseconds retry)
    : core_(core), known_(known), retry_(retry) {}

void hold_undoing::begin(const messages::release_hold& undo, const std::vector<domain::section_no>& sections,
                         domain::refusal why, domain::instant until) {
  domain::ensure(!sections.empty(), "there is something to undo");
  auto is_new = under_way_.try_emplace(undo.hold, being_undone{std::move(why), until, sections.size()}).second;
  domain::ensure(is_new, "a hold is undone once");
  for (auto section : sections) {
    auto only_here = undo;
    only_here.sections = {section};
    undo_part(only_here, retry_);
  }
}

/// `wait` is how long to wait before the next try, if this one fails.
void hold_undoing::undo_part(const messages::release_hold& undo, std::chrono::milliseconds wait) {
  auto section = undo.sections.front();
  auto wish = undo;
  wish.as_of = core_.as_of.get();
  core_.self->request(core_.sections[section.value()], caf::infinite, std::move(wish))
      .then([this, hold = undo.hold, section] { part_undone(hold, section); },
            [this, undo, wait](const caf::error& why) { not_undone(undo, wait, messages::to_refusal(why)); });
}

void hold_undoing::not_undone(const messages::release_hold& undo, std::chrono::milliseconds wait,
                              const domain::refusal& why) {
  auto section = undo.sections.front();
  if (domain::is_passing(why.reason) && core_.now() < under_way_.at(undo.hold).until) {
    auto next_wait = std::min(wait * 2, longest_wait);
    core_.self->run_delayed(wait, [=, this] { undo_part(undo, next_wait); });
    return;
  }
  log::of("actors").warn("{}event {}: a part of hold {} in section {} was not released, and runs out: {}",
                         messages::line_start(undo.trace), core_.id.value(), domain::to_hex(undo.hold), section.value(),
                         domain::sentence(why.reason));
  part_undone(undo.hold, section);
}

void hold_undoing::part_undone(domain::hold_id hold, domain::section_no section) {
  known_.forget_part(hold, section);
  auto found = under_way_.find(hold);
  domain::ensure(found != under_way_.end(), "a hold that is being undone is not forgotten");
  if (--found->second.parts > 0)
    return;
  under_way_.erase(found);
  core_.hold_answered();
}

std::optional<domain::refusal> hold_undoing::refusal_of(domain::hold_id hold) const {
  auto found = under_way_.find(hold);
  if (found == under_way_.end())
    return std::nullopt;
  if (domain::is_internal(found->second.why.reason))
    return domain::refusal{.reason = domain::rejection::in_progress};
  return found->second.why;
}

} // namespace usher::actors
