#include "actors/section_news.hpp"

#include <caf/actor_system.hpp>
#include <caf/telemetry/metric_registry.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <string>
#include <utility>

namespace usher::actors {

section_news::section_news(self_pointer self, domain::event_id event, const domain::section& section,
                           domain::epoch epoch, messages::event_actor event_actor,
                           std::chrono::milliseconds between_news)
    : self_(self), event_(std::move(event)), number_(section.number()), general_(section.plan().general()),
      epoch_(epoch), event_actor_(std::move(event_actor)), seats_(section),
      seats_news_(self, between_news, [this] { tell_seats(); }),
      expired_count_(self_->system().metrics().counter_singleton("usher", "holds-expired", "Holds whose time ran out.",
                                                                 "1", true)) {}

void section_news::watch(const messages::gateway_actor& who) {
  watchers_.add(who);
  know(who);
}

void section_news::subscribe(const messages::gateway_actor& who) {
  subscribers_.add(who);
  know(who);
}

void section_news::know(const messages::gateway_actor& who) {
  if (known_.add(who))
    self_->monitor(who);
}

void section_news::forget(const caf::actor_addr& gone) {
  watchers_.remove(gone);
  subscribers_.remove(gone);
  known_.remove(gone);
}

void section_news::show(const domain::section& section, domain::epoch epoch) {
  seats_.show(section);
  epoch_ = epoch;
  seq_ = 0;
}

void section_news::tell_soon() {
  if (seats_.changed())
    seats_news_.soon();
}

void section_news::tell_seats() {
  if (!seats_.changed())
    return;
  messages::seats_changed news{event_, number_, epoch_, ++seq_, seats_.take_changes(), seats_.totals()};
  // In general admission it matters to nobody which place is whose, only how many are left.
  if (general_)
    news.set.clear();
  for (const auto& gateway : watchers_)
    self_->send(gateway, news);
  tell_totals();
}

void section_news::tell_totals() {
  self_->send(event_actor_, messages::section_totals_changed{number_, seats_.totals(), seats_.free_by_category()});
}

void section_news::tell_opened() {
  self_->send(event_actor_, messages::section_opened{number_, epoch_});
  tell_totals();
}

void section_news::tell(const end_of_hold& end) {
  if (end.why != domain::hold_end::expired)
    return;
  expired_count_->inc();
  for (const auto& gateway : subscribers_)
    self_->send(gateway, messages::hold_expired{event_, end.hold, end.buyer, number_});
}

messages::section_view section_news::view() const {
  return {event_, number_, epoch_, seq_, general_ ? std::string{} : seats_.status(), seats_.totals()};
}

messages::section_claims section_news::claims(std::vector<domain::section::claim> claims) const {
  return {number_, epoch_, std::move(claims), seats_.totals(), seats_.free_by_category()};
}

messages::section_report section_news::report() const {
  return {number_, seats_.totals(), seats_.by_category()};
}

} // namespace usher::actors
