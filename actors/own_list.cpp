#include "actors/own_list.hpp"

#include <algorithm>
#include <memory>
#include <utility>

namespace usher::actors {

namespace {

using domain::rejection;

/// The list while sections are being asked.
class unfinished_list {
public:
  unfinished_list(messages::own_list list, std::size_t missing, caf::typed_response_promise<messages::own_list> asked)
      : list_(std::move(list)), missing_(missing), asked_(std::move(asked)) {
    deliver_if_complete();
  }

  void add(const event_holds::counted_hold& which, event_common::whole_hold what) {
    const auto* why = std::get_if<domain::refusal>(&what);
    if (!why)
      list_.holds.push_back(std::get<messages::hold_granted>(std::move(what)));
    else if (why->reason != rejection::not_found && why->reason != rejection::hold_expired)
      list_.unread.push_back({which.hold, which.sections});
    --missing_;
    deliver_if_complete();
  }

private:
  void deliver_if_complete() {
    if (missing_ > 0)
      return;
    std::ranges::sort(list_.holds, {}, &messages::hold_granted::hold);
    std::ranges::sort(list_.unread, {}, &messages::unread_hold::hold);
    asked_.deliver(std::move(list_));
  }

  messages::own_list list_;
  std::size_t missing_;
  caf::typed_response_promise<messages::own_list> asked_;
};

} // namespace

caf::result<messages::own_list> list_own(event_common& core, const event_holds& holds, const event_orders& orders,
                                         const messages::list_own& wish) {
  if (core.sections.empty()) // then nobody can say what is held
    return messages::to_error(rejection::overloaded);
  auto newest = orders.newest_of(wish.buyer, messages::list_own::most);
  messages::own_list list{core.id, {}, std::move(newest.orders), {}, holds.silent_sections(), newest.more};
  auto counted = holds.counted_for(wish.buyer);
  std::erase_if(counted,
                [bought = orders.bought_by(wish.buyer)](const auto& one) { return bought.contains(one.hold); });
  if (counted.size() > messages::list_own::most) {
    counted.resize(messages::list_own::most);
    list.more = true;
  }
  auto is_served = [](const event_holds::counted_hold& one) { return one.is_served; };
  auto unserved = std::stable_partition(counted.begin(), counted.end(), is_served);
  for (auto one = unserved; one != counted.end(); ++one)
    list.unread.push_back({one->hold, one->sections});
  counted.erase(unserved, counted.end());

  auto asked = core.self->make_response_promise<messages::own_list>();
  auto unfinished = std::make_shared<unfinished_list>(std::move(list), counted.size(), asked);
  for (auto& one : counted) {
    auto sections = core.find_sections(one.sections);
    domain::ensure(sections.has_value(), "a hold that counts is in sections of its event");
    messages::find_hold question{wish.trace, wish.event, one.hold, wish.buyer, one.sections};
    core.read_hold(*sections, question, [unfinished, one = std::move(one)](event_common::whole_hold whole) mutable {
      unfinished->add(one, std::move(whole));
    });
  }
  return asked;
}

} // namespace usher::actors
