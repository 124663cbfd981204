#include "domain/waiting_room.hpp"

#include "domain/ensure.hpp"
#include "domain/is_one_of.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace usher::domain {
namespace {

/// Enough stretches that a reported position is off by at most 1/64 of the line's length.
constexpr std::size_t outline_stretches = 64;

/// How many expired people are remembered, to be told so; earlier ones are unknown again.
constexpr std::size_t expired_max = 100'000;

/// The first whole second since 1970 that is not before `at`.
std::uint32_t second_after(instant at) {
  constexpr std::int64_t last = std::numeric_limits<std::uint32_t>::max();
  auto second = std::chrono::ceil<seconds>(at).time_since_epoch().count();
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(second, 0, last));
}

/// The last whole second since 1970 that is not after `at`.
std::uint32_t second_before(instant at) {
  return second_after(std::chrono::floor<seconds>(at));
}

std::int64_t second_of(instant at) {
  return std::chrono::floor<seconds>(at).time_since_epoch().count();
}

std::uint64_t bit_of(std::size_t entrance) {
  ensure(entrance < waiting_room::entrances, "people are connected at an entrance that there is");
  return std::uint64_t{1} << entrance;
}

seconds whole_seconds(std::uint64_t count) {
  return seconds{static_cast<seconds::rep>(count)};
}

} // namespace

queue_place place_behind(const line_mark& before, const queue_pace& pace) {
  queue_place place{.number = before.number, .ahead = before.waiting};
  // By the rate limit, whoever has `n` people before them waits at least n / rate whole seconds.
  place.eta_low = whole_seconds(before.present / pace.admission_per_s);
  auto must_wait_for_others = pace.free_places && *pace.free_places <= before.waiting;
  // One second more than their slots take, since the present second may be used up already.
  place.eta_high =
      must_wait_for_others ? std::nullopt : std::optional{whole_seconds(before.waiting / pace.admission_per_s + 2)};
  return place;
}

waiting_room::waiting_room(limits configured) : limits_(configured), rate_(configured.admission_per_s) {
  ensure(limits_.number_block > 0, "numbers are reserved in blocks of at least one");
}

void waiting_room::change(std::uint32_t admission_per_s, std::uint32_t max_shopping) {
  limits_.admission_per_s = admission_per_s;
  limits_.max_shopping = max_shopping;
  rate_.change(admission_per_s);
}

void waiting_room::pause(bool paused) {
  paused_ = paused;
  rate_.rest();
}

void waiting_room::follow_earlier_room(instant now) {
  turns_.settle(now);
  if (turns_.highest().value() > 0)
    rate_.assume_full(now);
}

// ---- numbers ------------------------------------------------------------------

void waiting_room::begin() {
  if (begun_)
    return;
  begun_ = true;
  last_ = reserved_;
}

std::optional<numbers_reserved> waiting_room::numbers_needed() {
  begin();
  if (reserved_ - last_ > limits_.number_block / 2)
    return std::nullopt;
  return numbers_reserved{queue_number{reserved_ + limits_.number_block}};
}

std::optional<turns_taken> waiting_room::turns_to_write(instant inside_until) const {
  return turns_.to_write(inside_until);
}

void waiting_room::apply(const numbers_reserved& happened) {
  ensure(happened.up_to.value() >= reserved_, "numbers are reserved upwards");
  reserved_ = happened.up_to.value();
}

void waiting_room::apply(const turns_taken& happened) {
  ensure(happened.numbers.empty() || happened.numbers.back().last.value() <= reserved_,
         "only numbers that were reserved have turns");
  turns_.apply(happened);
}

void waiting_room::apply(const numbers_used_up& happened) {
  ensure(happened.numbers.empty() || happened.numbers.back().last.value() <= reserved_,
         "only numbers that were reserved can be used up");
  turns_.apply(happened);
}

void waiting_room::apply(const domain::fact& happened) {
  std::visit(
      [this]<class Fact>(const Fact& x) {
        constexpr bool ours = is_one_of<Fact, numbers_reserved, turns_taken, numbers_used_up>;
        ensure(ours, "a waiting room's journal has facts of waiting rooms only");
        if constexpr (ours)
          apply(x);
      },
      happened);
}

std::vector<fact> waiting_room::snapshot() const {
  std::vector<fact> facts{numbers_reserved{queue_number{reserved_}}};
  for (auto& turns : turns_.snapshot())
    facts.emplace_back(std::move(turns));
  return facts;
}

// ---- coming and going -----------------------------------------------------------

void waiting_room::put_in_line(waiting_person& person, queue_number number) {
  person.number = number;
  person.state = queue_state::waiting;
  line_.add(person, person.present());
  // `asked_until_` is by number: the person's presence is filed under the new one.
  if (person.asking)
    asked_until_[person.until_s].push_back(number);
  else
    person.until_s = 0;
}

void waiting_room::give_up_place(const waiting_person& person) {
  line_.remove(person.number);
  turns_.give_up(person.number);
}

std::variant<queue_number, refusal> waiting_room::join(const buyer_id& buyer, instant now) {
  begin();
  drop_absent(now);
  auto* person = find(buyer);
  if (person != nullptr && person->state != queue_state::expired)
    return person->number;
  if (last_ == reserved_)
    return refusal{.reason = rejection::overloaded, .detail = "Numbers are being written down."};
  if (person == nullptr)
    person = add(buyer);
  if (person == nullptr)
    return refusal{.reason = rejection::overloaded, .detail = "The waiting room is full."};
  queue_number number{++last_};
  put_in_line(*person, number);
  return number;
}

std::variant<queue_number, refusal> waiting_room::rejoin(const buyer_id& buyer, queue_number number, instant now) {
  begin();
  drop_absent(now);
  turns_.settle(now);
  auto* person = find(buyer);
  if (person != nullptr && person->number == number)
    return number;
  // One that is neither over nor in line was given out before a restart, or forgotten while its owner was away.
  bool given_out = number.value() >= 1 && number.value() <= last_;
  if (!given_out || turns_.over(number) || line_.find(number) != nullptr)
    return refusal{.reason = rejection::not_found};
  if (person == nullptr) {
    person = add(buyer);
    if (person == nullptr)
      return refusal{.reason = rejection::overloaded, .detail = "The waiting room is full."};
  } else if (person->state == queue_state::waiting) {
    if (person->number < number)
      return person->number;
    give_up_place(*person);
  } else if (person->state == queue_state::admitted) {
    return person->number;
  }
  if (auto inside_until = turns_.come_back(number)) {
    person->number = number;
    put_inside(*person, second_before(*inside_until));
  } else {
    put_in_line(*person, number);
  }
  return number;
}

void waiting_room::put_inside(waiting_person& person, std::uint32_t until_s) {
  person.state = queue_state::admitted;
  person.entrances = 0;
  person.asking = false;
  person.until_s = until_s;
  ++shopping_;
}

waiting_person* waiting_room::find(const buyer_id& buyer) const {
  auto known = people_.find(std::string_view{buyer.value()});
  return known == people_.end() ? nullptr : known->get();
}

waiting_person* waiting_room::add(const buyer_id& buyer) {
  if (people_.size() >= limits_.people_max && !forget_expired() && !forget_absent())
    return nullptr;
  return people_.insert(waiting_person::make(buyer)).first->get();
}

void waiting_room::leave(const buyer_id& buyer) {
  auto known = people_.find(std::string_view{buyer.value()});
  if (known == people_.end() || (*known)->state == queue_state::expired)
    return;
  if ((*known)->state == queue_state::waiting)
    give_up_place(**known);
  else
    --shopping_;
  people_.erase(known);
}

void waiting_room::note_presence(waiting_person& person) {
  if (person.state == queue_state::waiting)
    line_.set_present(person.number, person.present());
}

void waiting_room::connected(const buyer_id& buyer, std::size_t entrance) {
  // Nobody reports when people leave who have been let in; if they wait again, they are connected anew.
  if (auto* person = find(buyer); person != nullptr && person->state == queue_state::waiting) {
    person->entrances |= bit_of(entrance);
    note_presence(*person);
  }
}

void waiting_room::disconnected(const buyer_id& buyer, std::size_t entrance) {
  if (auto* person = find(buyer)) {
    person->entrances &= ~bit_of(entrance);
    note_presence(*person);
  }
}

void waiting_room::close_entrance(std::size_t entrance) {
  auto others = ~bit_of(entrance);
  for (const auto& person : people_) {
    if ((person->entrances & ~others) == 0)
      continue;
    person->entrances &= others;
    note_presence(*person);
  }
}

void waiting_room::touch(const buyer_id& buyer, instant now, seconds presence) {
  drop_absent(now);
  auto* person = find(buyer);
  if (person == nullptr || person->state != queue_state::waiting)
    return;
  person->until_s = std::max(person->until_s, second_after(now + presence));
  if (person->asking)
    return; // filed already; when that second comes, they are filed again
  person->asking = true;
  asked_until_[person->until_s].push_back(person->number);
  note_presence(*person);
}

void waiting_room::drop_absent(instant now) {
  auto second = second_of(now);
  while (!asked_until_.empty() && std::int64_t{asked_until_.begin()->first} <= second) {
    auto due = asked_until_.extract(asked_until_.begin());
    for (auto number : due.mapped()) {
      auto* person = line_.find(number);
      if (person == nullptr)
        continue; // went in, or left
      if (std::int64_t{person->until_s} > second) {
        asked_until_[person->until_s].push_back(number);
      } else {
        person->asking = false;
        note_presence(*person);
      }
    }
  }
}

// ---- admission ----------------------------------------------------------------

bool waiting_room::has_room() const noexcept {
  return limits_.max_shopping == 0 || shopping() < limits_.max_shopping;
}

std::vector<waiting_room::admitted> waiting_room::admit(instant now) {
  begin();
  drop_absent(now);
  turns_.settle(now);
  std::vector<admitted> result;
  if (paused_)
    return result;
  auto* person = line_.first_present();
  while (person != nullptr && has_room() && rate_.may_admit(now)) {
    rate_.note_admission(now);
    line_.remove(person->number);
    turns_.take(person->number);
    put_inside(*person, 0);
    ++admitted_;
    result.push_back({person->number, buyer_id{std::string{person->buyer()}}});
    person = line_.first_present();
  }
  if (person == nullptr || !has_room())
    rate_.rest();
  return result;
}

std::vector<waiting_room::admitted> waiting_room::let_in(std::vector<admitted> people, instant now, instant until) {
  if (people.empty())
    return people;
  rate_.delay_latest(now);
  std::erase_if(people, [&](const admitted& one) {
    auto* person = find(one.buyer);
    if (person == nullptr || person->number != one.number || person->state != queue_state::admitted)
      return true;
    person->until_s = second_before(until);
    return false;
  });
  return people;
}

std::optional<instant> waiting_room::next_admission(instant now) const {
  if (paused_ || line_.present() == 0)
    return std::nullopt;
  return has_room() ? std::optional{rate_.next(now)} : turns_.next_to_settle();
}

void waiting_room::stop_shopping(const buyer_id& buyer) {
  auto* person = find(buyer);
  if (person == nullptr || person->state != queue_state::admitted)
    return;
  person->state = queue_state::expired;
  --shopping_;
  remember_expired(buyer);
}

void waiting_room::remember_expired(const buyer_id& buyer) {
  expired_.push_back(buyer);
  if (expired_.size() > expired_max)
    forget_expired();
}

bool waiting_room::forget_expired() {
  while (!expired_.empty()) {
    auto known = people_.find(std::string_view{expired_.front().value()});
    expired_.pop_front();
    // Those who have joined again since are no longer expired.
    if (known != people_.end() && (*known)->state == queue_state::expired) {
      people_.erase(known);
      return true;
    }
  }
  return false;
}

bool waiting_room::forget_absent() {
  const auto* last = line_.last_absent();
  if (last == nullptr)
    return false;
  line_.remove(last->number);
  people_.erase(people_.find(last->buyer()));
  return true;
}

// ---- readings -----------------------------------------------------------------

std::optional<queue_place> waiting_room::place_of(const buyer_id& buyer) const {
  const auto* person = find(buyer);
  if (person == nullptr)
    return std::nullopt;
  bool is_inside = person->state == queue_state::admitted && person->until_s > 0;
  if (is_inside)
    return queue_place{
        .number = person->number, .state = person->state, .pass_until = instant{seconds{person->until_s}}};
  if (person->state == queue_state::expired)
    return queue_place{.number = person->number, .state = person->state};
  auto number = person->number;
  return place_behind({number, line_.waiting_before(number), line_.present_before(number)}, pace());
}

queue_pace waiting_room::pace() const {
  queue_pace result{limits_.admission_per_s, std::nullopt};
  if (paused_)
    result.free_places = 0;
  else if (limits_.max_shopping > 0)
    result.free_places = limits_.max_shopping - std::min<std::uint64_t>(shopping(), limits_.max_shopping);
  return result;
}

line_outline waiting_room::outline() const {
  return line_.outline(outline_stretches);
}

waiting_room::figures waiting_room::totals() const {
  return {.joined = begun_ ? last_ : reserved_,
          .serving = turns_.highest().value(),
          .waiting = line_.waiting(),
          .present = line_.present(),
          .admitted = admitted_,
          .shopping = shopping()};
}

} // namespace usher::domain
