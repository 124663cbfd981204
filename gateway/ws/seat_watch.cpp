#include "gateway/ws/seat_watch.hpp"

#include "gateway/ws/buyer_session.hpp"

#include <algorithm>

namespace usher::gateway {

seat_watch::seat_watch(outbox& requests, draw_trace trace) : requests_(requests), trace_(std::move(trace)) {}

void seat_watch::watch(const known_event_ptr& event, domain::section_no section, std::shared_ptr<buyer_session> session,
                       codec::reply_id re) {
  key where{event->id, section};
  if (auto known = sections_.find(where); known != sections_.end() && known->second.live && !session->has_room()) {
    session->watch_later(event->id, section, std::move(re));
    session->finished();
    return;
  }
  auto& one = sections_[where];
  one.event = event;
  if (std::find(one.watchers.begin(), one.watchers.end(), session.get()) == one.watchers.end())
    one.watchers.push_back(session.get());
  if (one.live) {
    session->send({codec::seats_snapshot_opening(re), snapshot_of(one)});
    session->finished();
    return;
  }
  one.joiners.push_back({std::move(session), std::move(re)});
  if (!one.asking)
    ask(where, one);
}

void seat_watch::unwatch(const domain::event_id& event, domain::section_no section, buyer_session& session) {
  auto place = sections_.find(key{event, section});
  if (place == sections_.end())
    return;
  auto& one = place->second;
  std::erase(one.watchers, &session);
  if (!one.watchers.empty() || !one.joiners.empty())
    return;
  sections_.erase(place);
  requests_.tell(messages::unwatch_section{event, section});
}

void seat_watch::changed(messages::seats_changed&& change) {
  auto place = sections_.find(key{change.event, change.section});
  if (place == sections_.end() || !place->second.live)
    return;
  auto& one = place->second;
  auto same_epoch = change.epoch == one.view.epoch;
  if (same_epoch && change.seq <= one.view.seq)
    return;
  if (!same_epoch || change.seq != one.view.seq + 1) {
    one.live = false;
    one.tell_all = true;
    if (!one.asking)
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
  std::vector<key> asked;
  for (auto& [where, one] : sections_) {
    if (where.first != event->id)
      continue;
    if (one.event->plan != event->plan) {
      one.tell_all = true;
      one.live = false;
    }
    one.event = event;
    one.unconfirmed = true;
    one.ask_again = one.asking;
    if (!one.asking)
      asked.push_back(where);
  }
  for (const auto& where : asked)
    ask(where, sections_.at(where));
}

void seat_watch::sweep() {
  std::vector<key> stale;
  for (const auto& [where, one] : sections_)
    if ((!one.live || one.unconfirmed) && !one.asking)
      stale.push_back(where);
  for (const auto& where : stale)
    ask(where, sections_.at(where));
}

void seat_watch::ask(const key& where, watched& section) {
  section.asking = requests_.ask(
      messages::watch_section{trace_(), where.first, where.second},
      [this, where](answer&& what) { answered(where, std::move(what)); }, outbox::clock::now());
  if (!section.asking)
    refuse(where, codec::problem_of(domain::rejection::overloaded));
}

void seat_watch::answered(const key& where, answer&& what) {
  auto place = sections_.find(where);
  if (place == sections_.end())
    return;
  place->second.asking = false;
  if (std::exchange(place->second.ask_again, false))
    return ask(where, place->second);
  if (auto* view = std::get_if<messages::section_view>(&what))
    stands(where, place->second, std::move(*view));
  else if (auto* why = std::get_if<domain::refusal>(&what))
    refuse(where, codec::to_problem(*why));
  else
    refuse(where, codec::problem_of(domain::rejection::overloaded));
}

void seat_watch::stands(const key& where, watched& section, messages::section_view&& view) {
  section.unconfirmed = false;
  // Earlier watchers missed something, unless this was known already.
  auto is_news = view.epoch != section.view.epoch || view.seq != section.view.seq;
  section.tell_all = section.tell_all || is_news;
  section.view = std::move(view);
  section.snapshot = nullptr;
  section.live = true;
  auto joiners = std::exchange(section.joiners, {});
  if (std::exchange(section.tell_all, false)) {
    for (auto* watcher : std::vector{section.watchers}) {
      if (std::any_of(joiners.begin(), joiners.end(), [&](const joining& one) { return one.session.get() == watcher; }))
        continue;
      if (!has_room(where, section, *watcher, {}))
        continue;
      watcher->send({codec::seats_snapshot_opening(std::nullopt), snapshot_of(section)});
    }
  }
  for (auto& one : joiners) {
    if (has_room(where, section, *one.session, one.re))
      one.session->send({codec::seats_snapshot_opening(one.re), snapshot_of(section)});
    one.session->finished();
  }
  if (section.watchers.empty()) {
    sections_.erase(where);
    requests_.tell(messages::unwatch_section{where.first, where.second});
  }
}

/// The part of a snapshot that all who are told the present state share.
const shared_frame& seat_watch::snapshot_of(watched& section) {
  if (!section.snapshot)
    section.snapshot = share(codec::seats_snapshot_rest(section.view, section.event->names()));
  return section.snapshot;
}

/// False for a session that has not read enough of what it was sent: it watches again when it has.
bool seat_watch::has_room(const key& where, watched& section, buyer_session& session, const codec::reply_id& re) {
  if (session.has_room())
    return true;
  std::erase(section.watchers, &session);
  session.watch_later(where.first, where.second, re);
  return false;
}

// Watchers who were here before keep what they know; if that is not how it stands, `sweep` asks again.
void seat_watch::refuse(const key& where, const codec::problem& why) {
  auto& section = sections_.at(where);
  auto joiners = std::exchange(section.joiners, {});
  for (auto& one : joiners)
    std::erase(section.watchers, one.session.get());
  if (section.watchers.empty())
    sections_.erase(where);
  for (auto& one : joiners) {
    one.session->watch_refused(where.first, where.second);
    one.session->send_problem(one.re, why);
    one.session->finished();
  }
}

} // namespace usher::gateway
