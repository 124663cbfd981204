#include "tests/simulation/people.hpp"

#include <algorithm>
#include <utility>

namespace usher::simulation {

using namespace std::chrono_literals;
using domain::order_state;

buyer::buyer(world& where, std::uint64_t number)
    : in_(where), number_(number), name_("buyer-" + std::to_string(number)) {}

void buyer::begin() {
  in_.when().in(in_.chance().wait(0us, 4s), [this] { act(); });
}

void buyer::rest() {
  in_.when().in(in_.chance().wait(20ms, 8s), [this] { act(); });
}

void buyer::act() {
  if (!in_.selling())
    return;
  if (in_.network() && in_.chance().chance(150)) // so that it shows when two nodes serve the same
    return look();
  auto dice = in_.chance().below(100);
  if (dice < 14)
    return place_ && dice < 4 ? leave_line() : stand_in_line();
  if (dice < 18)
    return look();
  if (!confirmed_.empty() && dice < 26)
    return cancel();
  if (!holds_.empty() && dice < 70)
    return decide_about_hold();
  hold_something();
}

// ---- holds --------------------------------------------------------------------

messages::section_wish buyer::wish_in(domain::section_no section, std::uint32_t most) {
  const auto& plan = in_.plan()->section(section);
  auto quantity = static_cast<std::uint32_t>(in_.chance().between(1, most));
  if (plan.general())
    return {section, domain::quantity_wish{quantity}};
  if (in_.chance().chance(300))
    return {section, domain::best_wish{.quantity = quantity}};
  domain::seats_wish seats;
  auto first = in_.chance().below(plan.capacity() - quantity + 1);
  for (std::uint32_t i = 0; i < quantity; ++i)
    seats.seats.push_back(plan.number_at(domain::plan_index{static_cast<std::uint32_t>(first + i)}));
  return {section, seats};
}

messages::hold_seats buyer::wish() {
  messages::hold_seats result;
  result.event = in_.event();
  result.hold = {number_, ++keys_};
  result.buyer = name_;
  result.wish_digest = keys_;
  const auto& sections = in_.plan()->order();
  auto dice = in_.chance().below(100);
  if (dice < 20) {
    result.wanted = domain::best_wish{.quantity = static_cast<std::uint32_t>(in_.chance().between(1, 3))};
    result.category = in_.chance().chance(700) ? "Seat" : "";
  } else if (dice < 60) {
    result.wanted = std::vector{wish_in(in_.chance().one_of(sections), 3)};
  } else {
    auto left_out = in_.chance().below(sections.size() + 1);
    std::vector<messages::section_wish> parts;
    for (std::size_t i = 0; i < sections.size(); ++i)
      if (i != left_out)
        parts.push_back(wish_in(sections[i], 2));
    result.wanted = std::move(parts);
  }
  return result;
}

void buyer::hold_something() {
  // Somebody who reloads an old page asks for what they had long ago.
  auto again = last_wish_ && in_.chance().chance(80);
  auto wanted = again ? *last_wish_ : wish();
  last_wish_ = wanted;
  if (in_.chance().chance(100)) // an impatient finger
    in_.when().in(in_.chance().wait(1ms, 200ms), [this, wanted] {
      in_.get_done<messages::hold_granted>(name_.value() + " (twice)", wanted, [](const auto&) {});
    });
  in_.get_done<messages::hold_granted>(name_.value(), wanted, [this](const auto& how) { held(how); });
}

void buyer::held(const outcome<messages::hold_granted>& how) {
  if (how.reply) {
    my_hold mine{how.reply->hold, {}};
    for (const auto& part : how.reply->sections)
      mine.sections.push_back(part.section);
    std::erase_if(holds_, [&](const auto& each) { return each.id == mine.id; });
    holds_.push_back(std::move(mine));
  }
  rest();
}

void buyer::decide_about_hold() {
  auto dice = in_.chance().below(100);
  if (dice < 45)
    return order();
  auto mine = holds_.back();
  if (dice < 60) {
    holds_.pop_back(); // forgotten: it runs out
    return rest();
  }
  if (dice < 75) {
    in_.get_done<messages::hold_granted>(name_.value(),
                                         messages::find_hold{{}, in_.event(), mine.id, name_, mine.sections},
                                         [this](const auto&) { rest(); });
    return;
  }
  holds_.pop_back();
  in_.get_done<done>(name_.value(), messages::release_hold{{}, in_.event(), mine.id, name_, mine.sections},
                     [this](const auto&) { rest(); });
}

// ---- orders -------------------------------------------------------------------

void buyer::order() {
  auto mine = holds_.back();
  holds_.pop_back();
  domain::order_id id{number_, ++keys_};
  messages::start_order wanted{{},     in_.event(),           id,   mine.id, name_, mine.sections,
                               "card", std::to_string(keys_), keys_};
  in_.get_done<messages::order_view>(name_.value(), wanted, [this, id](const auto& how) {
    if (how.reply)
      follow(id);
    else
      rest();
  });
}

void buyer::follow(domain::order_id id) {
  // Some do not wait for the outcome, and want it undone.
  if (in_.chance().chance(60)) {
    in_.get_done<messages::order_view>(name_.value(), messages::cancel_order{{}, in_.event(), id, name_},
                                       [this](const auto&) { rest(); });
    return;
  }
  in_.get_done<messages::order_view>(name_.value(), messages::find_order{{}, in_.event(), id, name_},
                                     [this, id](const auto& how) {
                                       if (how.reply && how.reply->state == order_state::confirmed)
                                         confirmed_.push_back(id);
                                       if (!how.reply || domain::is_final(how.reply->state))
                                         return rest();
                                       in_.when().in(in_.chance().wait(100ms, 3s), [this, id] { follow(id); });
                                     });
}

void buyer::cancel() {
  auto id = confirmed_.back();
  confirmed_.pop_back();
  in_.get_done<messages::order_view>(name_.value(), messages::cancel_order{{}, in_.event(), id, name_},
                                     [this](const auto&) { rest(); });
}

// ---- the queue, and looking on -------------------------------------------------

void buyer::stand_in_line() {
  if (place_ && in_.chance().chance(500)) {
    in_.get_done<domain::queue_place>(name_.value(), messages::ask_place{{}, in_.event(), name_, place_},
                                      [this](const auto& how) {
                                        if (!how.reply)
                                          place_.reset();
                                        rest();
                                      });
    return;
  }
  in_.get_done<domain::queue_place>(name_.value(), messages::join_queue{{}, in_.event(), name_, place_, true},
                                    [this](const auto& how) {
                                      place_.reset();
                                      if (how.reply && how.reply->number != domain::queue_number{})
                                        place_ = how.reply->number;
                                      rest();
                                    });
}

void buyer::leave_line() {
  place_.reset();
  in_.get_done<done>(name_.value(), messages::leave_queue{{}, in_.event(), name_}, [this](const auto&) { rest(); });
}

void buyer::look() {
  if (in_.chance().chance(500)) {
    in_.get_done<messages::event_view>(name_.value(), messages::describe_event{{}, in_.event()},
                                       [this](const auto&) { rest(); });
    return;
  }
  auto section = in_.chance().one_of(in_.plan()->order());
  in_.get_done<messages::section_view>(name_.value(), messages::read_section{{}, in_.event(), section},
                                       [this](const auto&) { rest(); });
}

// ---- the organiser --------------------------------------------------------------

void organiser::begin() {
  rest();
  if (!in_.chance().chance(150))
    return;
  auto end = world::sale + world::calm;
  in_.when().in(end - in_.chance().wait(0us, 12s), [this] {
    messages::change_event close;
    close.event = in_.event();
    close.state = domain::event_state::closed;
    in_.get_done<messages::event_view>("organiser", close, [](const auto&) {});
  });
}

void organiser::look_again() {
  if (in_.written().state() != domain::event_state::paused)
    return;
  messages::change_event open;
  open.state = domain::event_state::open;
  change(open);
}

void organiser::rest() {
  in_.when().in(in_.chance().wait(500ms, 12s), [this] { act(); });
}

void organiser::change(messages::change_event wish) {
  wish.event = in_.event();
  in_.get_done<messages::event_view>("organiser", std::move(wish), [this](const auto&) { rest(); });
}

void organiser::act() {
  if (!in_.selling())
    return;
  auto dice = in_.chance().below(100);
  if (dice < 12)
    pause();
  else if (dice < 36)
    change_settings();
  else if (dice < 54)
    block();
  else if (dice < 68)
    undo_an_order();
  else if (dice < 84)
    change_plan();
  else
    look();
}

void organiser::pause() {
  messages::change_event pause;
  pause.event = in_.event();
  pause.state = domain::event_state::paused;
  in_.get_done<messages::event_view>("organiser", pause, [this](const auto&) {
    in_.when().in(in_.chance().wait(100ms, 2s), [this] {
      messages::change_event open;
      open.state = domain::event_state::open;
      change(open);
    });
  });
}

void organiser::change_settings() {
  auto& chance = in_.chance();
  messages::change_event wish;
  switch (chance.below(4)) {
    case 0:
      wish.max_seats_per_buyer = static_cast<std::uint32_t>(chance.between(2, 6));
      break;
    case 1:
      wish.admission_per_s = static_cast<std::uint32_t>(chance.between(1, 5));
      wish.max_shopping = static_cast<std::uint32_t>(chance.below(2) * 4);
      break;
    case 2:
      wish.hold_ttl = domain::seconds{static_cast<std::int64_t>(chance.between(10, 14))};
      [[fallthrough]];
    default:
      wish.prices = {{"Seat", static_cast<domain::minor_units>(chance.between(10, 90) * 100)}};
  }
  change(wish);
}

/// One seat and two places of the floor, or those that were blocked before.
void organiser::block() {
  auto unblock = !blocked_.empty();
  messages::block_seats wish{{}, in_.event(), std::move(blocked_), !unblock};
  blocked_.clear();
  if (!unblock) {
    const auto& plan = *in_.plan();
    auto section = in_.chance().one_of(plan.order());
    if (const auto& here = plan.section(section); !here.general()) {
      domain::plan_index index{static_cast<std::uint32_t>(in_.chance().below(here.capacity()))};
      wish.parts.push_back({section, {here.number_at(index)}, 0});
    }
    wish.parts.push_back({*plan.find_section(floor_id), {}, 2});
    blocked_ = wish.parts;
  }
  in_.get_done<messages::event_view>("organiser", wish, [this](const auto&) { rest(); });
}

void organiser::undo_an_order() {
  std::vector<domain::order_id> known;
  for (const auto& [id, order] : in_.written().orders())
    if (order.state == order_state::confirmed || order.state == order_state::charging)
      known.push_back(id);
  if (known.empty())
    return rest();
  in_.get_done<messages::order_view>("organiser", messages::refund_order{{}, in_.event(), in_.chance().one_of(known)},
                                     [this](const auto&) { rest(); });
}

void organiser::change_plan() {
  const auto& next = in_.chance().one_of(in_.halls());
  messages::put_event wish;
  wish.id = in_.event();
  wish.plan_text = next.text;
  wish.plan = next.plan;
  if (in_.chance().chance(300))
    wish.settings.prices = {static_cast<domain::minor_units>(in_.chance().between(10, 90) * 100)};
  in_.get_done<messages::event_view>("organiser", wish, [this](const auto&) { rest(); });
}

void organiser::look() {
  in_.get_done<messages::event_report>("organiser", messages::report_event{{}, in_.event()},
                                       [this](const auto&) { rest(); });
}

} // namespace usher::simulation
