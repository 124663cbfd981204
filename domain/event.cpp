#include "domain/event.hpp"

#include "domain/ensure.hpp"
#include "domain/is_one_of.hpp"

#include <algorithm>
#include <numeric>
#include <string_view>
#include <tuple>
#include <utility>

namespace usher::domain {
namespace {

// The highest price: enough for every currency, and no sum over an event overflows.
constexpr minor_units price_max = 1'000'000'000'000;

/// `setting` names the setting at fault, if there is one.
refusal bad_request(std::string detail, std::string setting = {}) {
  return {.reason = rejection::bad_request, .detail = std::move(detail), .setting = std::move(setting)};
}

std::optional<refusal> check_within(const char* name, std::int64_t value, std::int64_t low, std::int64_t high) {
  if (value >= low && value <= high)
    return std::nullopt;
  return bad_request(
      std::string{name} + " is not between " + std::to_string(low) + " and " + std::to_string(high) + ".", name);
}

bool has_prices(const event_settings& settings) {
  return std::any_of(settings.prices.begin(), settings.prices.end(), [](const price& x) { return x.has_value(); });
}

bool is_currency(const std::string& text) {
  return text.size() == 3 && std::all_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

refusal no_cancellations() {
  return {.reason = rejection::cancellation_closed,
          .detail = "This event has no cancellations: change its rule to `operators` first."};
}

/// Whether it was the buyer who had it undone. The organiser's reason stands at all steps of what an operator undoes.
bool is_buyers_doing(const order& undone) {
  return undone.state() == order_state::cancelled && !undone.visited(order_state::given_up)
         && undone.reason() != cancelled_by_organiser;
}

bool may_follow(event_state now, event_state wanted) {
  switch (now) {
    case event_state::scheduled:
      return wanted == event_state::draw || wanted == event_state::open || wanted == event_state::closed;
    case event_state::draw:
      return wanted == event_state::open || wanted == event_state::closed;
    case event_state::open:
      return wanted == event_state::paused || wanted == event_state::closed;
    case event_state::paused:
      return wanted == event_state::open || wanted == event_state::closed;
    case event_state::sold_out:
      return wanted == event_state::paused || wanted == event_state::closed;
    case event_state::closed:
      return false;
  }
  return false;
}

} // namespace

std::optional<refusal> check(const event_settings& settings, std::size_t categories) {
  if (settings.name.size() > event_settings::name_bytes_max)
    return bad_request("The name has more than 200 bytes.", "name");
  if (!is_currency(settings.currency))
    return bad_request("The currency is not three capital letters.", "currency");
  if (settings.prices.size() != categories)
    return bad_request("There must be exactly one price for each of the " + std::to_string(categories)
                           + " categories of the plan.",
                       "prices");
  auto possible = [](const price& x) { return !x || (*x >= 0 && *x <= price_max); };
  if (!std::all_of(settings.prices.begin(), settings.prices.end(), possible))
    return bad_request("A price is below 0 or above 1000000000000.", "prices");
  if (auto wrong = check_within("hold_ttl_s", settings.hold_ttl.count(), event_settings::hold_ttl_min.count(),
                                event_settings::hold_ttl_max.count()))
    return wrong;
  if (auto wrong = check_within("rehold_pause_s", settings.rehold.pause.count(), 0, rehold_rule::pause_max.count()))
    return wrong;
  if (auto wrong =
          check_within("max_seats_per_buyer", settings.max_seats_per_buyer, 1, event_settings::seats_per_buyer_max))
    return wrong;
  if (auto wrong = check_within("admission_per_s", settings.admission_per_s, 1, event_settings::admission_per_s_max))
    return wrong;
  for (auto [name, time] : {std::pair{"opens_at", settings.opens_at}, std::pair{"closes_at", settings.closes_at},
                            std::pair{"cancellations", settings.cancellations.until}})
    if (time && *time >= event_settings::times_end)
      return bad_request(std::string{name} + " is not before the year 2200; leave it out if you mean never.", name);
  if (settings.opens_at && settings.closes_at && *settings.closes_at <= *settings.opens_at)
    return bad_request("closes_at is not after opens_at.", "closes_at");
  return std::nullopt;
}

decision<event_defined> event::define(const event_settings& settings, std::size_t categories) const {
  auto checked = settings;
  // A time that was set before times had a bound does not block changes of other settings.
  for (auto time : {&event_settings::opens_at, &event_settings::closes_at})
    if (checked.*time && checked.*time == settings_.*time && *(checked.*time) >= event_settings::times_end)
      (checked.*time).reset();
  if (auto wrong = check(checked, categories))
    return *std::move(wrong);
  if (settings == settings_)
    return already_so{};
  // Every live hold was promised at a price in the present currency.
  auto has_begun = state_ != event_state::scheduled && state_ != event_state::draw;
  if ((has_begun || !orders_.empty()) && settings.currency != settings_.currency)
    return bad_request("The currency cannot change once the sale has begun.", "currency");
  return event_defined{settings};
}

decision<event_state_changed> event::change_state(event_state wanted) const {
  // A sold-out event counts as open: seats may come back.
  if (wanted == state_ || (wanted == event_state::open && state_ == event_state::sold_out))
    return already_so{};
  if (may_follow(state_, wanted))
    return event_state_changed{wanted};
  return bad_request(std::string{"An event that is "} + to_string(state_) + " cannot become " + to_string(wanted)
                     + ".");
}

std::optional<refusal> event::may_become(const event_settings& settings, std::size_t categories,
                                         std::optional<event_state> state) const {
  auto defined = define(settings, categories);
  if (const auto* why = refused(defined))
    return *why;
  auto moved = state ? change_state(*state) : already_so{};
  if (const auto* why = refused(moved))
    return *why;
  auto begins = state == event_state::open && (state_ == event_state::scheduled || state_ == event_state::draw);
  if (begins && !has_prices(settings))
    return bad_request("No category has a price, so nothing is for sale yet. A price of 0 must be said, too.",
                       "prices");
  return std::nullopt;
}

decision<event_state_changed> event::note_totals(const section_totals& sum) const {
  auto left = sum.free + sum.held;
  if (state_ == event_state::open && left == 0 && sum.sold + sum.blocked > 0)
    return event_state_changed{event_state::sold_out};
  if (state_ == event_state::sold_out && left > 0)
    return event_state_changed{event_state::open};
  return already_so{};
}

std::optional<refusal> refusal_to_hold(event_state state) {
  switch (state) {
    case event_state::open:
      return std::nullopt;
    case event_state::paused:
      return refusal{.reason = rejection::sale_paused};
    case event_state::sold_out:
      return refusal{.reason = rejection::sold_out};
    case event_state::scheduled:
    case event_state::draw:
    case event_state::closed:
      break;
  }
  return refusal{.reason = rejection::sale_not_open};
}

std::optional<refusal> event::may_hold() const {
  return refusal_to_hold(state_);
}

bool event::sells(category_no category) const {
  return category.value() < settings_.prices.size() && settings_.prices[category.value()];
}

std::optional<refusal> event::may_order() const {
  if (state_ == event_state::open || state_ == event_state::paused || state_ == event_state::sold_out)
    return std::nullopt;
  return refusal{.reason = rejection::sale_not_open};
}

decision<order_started> event::start_order(const order_started& wanted) const {
  // A repeat gets its answer, whatever has happened to the sale since.
  if (const auto* present = find_order(wanted.order)) {
    if (present->details().buyer != wanted.buyer)
      return refusal{.reason = rejection::not_found};
    if (present->details().request_digest != wanted.request_digest)
      return refusal{.reason = rejection::idempotency_mismatch};
    return already_so{};
  }
  if (auto closed = may_order())
    return *std::move(closed);
  if (auto undone = cancelled_.find(wanted.buyer);
      undone != cancelled_.end() && undone->second >= cancelled_orders_per_buyer_max)
    return refusal{.reason = rejection::limit_exceeded,
                   .detail = "This buyer has cancelled " + std::to_string(undone->second)
                             + " orders of this event and cannot begin another."};
  if (orders_.size() - unpaid_.size() >= orders_max_)
    return refusal{.reason = rejection::limit_exceeded, .detail = "The event keeps no more orders."};
  auto add = [](minor_units sum, const ordered_seat& x) { return sum + x.price; };
  if (wanted.seats.empty()
      || std::accumulate(wanted.seats.begin(), wanted.seats.end(), minor_units{0}, add) != wanted.total)
    return bad_request("An order has seats, and their prices make its total.");
  if (auto latest = order_by_hold_.find(wanted.hold); latest != order_by_hold_.end()) {
    const auto& other = orders_.at(latest->second);
    if (other.details().buyer != wanted.buyer)
      return refusal{.reason = rejection::not_found};
    // A confirmed order that is being cancelled has used up its hold, too.
    if (other.visited(order_state::confirmed))
      return refusal{.reason = rejection::hold_expired, .detail = "The hold has been paid for."};
    return refusal{.reason = rejection::in_progress, .detail = "Another order for this hold is being paid."};
  }
  return wanted;
}

decision<order_advanced> event::advance_order(order_id id, order_state next, std::string reason, instant now) const {
  const auto* present = find_order(id);
  if (present == nullptr)
    return refusal{.reason = rejection::not_found};
  return present->advance(next, std::move(reason), now);
}

decision<order_cancel_requested> event::request_cancel(order_id id, instant now) const {
  const auto* present = find_order(id);
  if (present == nullptr)
    return refusal{.reason = rejection::not_found};
  return present->request_cancel(now);
}

std::optional<refusal> event::refusal_to_cancel(instant now) const {
  const auto& rule = settings_.cancellations;
  if (rule.by == cancellation_rule::who::nobody)
    return refusal{.reason = rejection::cancellation_closed, .detail = "This event has no cancellations."};
  if (rule.by == cancellation_rule::who::operators)
    return refusal{.reason = rejection::cancellation_closed, .detail = "Only the organiser can cancel them."};
  auto is_over = rule.until ? now >= *rule.until
                            : state_ == event_state::closed || (settings_.closes_at && now >= *settings_.closes_at);
  if (is_over)
    return refusal{.reason = rejection::cancellation_closed};
  return std::nullopt;
}

decision<order_advanced> event::cancel_order(order_id id, instant now) const {
  const auto* present = find_order(id);
  if (present == nullptr)
    return refusal{.reason = rejection::not_found};
  if (auto closed = refusal_to_cancel(now); closed && present->state() == order_state::confirmed)
    return *std::move(closed);
  return present->advance(order_state::cancelling, {}, now);
}

decision<order_advanced> event::refund_order(order_id id, instant now) const {
  const auto* present = find_order(id);
  if (present == nullptr)
    return refusal{.reason = rejection::not_found};
  if (present->state() == order_state::confirmed && settings_.cancellations.by == cancellation_rule::who::nobody)
    return no_cancellations();
  return present->undo(now);
}

std::optional<refusal> event::may_refund_all() const {
  if (state_ != event_state::closed)
    return bad_request("All orders of an event are refunded only after its sale is closed.");
  if (settings_.cancellations.by == cancellation_rule::who::nobody)
    return no_cancellations();
  return std::nullopt;
}

bool event::is_paid_for(hold_id hold) const {
  auto paying = order_by_hold_.find(hold);
  if (paying == order_by_hold_.end())
    return false;
  const auto& order = orders_.at(paying->second);
  return order.under_way() && !order.visited(order_state::given_up);
}

void event::apply(const event_defined& happened) {
  settings_ = happened.settings;
}

void event::apply(const event_state_changed& happened) {
  ensure(state_ != event_state::closed, "a closed event stays closed");
  state_ = happened.state;
}

void event::apply(const order_started& happened) {
  auto [position, added] = orders_.try_emplace(happened.order, order{happened});
  ensure(added, "an order starts once");
  order_by_hold_[happened.hold] = happened.order;
  auto& list = orders_by_buyer_[happened.buyer];
  list.insert(std::ranges::lower_bound(list, happened.order), happened.order);
}

void event::apply(const order_advanced& happened) {
  auto found = orders_.find(happened.order);
  ensure(found != orders_.end(), "only an order that was started advances");
  auto& present = found->second;
  present.apply(happened);
  if (is_final(present.state()))
    ended(present);
}

void event::ended(order& present) {
  auto id = present.details().order;
  if (present.state() != order_state::confirmed)
    give_up_hold(present);
  if (present.state() == order_state::unacknowledged) {
    drop_from_list(present);
    orders_.erase(id);
    return;
  }
  if (is_buyers_doing(present))
    ++cancelled_[present.details().buyer];
  if (present.ended_unpaid())
    if (auto forgotten = unpaid_.remember(id, present.details().buyer))
      forget(*forgotten);
}

void event::forget(order_id id) {
  auto found = orders_.find(id);
  const auto& gone = found->second;
  give_up_hold(gone);
  if (is_buyers_doing(gone)) {
    auto counted = cancelled_.find(gone.details().buyer);
    ensure(counted != cancelled_.end(), "whoever has a cancelled order is counted");
    if (--counted->second == 0)
      cancelled_.erase(counted);
  }
  drop_from_list(gone);
  orders_.erase(found);
}

void event::drop_from_list(const order& gone) {
  auto found = orders_by_buyer_.find(gone.details().buyer);
  ensure(found != orders_by_buyer_.end(), "every order is in its buyer's list");
  std::erase(found->second, gone.details().order);
  if (found->second.empty())
    orders_by_buyer_.erase(found);
}

void event::apply(const order_cancel_requested& happened) {
  auto found = orders_.find(happened.order);
  ensure(found != orders_.end(), "only an order that was started is cancelled");
  found->second.apply(happened);
}

void event::give_up_hold(const order& ended) {
  auto paying = order_by_hold_.find(ended.details().hold);
  if (paying != order_by_hold_.end() && paying->second == ended.details().order)
    order_by_hold_.erase(paying);
}

void event::apply(const domain::fact& happened) {
  std::visit(
      [this]<class Fact>(const Fact& x) {
        constexpr bool ours =
            is_one_of<Fact, event_defined, event_state_changed, order_started, order_advanced, order_cancel_requested>;
        ensure(ours, "an event's journal has facts of events only");
        if constexpr (ours)
          apply(x);
      },
      happened);
}

const order* event::find_order(order_id id) const {
  auto found = orders_.find(id);
  return found == orders_.end() ? nullptr : &found->second;
}

std::vector<order_id> event::orders_of(const buyer_id& buyer) const {
  auto found = orders_by_buyer_.find(buyer);
  return found == orders_by_buyer_.end() ? std::vector<order_id>{} : found->second;
}

std::vector<order_id> event::orders_under_way() const {
  std::vector<order_id> result;
  for (const auto& [id, present] : orders_)
    if (present.under_way())
      result.push_back(id);
  std::sort(result.begin(), result.end());
  return result;
}

std::vector<fact> event::snapshot() const {
  std::vector<fact> result;
  if (settings_ != event_settings{})
    result.emplace_back(event_defined{settings_});
  // Unpaid orders go first, in the order in which they ended, so that a replay forgets the same ones next.
  std::vector<const order*> ordered;
  ordered.reserve(orders_.size());
  for (auto id : unpaid_.in_order())
    ordered.push_back(&orders_.at(id));
  auto others = static_cast<std::ptrdiff_t>(ordered.size());
  for (const auto& [id, present] : orders_)
    if (!present.ended_unpaid())
      ordered.push_back(&present);
  // The order that pays for a hold, or has bought it, goes after all others of that hold, which have let go of it.
  auto rank = [this](const order* x) {
    const auto& details = x->details();
    auto paying = order_by_hold_.find(details.hold);
    return std::tuple{paying != order_by_hold_.end() && paying->second == details.order, details.at, details.order};
  };
  std::sort(ordered.begin() + others, ordered.end(), [&](const order* a, const order* b) { return rank(a) < rank(b); });
  for (const auto* x : ordered) {
    result.emplace_back(x->details());
    if (auto since = x->cancel_requested_at())
      result.emplace_back(order_cancel_requested{x->details().order, *since});
    for (auto state : order::path)
      if (x->visited(state)) {
        auto is_present = state == x->state();
        result.emplace_back(order_advanced{x->details().order, state, is_present ? x->reason() : std::string{},
                                           is_present ? x->since() : x->details().at});
      }
  }
  if (state_ != event_state::scheduled)
    result.emplace_back(event_state_changed{state_});
  return result;
}

} // namespace usher::domain
