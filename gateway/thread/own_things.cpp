#include "gateway/thread/own_things.hpp"

#include "gateway/thread/directory.hpp"
#include "gateway/thread/outbox.hpp"
#include "gateway/ws/queue_answers.hpp"

#include <memory>
#include <utility>
#include <vector>

namespace usher::gateway {
namespace {

/// What the events and rooms say, until the last of them has answered: then the buyer is told.
class gathering {
public:
  gathering(const directory& events, const queue_answers& places, domain::buyer_id buyer, own_things::told then)
      : events_(events), places_(places), buyer_(std::move(buyer)), then_(std::move(then)) {}
  gathering(const gathering&) = delete;
  gathering& operator=(const gathering&) = delete;

  void expect(known_event_ptr event) { here_.push_back({std::move(event), std::nullopt, true, std::nullopt}); }
  void go_on_after(domain::event_id event) { next_ = std::move(event); }

  void list(std::size_t at, answer&& what) {
    if (auto* list = std::get_if<messages::own_list>(&what))
      here_[at].list = std::move(*list);
    answered();
  }
  void place(std::size_t at, answer&& what) {
    const auto* why = std::get_if<domain::refusal>(&what);
    if (auto* place = std::get_if<domain::queue_place>(&what))
      here_[at].place = *place;
    else
      here_[at].is_place_known = why && why->reason == domain::rejection::not_found;
    answered();
  }

  /// Another answer will come, or is here.
  void expect_answer() { ++missing_; }
  void answered() {
    if (--missing_ == 0)
      tell();
  }

private:
  struct at_event {
    known_event_ptr event;
    std::optional<domain::queue_place> place;
    bool is_place_known = true;
    std::optional<messages::own_list> list;
  };

  /// A closed room has no line any more.
  [[nodiscard]] static bool is_worth_telling(const domain::queue_place& place) {
    return domain::in_line(place.state) || place.state == domain::queue_state::admitted;
  }

  void tell() {
    std::vector<codec::own_at_event> told;
    for (const auto& each : here_) {
      // An answer may be about a newer plan than the question was.
      codec::own_at_event one{.event = events_.present(each.event)->names(),
                              .is_hidden = each.event->hidden,
                              .is_place_known = each.is_place_known,
                              .list = each.list ? &*each.list : nullptr};
      if (each.place && is_worth_telling(*each.place))
        one.place = places_.of(each.event->id, buyer_, *each.place);
      told.push_back(std::move(one));
    }
    then_({buyer_, told, next_});
  }

  const directory& events_;
  const queue_answers& places_;
  domain::buyer_id buyer_;
  own_things::told then_;
  std::vector<at_event> here_;
  std::size_t missing_ = 0; ///< answers
  std::optional<domain::event_id> next_;
};

} // namespace

std::optional<codec::problem> own_things::gather(const domain::buyer_id& buyer, messages::trace_id trace,
                                                 const codec::frames::list_own& question, told then) {
  if (auto why = events_.still_starting())
    return why;
  std::vector<known_event_ptr> wanted;
  if (!question.event)
    wanted = events_.list(question.after, events_max + 1);
  else if (auto known = events_.find(*question.event))
    wanted.push_back(std::move(known));
  else
    return events_.no_such_event();

  auto all = std::make_shared<gathering>(events_, places_, buyer, std::move(then));
  if (wanted.size() > events_max) {
    wanted.resize(events_max);
    all->go_on_after(wanted.back()->id);
  }
  for (const auto& event : wanted)
    all->expect(event);
  // Whoever has too much asked already is answered at once, like somebody whom nobody answers.
  auto ask = [this, &all, now = outbox::clock::now()](messages::session_request request, auto answered) {
    all->expect_answer();
    if (!requests_.ask(std::move(request), answered, now))
      answered(lost{});
  };
  all->expect_answer(); // this one comes when all have been asked
  for (std::size_t at = 0; at < wanted.size(); ++at) {
    const auto& event = *wanted[at];
    ask(messages::list_own{trace, event.id, buyer}, [all, at](answer&& what) { all->list(at, std::move(what)); });
    if (event.waiting_room)
      ask(messages::ask_place{trace, event.id, buyer, std::nullopt},
          [all, at](answer&& what) { all->place(at, std::move(what)); });
  }
  all->answered();
  return std::nullopt;
}

} // namespace usher::gateway
