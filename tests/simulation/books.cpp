#include "tests/simulation/books.hpp"

#include <algorithm>
#include <variant>

namespace usher::simulation {

void books::note(const persistence::journal_entry& entry) {
  std::visit([&](const auto& fact) { take(entry, fact); }, entry.fact);
}

const books::booked_hold* books::find(domain::hold_id id) const {
  auto found = holds_.find(id);
  return found == holds_.end() ? nullptr : &found->second;
}

const books::booked_order* books::find(domain::order_id id) const {
  auto found = orders_.find(id);
  return found == orders_.end() ? nullptr : &found->second;
}

const books::booked_seat& books::at(domain::section_no section, domain::seat_no number) const {
  static const booked_seat untouched;
  auto found = seats_.find({section, number});
  return found == seats_.end() ? untouched : found->second;
}

std::uint32_t books::taken_by(const domain::buyer_id& buyer) const {
  return static_cast<std::uint32_t>(std::count_if(seats_.begin(), seats_.end(), [&](const auto& seat) {
    return seat.second.taken() && seat.second.owner == buyer;
  }));
}

bool books::ever_had(const domain::event_settings& settings) const {
  return settings == settings_
         || std::find(former_settings_.begin(), former_settings_.end(), settings) != former_settings_.end();
}

void books::free(domain::section_no section, const part& of, domain::hold_id id) {
  for (auto number : of.seats)
    if (auto& seat = seats_[{section, number}]; seat.held == id)
      seat.held.reset();
}

void books::take(const persistence::journal_entry& entry, const domain::seats_held& fact) {
  auto& hold = holds_[fact.hold];
  hold.buyer = fact.buyer;
  auto& mine = hold.parts[entry.shard.section];
  mine = part{{}, fact.until, {}, {}, false};
  for (const auto& seat : fact.seats) {
    mine.seats.push_back(seat.seat);
    auto& taken = seats_[{entry.shard.section, seat.seat}];
    taken.held = fact.hold;
    taken.owner = fact.buyer;
  }
}

void books::take(const persistence::journal_entry& entry, const domain::hold_ended& fact) {
  auto& mine = holds_[fact.hold].parts[entry.shard.section];
  mine.ended = fact.why;
  free(entry.shard.section, mine, fact.hold);
}

void books::take(const persistence::journal_entry& entry, const domain::payment_started& fact) {
  auto& mine = holds_[fact.hold].parts[entry.shard.section];
  mine.paying_for = fact.order;
  mine.until = std::max(mine.until, fact.until);
}

void books::take(const persistence::journal_entry& entry, const domain::payment_stopped& fact) {
  auto& mine = holds_[fact.hold].parts[entry.shard.section];
  mine.paying_for.reset();
  mine.until = fact.until;
}

void books::take(const persistence::journal_entry& entry, const domain::seats_sold& fact) {
  auto& hold = holds_[fact.hold];
  hold.buyer = fact.buyer;
  auto& mine = hold.parts[entry.shard.section];
  free(entry.shard.section, mine, fact.hold);
  mine.sold = true;
  for (const auto& sold : fact.seats) {
    auto& seat = seats_[{entry.shard.section, sold.seat}];
    seat.sold = fact.order;
    seat.sold_from = fact.hold;
    seat.owner = fact.buyer;
  }
}

void books::take(const persistence::journal_entry& entry, const domain::seats_returned& fact) {
  for (const auto& returned : fact.seats)
    seats_[{entry.shard.section, returned.seat}].sold.reset();
}

void books::take(const persistence::journal_entry& entry, const domain::seats_blocked& fact) {
  for (auto number : fact.seats)
    seats_[{entry.shard.section, number}].blocked = true;
}

void books::take(const persistence::journal_entry& entry, const domain::seats_unblocked& fact) {
  for (auto number : fact.seats)
    seats_[{entry.shard.section, number}].blocked = false;
}

void books::take(const persistence::journal_entry&, const domain::event_defined& fact) {
  former_settings_.push_back(settings_);
  settings_ = fact.settings;
}

void books::take(const persistence::journal_entry&, const domain::event_state_changed& fact) {
  state_ = fact.state;
  states_.insert(state_);
}

void books::take(const persistence::journal_entry&, const domain::order_started& fact) {
  orders_[fact.order] = booked_order{.started = fact};
}

void books::take(const persistence::journal_entry&, const domain::order_advanced& fact) {
  auto& order = orders_[fact.order];
  order.state = fact.state;
  order.visited.insert(fact.state);
}

void books::take(const persistence::journal_entry&, const domain::order_cancel_requested& fact) {
  orders_[fact.order].cancel_requested = true;
}

void books::take(const persistence::journal_entry&, const domain::numbers_reserved& fact) {
  reserved_ = std::max(reserved_, fact.up_to);
}

void books::take(const persistence::journal_entry&, const domain::turns_taken& fact) {
  for (const auto& span : fact.numbers)
    for (auto number = span.first.value(); number <= span.last.value(); ++number)
      turns_.insert(domain::queue_number{number});
}

} // namespace usher::simulation
