#include "gateway/ws/seat_watch.hpp"

namespace usher::gateway {

seat_watch::seat_watch(outbox& requests, draw_trace trace) : requests_(requests), trace_(std::move(trace)) {}

void seat_watch::watch(const known_event_ptr& event, domain::section_no section, std::shared_ptr<seat_watcher> session,
                       codec::reply_id re) {
  key where{event->id, section};
  if (auto known = sections_.find(where); known != sections_.end() && known->second.is_live() && !session->has_room()) {
    session->watch_later(event->id, section, std::move(re));
    session->finished();
    return;
  }
  auto& one = sections_[where];
  one.event = event;
  one.watchers.insert(session.get());
  if (one.is_live()) {
    tell(one, *session, re);
    session->finished();
    return;
  }
  one.joiners.push_back({std::move(session), std::move(re)});
  if (one.asking == question::none)
    ask(where, one);
}

void seat_watch::unwatch(const domain::event_id& event, domain::section_no section, seat_watcher& session) {
  auto place = sections_.find(key{event, section});
  if (place == sections_.end())
    return;
  auto& one = place->second;
  one.watchers.erase(&session);
  if (!one.watchers.empty() || !one.joiners.empty())
    return;
  sections_.erase(place);
  requests_.tell(messages::unwatch_section{event, section});
}

void seat_watch::changed(messages::seats_changed&& change) {
  auto place = sections_.find(key{change.event, change.section});
  if (place == sections_.end() || !place->second.is_live())
    return;
  auto& one = place->second;
  auto same_epoch = change.epoch == one.view.epoch;
  if (same_epoch && change.seq <= one.view.seq)
    return;
  if (!same_epoch || change.seq != one.view.seq + 1) {
    one.copy = standing::stale;
    if (one.asking == question::none)
      ask(place->first, one);
    return;
  }
  one.snapshot = nullptr;
  one.view.seq = change.seq;
  for (auto [seat, look] : change.set)
    if (seat.value() < one.view.status.size())
      one.view.status[seat.value()] = look;
  one.view.totals = change.totals;
  auto frame = share(codec::seats_delta_frame(change, one.event->names()));
  for (auto* watcher : one.watchers)
    watcher->send({{}, frame});
}

void seat_watch::announced(const known_event_ptr& event) {
  std::vector<key> unasked;
  for (auto& [where, one] : sections_) {
    if (where.first != event->id)
      continue;
    if (one.event->plan != event->plan)
      one.copy = standing::stale;
    else if (one.copy == standing::current)
      one.copy = standing::unconfirmed;
    one.event = event;
    if (one.asking == question::none)
      unasked.push_back(where);
    else
      one.asking = question::outdated;
  }
  for (const auto& where : unasked)
    ask(where, sections_.at(where));
}

void seat_watch::sweep() {
  std::vector<key> unasked;
  for (const auto& [where, one] : sections_)
    if (one.copy != standing::current && one.asking == question::none)
      unasked.push_back(where);
  for (const auto& where : unasked)
    ask(where, sections_.at(where));
}

void seat_watch::ask(const key& where, watched& section) {
  section.asking = question::asked;
  if (requests_.ask(
          messages::watch_section{trace_(), where.first, where.second},
          [this, where](answer&& what) { answered(where, std::move(what)); }, outbox::clock::now()))
    return;
  section.asking = question::none;
  refuse(where, codec::problem_of(domain::rejection::overloaded));
}

void seat_watch::answered(const key& where, answer&& what) {
  auto place = sections_.find(where);
  if (place == sections_.end())
    return;
  auto& section = place->second;
  if (std::exchange(section.asking, question::none) == question::outdated)
    return ask(where, section);
  if (auto* view = std::get_if<messages::section_view>(&what))
    stands(where, section, std::move(*view));
  else if (auto* why = std::get_if<domain::refusal>(&what))
    refuse(where, codec::to_problem(*why));
  else
    refuse(where, codec::problem_of(domain::rejection::overloaded));
}

void seat_watch::stands(const key& where, watched& section, messages::section_view&& view) {
  // Earlier watchers missed something, unless this was known already.
  auto is_news = section.copy == standing::stale || view.epoch != section.view.epoch || view.seq != section.view.seq;
  section.view = std::move(view);
  section.snapshot = nullptr;
  section.copy = standing::current;
  auto joiners = std::exchange(section.joiners, {});
  if (is_news) {
    boost::unordered_flat_set<seat_watcher*> answered;
    for (const auto& one : joiners)
      answered.insert(one.session.get());
    for (auto* watcher : std::vector(section.watchers.begin(), section.watchers.end()))
      if (!answered.contains(watcher))
        tell_or_postpone(where, section, *watcher, {});
  }
  for (auto& one : joiners) {
    tell_or_postpone(where, section, *one.session, one.re);
    one.session->finished();
  }
  if (section.watchers.empty()) {
    sections_.erase(where);
    requests_.tell(messages::unwatch_section{where.first, where.second});
  }
}

void seat_watch::tell_or_postpone(const key& where, watched& section, seat_watcher& session,
                                  const codec::reply_id& re) {
  if (session.has_room())
    return tell(section, session, re);
  section.watchers.erase(&session);
  session.watch_later(where.first, where.second, re);
}

void seat_watch::tell(watched& section, seat_watcher& session, const codec::reply_id& re) {
  if (!section.snapshot)
    section.snapshot = share(codec::seats_snapshot_rest(section.view, section.event->names()));
  session.send({codec::seats_snapshot_opening(re), section.snapshot});
}

// Watchers who were here before keep what they know; if that is not how it stands, `sweep` asks again.
void seat_watch::refuse(const key& where, const codec::problem& why) {
  auto& section = sections_.at(where);
  auto joiners = std::exchange(section.joiners, {});
  for (auto& one : joiners)
    section.watchers.erase(one.session.get());
  if (section.watchers.empty())
    sections_.erase(where);
  for (auto& one : joiners) {
    one.session->watch_refused(where.first, where.second, one.re, why);
    one.session->finished();
  }
}

} // namespace usher::gateway
