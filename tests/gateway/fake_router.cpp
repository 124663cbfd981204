#include "tests/gateway/fake_router.hpp"

#include "messages/refusal.hpp"
#include "tests/codec/hall.hpp"

#include <caf/actor_system.hpp>
#include <caf/stateful_actor.hpp>

#include <map>
#include <set>
#include <string>
#include <unordered_set>

namespace usher::tests {
namespace {

using namespace messages;
using namespace std::chrono_literals;

domain::instant now() {
  return std::chrono::time_point_cast<domain::microseconds>(std::chrono::system_clock::now());
}

struct fake_router_state {
  static inline const char* name = "usher.fake-router";

  fake_router_state(router_actor::pointer_view self, std::shared_ptr<router_notes> notes)
      : self_(self), notes_(std::move(notes)) {}

  router_actor::behavior_type make_behavior() {
    return {
        [this](hold_seats& x) { return hold(x); },
        [this](release_hold&) -> caf::result<void> {
          ++notes_->releases;
          return {};
        },
        [this](find_hold& x) { return granted(x.event, x.hold, x.buyer, x.sections); },
        [this](start_order& x) { return order(x); },
        [this](find_order& x) { return known_order(x.event, x.order, x.buyer, domain::order_state::confirmed); },
        [](list_orders& x) {
          order_list answer{x.event, {}, true};
          answer.orders.push_back(known_order(x.event, x.order.value_or(domain::order_id{3, 4}),
                                              domain::buyer_id{"ada"}, domain::order_state::cancelling));
          return answer;
        },
        [](refund_order& x) {
          return known_order(x.event, x.order, domain::buyer_id{"ada"}, domain::order_state::cancelling);
        },
        [](refund_orders& x) {
          return refund_progress{x.event, 2, 1, 2};
        },
        [this](cancel_order& x) {
          for (auto& [wish, promise] : std::exchange(unanswered_, {}))
            promise.deliver(granted(wish.event, wish.hold, wish.buyer, {domain::section_no{0}}));
          return known_order(x.event, x.order, x.buyer, domain::order_state::cancelled);
        },
        [this](describe_event& x) {
          ++notes_->described;
          return view(x.event);
        },
        [this](list_events&) {
          for (auto& [event, promise] : std::exchange(waiting_puts_, {}))
            promise.deliver(view(event));
          return std::vector{domain::event_id{"open"}, domain::event_id{"rock"}};
        },
        [this](put_event& x) { return put(x); },
        [this](change_event& x) { return change(x); },
        [this](block_seats& x) { return view(x.event); },
        [this](report_event& x) { return report(x.event); },
        [this](list_own& x) { return own(x.event); },
        [this](read_section& x) { return look(x.event, x.section); },
        [this](watch_section& x, gateway_actor&) -> caf::result<section_view> {
          ++notes_->watches;
          if (notes_->refuse_watch.exchange(false))
            return to_error(domain::rejection::overloaded);
          return look(x.event, x.section);
        },
        [this](unwatch_section&, gateway_actor&) { ++notes_->unwatches; },
        [this](join_queue& wish, gateway_actor&) -> caf::result<domain::queue_place> {
          ++notes_->joins;
          {
            std::lock_guard guard{notes_->lock};
            notes_->numbers.push_back(wish.number);
          }
          if (notes_->refuse_join.exchange(false))
            return to_error(domain::rejection::overloaded);
          return place(joined_.insert(wish.buyer).second);
        },
        [this](ask_place&) -> caf::result<domain::queue_place> {
          std::lock_guard guard{notes_->lock};
          if (notes_->place_fails)
            return to_error(*notes_->place_fails);
          return place();
        },
        [this](leave_queue&) -> caf::result<void> {
          if (notes_->refuse_leave.exchange(false))
            return to_error(domain::rejection::overloaded);
          return {};
        },
        [this](people_left& x, gateway_actor&) {
          std::lock_guard guard{notes_->lock};
          notes_->left.push_back(x);
        },
        [this](subscribe&, gateway_actor& gateway) { welcome(gateway); },
        [](event_announced&, event_actor&, std::vector<section_actor>&, waiting_room_actor&) {},
        [](const shards_reopened&) {},
        [](keeper_ready&, keeper_actor&) {},
    };
  }

private:
  caf::result<hold_granted> hold(hold_seats& x) {
    {
      std::lock_guard guard{notes_->lock};
      if (!notes_->hold_fails.empty()) {
        auto why = std::move(notes_->hold_fails.front());
        notes_->hold_fails.pop_front();
        return why;
      }
    }
    if (!x.admitted && !holds_.contains(x.hold))
      return to_error(domain::rejection::not_admitted);
    if (x.admitted)
      ++notes_->holds;
    holds_.insert(x.hold);
    if (std::holds_alternative<domain::best_wish>(x.wanted))
      return granted(x.event, x.hold, x.buyer, {domain::section_no{0}});
    std::vector<domain::section_no> sections;
    for (auto& part : std::get<std::vector<section_wish>>(x.wanted)) {
      sections.push_back(part.section);
      auto* named = std::get_if<domain::seats_wish>(&part.wanted);
      if (!named || part.section.value() != 0)
        continue;
      for (auto seat : named->seats) {
        if (seat.value() == 0)
          return to_error(domain::refusal{domain::rejection::seat_taken, {seat}, {}, {}});
        if (seat.value() == 1) {
          unanswered_.emplace_back(x, self_->make_response_promise<hold_granted>());
          return unanswered_.back().second;
        }
      }
    }
    return granted(x.event, x.hold, x.buyer, sections);
  }

  static hold_granted granted(const domain::event_id& event, domain::hold_id hold, const domain::buyer_id& buyer,
                              const std::vector<domain::section_no>& sections) {
    hold_granted answer{event, hold, buyer, {}, now() + 300s, now()};
    for (auto section : sections)
      answer.sections.push_back({section, {{domain::seat_no{0}, 8950}}});
    return answer;
  }

  static order_view known_order(const domain::event_id& event, domain::order_id order, const domain::buyer_id& buyer,
                                domain::order_state state) {
    return {
        event, order, domain::hold_id{1, 2}, buyer, state, 8950, {{domain::section_no{0}, domain::seat_no{2}, 8950}},
        {},    now()};
  }

  caf::result<order_view> order(start_order& x) {
    if (x.method == "declined")
      return to_error(domain::rejection::payment_declined);
    if (x.method == "slow") // confirmed when nobody is told
      return known_order(x.event, x.order, x.buyer, domain::order_state::charging);
    auto soon = known_order(x.event, x.order, x.buyer, domain::order_state::confirmed);
    for (auto state : {domain::order_state::charging, domain::order_state::charged, soon.state}) {
      auto step = soon;
      step.state = state;
      notes_->tell(order_changed{std::move(step)});
    }
    return known_order(x.event, x.order, x.buyer, domain::order_state::charging);
  }

  event_view view(const domain::event_id& event) {
    event_view answer;
    answer.id = event;
    answer.settings.name = event.value();
    answer.settings.prices = {8950, 4500, 3000};
    answer.state = states_[event];
    answer.sections = {{8, 0, 0, 0, 0, 0}, {2, 0, 0, 0, 0, 0}, {100, 0, 0, 0, 0, 0}};
    return answer;
  }

  caf::result<event_view> put(put_event& x) {
    {
      std::lock_guard guard{notes_->lock};
      if (auto why = std::exchange(notes_->put_fails, std::nullopt))
        return *why;
    }
    if (notes_->puts_wait) {
      waiting_puts_.emplace_back(x.id, self_->make_response_promise<event_view>());
      return waiting_puts_.back().second;
    }
    notes_->plan_put = x.plan_text != nullptr;
    auto text = x.plan_text ? x.plan_text : std::make_shared<const std::string>("{}");
    notes_->tell(event_announced{x.id,
                                 x.plan,
                                 text,
                                 x.settings.currency.value_or("EUR"),
                                 x.settings.waiting_room.value_or(true),
                                 x.settings.hidden.value_or(false),
                                 {}});
    if (x.state)
      states_[x.id] = *x.state;
    auto answer = view(x.id);
    answer.settings.name = x.settings.name.value_or(x.plan->name());
    return answer;
  }

  event_view change(change_event& x) {
    if (x.state)
      states_[x.event] = *x.state;
    return view(x.event);
  }

  caf::result<own_list> own(const domain::event_id& event) {
    std::lock_guard guard{notes_->lock};
    auto known = notes_->own.find(event);
    if (known == notes_->own.end())
      return own_list{event, {}, {}};
    if (const auto* why = std::get_if<domain::refusal>(&known->second))
      return to_error(*why);
    return std::get<own_list>(known->second);
  }

  event_report report(const domain::event_id& event) {
    event_report answer;
    answer.event = view(event);
    return answer;
  }

  static section_view look(const domain::event_id& event, domain::section_no section) {
    auto general = small_hall()->section(section).general();
    return {event,
            section,
            domain::epoch{1},
            10,
            general ? "" : std::string(small_hall()->section(section).capacity(), '.'),
            {}};
  }

  static domain::queue_place place(bool is_new = false) {
    return {domain::queue_number{7}, domain::queue_state::waiting, 6, 3s, 9s, is_new};
  }

  void welcome(gateway_actor& gateway) {
    auto text = std::make_shared<const std::string>(R"({"name":"Small hall"})");
    self_->send(gateway, event_announced{rock, notes_->plan, text, "EUR", true, false, {}});
    self_->send(gateway, event_announced{domain::event_id{"open"}, notes_->plan, text, "EUR", false, false, {}});
    std::lock_guard guard{notes_->lock};
    notes_->gateways.push_back(gateway);
  }

  router_actor::pointer_view self_;
  std::shared_ptr<router_notes> notes_;
  std::map<domain::event_id, domain::event_state> states_;
  std::set<domain::buyer_id> joined_;
  std::set<domain::hold_id> holds_; ///< asked for with a pass
  std::vector<std::pair<hold_seats, caf::typed_response_promise<hold_granted>>> unanswered_;
  std::vector<std::pair<domain::event_id, caf::typed_response_promise<event_view>>> waiting_puts_;
};

} // namespace

messages::router_actor spawn_fake_router(caf::actor_system& system, std::shared_ptr<router_notes> notes) {
  return system.spawn<router_actor::stateful_impl<fake_router_state>>(std::move(notes));
}

} // namespace usher::tests
