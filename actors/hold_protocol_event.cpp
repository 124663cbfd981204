#include "actors/hold_protocol.hpp"

#include "domain/ensure.hpp"
#include "failpoint/plant.hpp"
#include "log/log.hpp"
#include "messages/trace.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <numeric>
#include <unordered_set>

namespace usher::actors {

namespace {

using domain::rejection;

constexpr std::chrono::milliseconds longest_wait{5'000};

} // namespace

std::uint32_t quantity_of(const domain::wish& wanted) {
  if (const auto* seats = std::get_if<domain::seats_wish>(&wanted))
    return static_cast<std::uint32_t>(seats->seats.size());
  if (const auto* best = std::get_if<domain::best_wish>(&wanted))
    return best->quantity;
  return std::get<domain::quantity_wish>(wanted).quantity;
}

bool known_hold::has_part_in(domain::section_no section) const {
  return std::any_of(parts.begin(), parts.end(), [&](const auto& part) { return part.section == section; });
}

void add_part(messages::hold_granted& whole, const messages::hold_granted& part) {
  whole.sections.insert(whole.sections.end(), part.sections.begin(), part.sections.end());
  std::sort(whole.sections.begin(), whole.sections.end(),
            [](const auto& a, const auto& b) { return a.section < b.section; });
  whole.until = std::min(whole.until, part.until);
  whole.now = std::max(whole.now, part.now);
}

event_side::event_side(hold_port& port, const domain::event& event, const domain::event_settings& durable,
                       shared_epoch as_of, std::chrono::milliseconds retry)
    : port_(port), event_(event), durable_(durable), as_of_(std::move(as_of)), retry_(retry) {}

// ---- wishes ------------------------------------------------------------------

const known_hold* event_side::find(domain::hold_id hold) const {
  auto known = known_.find(hold);
  return known == known_.end() ? nullptr : &known->second;
}

std::optional<domain::refusal> event_side::refusal_of_another(const messages::hold_seats& wish) const {
  const auto* known = find(wish.hold);
  if (!known)
    return std::nullopt;
  if (known->buyer != wish.buyer)
    return domain::refusal{.reason = rejection::not_found};
  // Even if its digest is unknown, e.g. after a restart, where a hold is remains known.
  const auto* parts = std::get_if<std::vector<messages::section_wish>>(&wish.wanted);
  auto is_elsewhere = parts && parts->size() == 1 && !known->has_part_in(parts->front().section);
  if (is_elsewhere || (known->wish_digest != 0 && known->wish_digest != wish.wish_digest))
    return domain::refusal{.reason = rejection::idempotency_mismatch};
  return std::nullopt;
}

std::vector<domain::hold_id> event_side::holds_of(const domain::buyer_id& buyer) const {
  auto result = allowances_.holds_of(buyer);
  std::erase_if(result, [this](domain::hold_id hold) { return !known_.contains(hold) || undoing_.contains(hold); });
  std::ranges::sort(result);
  return result;
}

/// Whoever asks again for a hold that is being undone hears the same, or, if that was not known, that it is still being
/// worked on.
std::optional<domain::refusal> event_side::refusal_of_open(domain::hold_id hold) const {
  if (auto undone = undoing_.find(hold); undone != undoing_.end() && !domain::is_internal(undone->second.why.reason))
    return undone->second.why;
  if (undoing_.contains(hold) || open_.contains(hold))
    return domain::refusal{.reason = rejection::in_progress};
  return std::nullopt;
}

std::variant<messages::attempt, domain::refusal>
event_side::pass_on(const messages::hold_seats& wish, domain::section_no section, std::uint32_t quantity) {
  if (auto why = allowances_.take(wish.buyer, wish.hold, quantity, durable_.max_seats_per_buyer))
    return *std::move(why);
  auto attempt = next_attempt();
  auto [known, is_new] = known_.try_emplace(wish.hold);
  if (is_new) {
    known->second = {wish.buyer, {{section, quantity, attempt}}, wish.wish_digest};
    return attempt;
  }
  for (auto& part : known->second.parts)
    if (part.section == section)
      part.last = attempt;
  return attempt;
}

std::optional<domain::refusal> event_side::spread(const messages::hold_seats& wish, domain::instant until) {
  const auto& parts = std::get<std::vector<messages::section_wish>>(wish.wanted);
  std::uint64_t quantity = 0;
  std::vector<domain::section_no> numbers;
  known_hold mine{wish.buyer, {}, wish.wish_digest};
  for (const auto& part : parts) {
    auto count = quantity_of(part.wanted);
    quantity += count;
    numbers.push_back(part.section);
    mine.parts.push_back({part.section, count});
  }
  if (quantity > std::numeric_limits<std::uint32_t>::max())
    return domain::refusal{.reason = rejection::limit_exceeded};
  auto most = durable_.max_seats_per_buyer;
  if (auto why = allowances_.take(wish.buyer, wish.hold, static_cast<std::uint32_t>(quantity), most))
    return why;
  auto [known, is_new] = known_.try_emplace(wish.hold, mine);
  auto added = false;
  if (!is_new)
    if (auto why = add_parts(known->second, mine, added))
      return why;
  if (added)
    count_again(wish.hold);

  auto attempt = next_attempt();
  for (auto& part : known->second.parts)
    part.last = attempt;
  open_.try_emplace(wish.hold, open_hold{.undo = {wish.trace, wish.event, wish.hold, wish.buyer, numbers, false},
                                         .answers = section_answers<messages::hold_granted>{parts.size()},
                                         .until = until,
                                         // What was held in part was never promised, e.g. when the node died in
                                         // between: then this is the first request.
                                         .is_repeated = !is_new && !added});
  for (const auto& part : parts)
    port_.ask_to_hold(part.section, {wish.trace, wish.hold, wish.buyer, part.wanted, wish.wish_digest, until, attempt});
  return std::nullopt;
}

/// A known hold may be missing from sections that its repeat names, e.g. when the event's node died before it was held
/// everywhere: the missing parts count from now on. Returns the refusal, if they are too many.
std::optional<domain::refusal> event_side::add_parts(known_hold& known, const known_hold& wanted, bool& added) {
  auto parts = known.parts;
  std::uint64_t sum = allowances_.taken_by(wanted.buyer);
  for (const auto& part : wanted.parts)
    if (!known.has_part_in(part.section)) {
      parts.push_back(part);
      sum += part.seats;
    }
  added = parts.size() > known.parts.size();
  if (added && sum > durable_.max_seats_per_buyer)
    return domain::refusal{.reason = rejection::limit_exceeded};
  known.parts = std::move(parts);
  return std::nullopt;
}

std::optional<domain::refusal> event_side::search(const messages::hold_seats& wish, std::uint32_t quantity) {
  if (auto why = allowances_.take(wish.buyer, wish.hold, quantity, durable_.max_seats_per_buyer))
    return why;
  open_.try_emplace(wish.hold, open_hold{.undo = {wish.trace, wish.event, wish.hold, wish.buyer, {}, false},
                                         .answers = section_answers<messages::hold_granted>{1},
                                         .is_search = true,
                                         .quantity = quantity,
                                         .wish_digest = wish.wish_digest});
  return std::nullopt;
}

void event_side::search_in(domain::section_no section, messages::hold_in_section wish, domain::instant until) {
  open_.at(wish.hold).until = until;
  wish.until = until;
  wish.attempt = next_attempt();
  port_.ask_to_hold(section, std::move(wish));
}

void event_side::give_up(domain::hold_id hold, domain::refusal why) {
  open_.erase(hold);
  allowances_.give_back(hold);
  port_.answer(hold, std::move(why));
  port_.request_over();
}

bool event_side::is_searched(domain::hold_id hold) const {
  auto open = open_.find(hold);
  return open != open_.end() && open->second.is_search;
}

// ---- what sections answer ----------------------------------------------------

void event_side::granted(domain::hold_id hold, domain::section_no section, const messages::hold_granted& part) {
  auto& open = open_.at(hold);
  open.answers.yes(section, part);
  if (open.answers.complete())
    finish(hold);
}

void event_side::refused(domain::hold_id hold, domain::section_no section, domain::refusal why) {
  auto& open = open_.at(hold);
  if (open.is_search) {
    if (why.reason != rejection::outcome_unknown)
      return port_.search_on(hold, why);
    // The section may hold the places. They count until it is known that it does not.
    auto done = std::move(open_.extract(hold).mapped());
    known_.insert_or_assign(hold, known_hold{done.undo.buyer, {{section, done.quantity}}, done.wish_digest});
    return undo(std::move(done), {section}, std::move(why));
  }
  // Another hold by this id, perhaps one that an earlier event wished for, still counts.
  auto is_there = open.is_repeated || why.reason == rejection::idempotency_mismatch;
  if (!domain::is_passing(why.reason) && !is_there)
    forget_part(hold, section);
  open.answers.no(section, std::move(why));
  if (open.answers.complete())
    finish(hold);
}

/// All have answered.
void event_side::finish(domain::hold_id hold) {
  auto done = std::move(open_.extract(hold).mapped());
  auto why = done.answers.problem();
  if (done.is_search)
    known_.insert_or_assign(hold, known_hold{done.undo.buyer, {}, done.wish_digest});
  auto known = known_.find(hold);
  // A part may have run out while another section was slow to answer.
  if (!why && !done.is_search && (known == known_.end() || known->second.parts.size() != done.undo.sections.size()))
    why = domain::refusal{.reason = rejection::hold_expired};
  if (why) {
    // What an earlier request was promised stays, whatever becomes of its repeat.
    auto stays = done.is_repeated || failpoint::planted("spread_hold_not_undone");
    auto sections = stays ? std::vector<domain::section_no>{} : done.answers.perhaps_done();
    return undo(std::move(done), sections, *std::move(why));
  }
  auto whole = std::move(done.answers.given().front());
  for (std::size_t i = 1; i < done.answers.given().size(); ++i)
    add_part(whole, done.answers.given()[i]);
  for (const auto& part : whole.sections) {
    auto seats = static_cast<std::uint32_t>(part.seats.size());
    if (done.is_search)
      known->second.parts.push_back({part.section, seats});
    for (auto& mine : known->second.parts)
      if (mine.section == part.section)
        mine.seats = seats;
  }
  count_again(hold);
  port_.answer(hold, std::move(whole));
  port_.request_over();
}

/// Refuses a hold, and has these sections let go of it.
void event_side::undo(open_hold open, const std::vector<domain::section_no>& sections, domain::refusal why) {
  auto hold = open.undo.hold;
  port_.answer(hold, why);
  if (sections.empty())
    return port_.request_over();
  const auto& undone =
      undoing_.emplace(hold, undone_hold{std::move(open.undo), std::move(why), open.until, sections.size(), retry_})
          .first->second;
  for (auto section : sections) {
    auto wish = undone.undo;
    wish.sections = {section};
    wish.as_of = as_of_.get();
    port_.ask_to_release(section, wish, std::chrono::milliseconds{0});
  }
}

void event_side::released(domain::hold_id hold, domain::section_no section) {
  forget_part(hold, section);
  part_over(hold);
}

void event_side::not_released(domain::hold_id hold, domain::section_no section, const domain::refusal& why,
                              domain::instant now) {
  auto& undone = undoing_.at(hold);
  if (domain::is_passing(why.reason) && now < undone.until) {
    auto wish = undone.undo;
    wish.sections = {section};
    wish.as_of = as_of_.get();
    port_.ask_to_release(section, wish, undone.wait);
    undone.wait = std::min(undone.wait * 2, longest_wait);
    return;
  }
  log::of("actors").warn("{}a part of hold {} in section {} was not released, and runs out: {}",
                         messages::line_start(undone.undo.trace), domain::to_hex(hold), section.value(),
                         domain::sentence(why.reason));
  lost_touch(section); // the part counts for as long as the section claims it
  part_over(hold);
}

/// There is nothing more to do about one part of a hold that is being undone.
void event_side::part_over(domain::hold_id hold) {
  auto found = undoing_.find(hold);
  domain::ensure(found != undoing_.end(), "a hold that is being undone is not forgotten");
  if (--found->second.parts > 0)
    return;
  undoing_.erase(found);
  port_.request_over();
}

void event_side::give_back(const messages::allowance_back& news) {
  // A search that goes on in the next section still needs its allowance.
  if (is_searched(news.hold))
    return;
  if (event_.is_paid_for(news.hold))
    return note_end_while_paid_for(news);
  auto was_known = known_.contains(news.hold);
  forget_part(news.hold, news.section, news.attempt);
  // Only what comes back with an attempt was refused, and may be asked for again; so may what was undone.
  if (!news.attempt && was_known && !known_.contains(news.hold) && !open_.contains(news.hold)
      && !undoing_.contains(news.hold))
    ended_.remember(news.hold);
}

// ---- what sections claim -----------------------------------------------------

void event_side::meet_sections(std::size_t count) {
  sections_.resize(count);
  for (std::size_t i = 0; i < count; ++i)
    ask_claims(domain::section_no{static_cast<std::uint16_t>(i)});
}

std::vector<domain::section_no> event_side::silent_sections() const {
  std::vector<domain::section_no> result;
  for (std::size_t i = 0; i < sections_.size(); ++i)
    if (!sections_[i].is_known)
      result.emplace_back(static_cast<std::uint16_t>(i));
  return result;
}

bool event_side::opened(const messages::section_opened& news) {
  auto& section = sections_.at(news.section.value());
  auto is_newer = news.epoch > section.epoch;
  section.epoch = std::max(section.epoch, news.epoch);
  // If nothing was asked for since the question was put, whoever serves the section now answers it.
  auto is_asked = section.asked_at && !section.waits_to_ask && *section.asked_at == last_attempt();
  if (section.asked_at ? is_asked : !is_newer)
    return false;
  ask_claims(news.section);
  return true;
}

void event_side::ask_claims(domain::section_no section) {
  auto& standing = sections_.at(section.value());
  standing.asked_at = last_attempt();
  standing.waits_to_ask = false;
  port_.ask_for_claims(section, ++standing.question);
}

void event_side::no_claims(domain::section_no section, std::uint64_t question) {
  auto& standing = sections_.at(section.value());
  if (standing.question != question)
    return;
  standing.waits_to_ask = true;
  port_.wait_for_claims(section, question);
}

void event_side::ask_again(domain::section_no section, std::uint64_t question) {
  if (sections_.at(section.value()).question == question)
    ask_claims(section);
}

void event_side::closed(domain::section_no section) {
  sections_.at(section.value()).is_closed = true;
  ask_claims(section);
}

bool event_side::claims(std::uint64_t question, const messages::section_claims& all) {
  auto& section = sections_.at(all.section.value());
  if (section.question != question || !section.asked_at)
    return false;
  if (all.epoch < section.epoch) { // said by an actor that has been replaced: what it had not written is lost
    port_.wait_for_claims(all.section, question);
    return false;
  }
  auto upto = *std::exchange(section.asked_at, std::nullopt);
  section.epoch = all.epoch;
  section.is_closed = false;
  for (const auto& claim : all.claims)
    if (!is_searched(claim.hold)) // its places are counted when the section has granted them
      add_claim(claim.hold, claim.buyer, all.section, claim.seats);
  if (std::exchange(section.is_known, true))
    forget_unclaimed(all, upto);
  else // nothing was passed on before that
    ++known_sections_;
  if (ready())
    count_orders_under_way();
  return true;
}

/// Forgets the parts that a section does not claim, but for those that it was asked for after `upto`.
void event_side::forget_unclaimed(const messages::section_claims& all, messages::attempt upto) {
  std::unordered_set<domain::hold_id> claimed;
  for (const auto& claim : all.claims)
    claimed.insert(claim.hold);
  std::vector<domain::hold_id> unclaimed;
  for (const auto& [hold, known] : known_)
    for (const auto& part : known.parts)
      if (part.section == all.section && part.last <= upto && !claimed.contains(hold))
        unclaimed.push_back(hold);
  for (auto hold : unclaimed) {
    if (event_.is_paid_for(hold))
      note_end_while_paid_for({all.section, hold});
    else
      forget_part(hold, all.section);
  }
}

void event_side::add_claim(domain::hold_id hold, const domain::buyer_id& buyer, domain::section_no section,
                           std::uint32_t seats) {
  auto& known = known_.try_emplace(hold, known_hold{buyer, {}}).first->second;
  auto part = std::find_if(known.parts.begin(), known.parts.end(), [&](const auto& x) { return x.section == section; });
  if (part == known.parts.end())
    known.parts.push_back({section, seats});
  else
    part->seats = seats;
  count_again(hold);
}

// ---- orders ------------------------------------------------------------------

/// What is being paid for counts, even where its hold has ended.
void event_side::count_orders_under_way() {
  for (auto id : event_.orders_under_way()) {
    const auto& details = event_.find_order(id)->details();
    if (!event_.is_paid_for(details.hold))
      continue;
    std::map<domain::section_no, std::uint32_t> parts;
    for (const auto& seat : details.seats)
      ++parts[seat.section];
    for (auto [section, seats] : parts) {
      const auto* known = find(details.hold);
      if (known && known->has_part_in(section))
        continue;
      add_claim(details.hold, details.buyer, section, seats);
      note_end_while_paid_for({section, details.hold});
    }
  }
}

void event_side::note_end_while_paid_for(const messages::allowance_back& news) {
  auto& parts = ended_while_paid_for_[news.hold];
  std::erase_if(parts, [&](const auto& earlier) { return earlier.section == news.section; });
  parts.push_back(news);
}

void event_side::note_owned(const domain::order_started& order) {
  ended_while_paid_for_.erase(order.hold);
  known_hold mine{order.buyer, {}};
  for (const auto& seat : order.seats) {
    auto part =
        std::find_if(mine.parts.begin(), mine.parts.end(), [&](const auto& x) { return x.section == seat.section; });
    if (part == mine.parts.end())
      mine.parts.push_back({seat.section, 1});
    else
      ++part->seats;
  }
  known_.insert_or_assign(order.hold, std::move(mine));
  count_again(order.hold);
}

void event_side::forget(domain::hold_id hold) {
  ended_while_paid_for_.erase(hold);
  known_.erase(hold);
  allowances_.give_back(hold);
}

void event_side::payment_ended(domain::hold_id hold) {
  if (auto ended = ended_while_paid_for_.extract(hold))
    for (const auto& news : ended.mapped())
      give_back(news);
}

void event_side::count_payments_again() {
  std::vector<domain::hold_id> ended;
  for (const auto& [hold, news] : ended_while_paid_for_)
    if (!event_.is_paid_for(hold))
      ended.push_back(hold);
  for (auto hold : ended)
    payment_ended(hold);
}

// ---- counting ----------------------------------------------------------------

/// Forgets the hold's part in one section, unless the section was asked again after `attempt`. Without one: in any
/// case.
void event_side::forget_part(domain::hold_id hold, domain::section_no section,
                             std::optional<messages::attempt> attempt) {
  auto known = known_.find(hold);
  if (known == known_.end())
    return;
  std::erase_if(known->second.parts,
                [&](const known_part& part) { return part.section == section && !(attempt && *attempt < part.last); });
  count_again(hold);
}

/// Counts a hold by the parts it still has.
void event_side::count_again(domain::hold_id hold) {
  auto known = known_.find(hold);
  auto add = [](std::uint32_t sum, const auto& part) { return sum + part.seats; };
  const auto& parts = known->second.parts;
  if (auto quantity = std::accumulate(parts.begin(), parts.end(), std::uint32_t{0}, add); quantity > 0) {
    allowances_.set(known->second.buyer, hold, quantity);
  } else {
    allowances_.give_back(hold);
    known_.erase(known);
  }
}

} // namespace usher::actors
