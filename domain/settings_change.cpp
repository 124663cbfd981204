#include "domain/settings_change.hpp"

#include <algorithm>
#include <cstddef>

namespace usher::domain {
namespace {

price price_of(const std::string& category, const std::vector<price>& prices, const std::vector<std::string>& names) {
  auto index = static_cast<std::size_t>(std::find(names.begin(), names.end(), category) - names.begin());
  return index < prices.size() ? prices[index] : price{};
}

} // namespace

settings_change::settings_change(const event_settings& all)
    : name(all.name), currency(all.currency), prices(all.prices.begin(), all.prices.end()), hold_ttl(all.hold_ttl),
      max_seats_per_buyer(all.max_seats_per_buyer), admission_per_s(all.admission_per_s),
      max_shopping(all.max_shopping), waiting_room(all.waiting_room), refuse_orphans(all.refuse_orphans),
      rehold_pause(all.rehold.pause), opens_at(all.opens_at), closes_at(all.closes_at),
      cancellations(all.cancellations), hidden(all.hidden) {}

event_settings changed(const event_settings& now, const settings_change& change, const std::vector<std::string>& before,
                       const std::vector<std::string>& after) {
  auto next = now;
  next.name = change.name.value_or(now.name);
  next.currency = change.currency.value_or(now.currency);
  next.prices.clear();
  for (std::size_t i = 0; i < after.size(); ++i) {
    auto is_said = i < change.prices.size() && change.prices[i];
    next.prices.push_back(is_said ? *change.prices[i] : price_of(after[i], now.prices, before));
  }
  next.hold_ttl = change.hold_ttl.value_or(now.hold_ttl);
  next.max_seats_per_buyer = change.max_seats_per_buyer.value_or(now.max_seats_per_buyer);
  next.admission_per_s = change.admission_per_s.value_or(now.admission_per_s);
  next.max_shopping = change.max_shopping.value_or(now.max_shopping);
  next.waiting_room = change.waiting_room.value_or(now.waiting_room);
  next.refuse_orphans = change.refuse_orphans.value_or(now.refuse_orphans);
  next.rehold.pause = change.rehold_pause.value_or(now.rehold.pause);
  next.opens_at = change.opens_at.value_or(now.opens_at);
  next.closes_at = change.closes_at.value_or(now.closes_at);
  next.cancellations = change.cancellations.value_or(now.cancellations);
  next.hidden = change.hidden.value_or(now.hidden);
  return next;
}

std::string unnamed(const event_id& event, const seating_plan& plan) {
  return plan.name().empty() ? event.value() : plan.name();
}

} // namespace usher::domain
