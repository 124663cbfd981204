#include "cluster/link/link_sessions.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace usher::cluster {

namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

milliseconds pause_after(std::size_t failures) {
  constexpr milliseconds pauses[]{milliseconds{0}, milliseconds{250}, milliseconds{500}, milliseconds{1000}};
  return pauses[std::min(failures, std::size(pauses) - 1)];
}

} // namespace

link_sessions::link_sessions(link_identity own, link_news news, complaint complain, link_limits limits)
    : own_(std::move(own)), news_(std::move(news)), complain_(std::move(complain)), limits_(limits) {}

// ---- what the node wants ----

void link_sessions::seek(incarnation me, std::vector<link_peer> others, tick now) {
  if (me != me_)
    forget_all(now);
  me_ = me;
  for (auto one = sought_.begin(); one != sought_.end();) {
    if (std::ranges::find(others, one->second.who) != others.end()) {
      ++one;
      continue;
    }
    stop(one->second, now);
    one = sought_.erase(one);
  }
  for (auto& other : others)
    if (other.node != me)
      sought_.try_emplace(other.node, sought{.who = other, .since = now, .next_try = now});
}

void link_sessions::forget_all(tick now) {
  for (auto& [node, one] : sought_)
    stop(one, now);
  sought_.clear();
}

link_sessions::way link_sessions::find(incarnation with, std::uint64_t number) const {
  auto found = sought_.find(with);
  if (found == sought_.end() || !found->second.current)
    return {};
  const auto& current = *found->second.current;
  return current.number == number && current.pulse.is_up() ? way{current.over, current.theirs} : way{};
}

void link_sessions::end(incarnation with, std::uint64_t number, tick now) {
  auto* found = find(with);
  if (found && found->current && found->current->number == number)
    stop(*found, now);
}

// ---- sessions begin and end ----

link_sessions::session& link_sessions::begin(sought& with, const channel& over, tick now) {
  if (with.untold)
    tell(with, false);
  return with.current.emplace(session{++last_session_, over, link_pulse{now, limits_.pulse}, 0, now});
}

void link_sessions::write(const session& to, link_word word) const {
  word.session = to.theirs;
  to.over->write(cluster::write(word));
}

void link_sessions::greet(const sought& whom, const session& in) const {
  write(in, {0, link_hello{.cluster = own_.cluster,
                           .name = own_.name,
                           .me = me_.value(),
                           .you = whom.who.node.value(),
                           .session = in.number}});
}

void link_sessions::beat(session& in, tick now) const {
  write(in, {0, in.pulse.next(now)});
}

void link_sessions::tell(sought& of, bool refuses) {
  auto owed = std::exchange(of.untold, std::nullopt);
  if (std::exchange(of.refuses, refuses) != refuses || owed)
    news_.down(of.who.node, owed ? owed->session : 0, refuses);
}

link_sessions::session link_sessions::close(sought& with, tick now) {
  auto gone = *std::exchange(with.current, std::nullopt);
  gone.over->close();
  auto has_lasted = gone.pulse.is_up() && now - gone.since >= limits_.pulse.silence;
  with.failures = has_lasted ? 0 : with.failures + 1;
  with.next_try = now + pause_after(with.failures);
  return gone;
}

void link_sessions::stop(sought& with, tick now) {
  stop_broken(with, now);
  if (with.untold)
    tell(with, false);
}

void link_sessions::stop_broken(sought& with, tick now) {
  if (!with.current)
    return;
  auto gone = close(with, now);
  if (!gone.pulse.is_up())
    return note(with, reach::open, now);
  with.since = now;
  with.untold = farewell{gone.number, now + limits_.evidence};
  with.probes_first = with.failures > 0;
  with.next_try = now;
}

// ---- attempts ----

void link_sessions::tried(incarnation whom, reach how, const channel& made, tick now) {
  auto* found = find(whom);
  if (found)
    found->is_tried = false;
  if (made && (!found || found->current))
    return made->close();
  if (!found || found->current)
    return;
  if (made)
    return greet(*found, begin(*found, made, now));
  fail(*found, now);
  note(*found, how, now);
}

void link_sessions::fail(sought& whom, tick now) {
  ++whom.failures;
  whom.next_try = now + pause_after(whom.failures);
}

/// Somebody listens there, but it may be a node that is about to begin, or another one: so the other end has as much
/// time as it has for a heartbeat.
void link_sessions::note(sought& of, reach how, tick now) {
  if (how == reach::refused)
    return tell(of, true);
  if (how == reach::silent || of.untold || now - of.since >= limits_.pulse.silence)
    tell(of, false);
}

// ---- what comes ----

void link_sessions::take(const channel& from, std::string word, tick now) {
  auto read = read_link_word(std::move(word));
  auto* known = find(from);
  if (known) {
    if (read && read->session == known->current->number)
      return take_in_session(*known, *read, now);
    complain_(fmt::format("node {} sends what makes no sense; its session ends", known->who.node.value()));
    return stop(*known, now);
  }
  if (const auto* hello = read ? std::get_if<link_hello>(&read->what) : nullptr)
    return answer(from, *read, *hello, now);
  if (!read || read->session == 0) // else it is from before the end of a session
    complain_("somebody at the link's port does not say hello; the connection is broken off");
  from->close();
}

/// A hello from somebody who has dialled.
void link_sessions::answer(const channel& from, const link_word& word, const link_hello& hello, tick now) {
  auto why = word.session != 0 ? "it answers what was not said" : misfit(hello);
  if (why.empty() && hello.me < me_.value())
    why = "it dials although it is the older one";
  if (why.empty() && stands_still(now))
    why = "this node's actors stand still";
  if (!why.empty()) {
    complain_(fmt::format("somebody who says to be node {} is turned away: {}", hello.me, why));
    return from->close();
  }
  auto& peer = *find(incarnation{hello.me});
  stop(peer, now);
  auto& fresh = begin(peer, from, now);
  fresh.theirs = hello.session;
  greet(peer, fresh);
  beat(fresh, now);
}

std::string link_sessions::misfit(const link_hello& hello) const {
  if (hello.version != link_hello::spoken)
    return fmt::format("it speaks version {}, and this node version {}", hello.version, link_hello::spoken);
  if (hello.cluster != own_.cluster)
    return "it is of another cluster";
  if (hello.you != me_.value())
    return fmt::format("it looks for node {}, and this one is {}", hello.you, me_.value());
  auto known = sought_.find(incarnation{hello.me});
  if (known == sought_.end())
    return "the store does not say that such a node lives";
  if (known->second.who.name != hello.name)
    return fmt::format("the store has it by the name {}", known->second.who.name);
  return {};
}

void link_sessions::take_in_session(sought& from, link_word& word, tick now) {
  std::visit([&](auto& what) { hear(from, what, now); }, word.what);
}

/// The answer to a hello of this node.
void link_sessions::hear(sought& from, const link_hello& hello, tick now) {
  auto& current = *from.current;
  auto why = misfit(hello);
  if (why.empty() && (current.theirs != 0 || hello.me != from.who.node.value()))
    why = "it is not the one that was dialled";
  if (!why.empty()) {
    complain_(fmt::format("node {} at {} does not fit: {}", from.who.node.value(), from.who.address, why));
    return stop(from, now);
  }
  current.theirs = hello.session;
  beat(current, now);
}

void link_sessions::hear(sought& from, const link_beat& came, tick now) {
  auto& current = *from.current;
  auto heard = current.pulse.hear(came, now);
  if (heard != pulse_news::nothing)
    beat(current, now); // when the session has come up: before anything that the user sends
  if (heard != pulse_news::up)
    return;
  from.refuses.reset();
  news_.up(from.who.node, current.number);
}

void link_sessions::hear(sought& from, link_payload& payload, tick now) {
  if (!from.current->pulse.is_up() || payload.frame.size() > link::frame_max) {
    complain_(
        fmt::format("node {} sends a frame that is too long, or too early; its session ends", from.who.node.value()));
    return stop(from, now);
  }
  news_.frame(from.who.node, from.current->number, std::move(payload.frame));
}

void link_sessions::lost(const channel& gone, tick now) {
  if (auto* found = find(gone))
    stop_broken(*found, now);
}

// ---- time ----

std::vector<link_attempt> link_sessions::advance(tick now) {
  std::vector<link_attempt> result;
  auto is_still = stands_still(now);
  for (auto& [node, one] : sought_) {
    if (is_still)
      stop(one, now);
    advance(one, now);
    if (is_still || one.current || one.is_tried || now < one.next_try)
      continue;
    one.is_tried = true;
    result.push_back({one.who, node < me_ && !std::exchange(one.probes_first, false)});
  }
  return result;
}

void link_sessions::advance(sought& one, tick now) {
  if (one.untold && now >= one.untold->latest)
    tell(one, false);
  if (!one.current)
    return;
  auto due = one.current->pulse.due(now);
  if (due == pulse_due::down)
    stop(one, now);
  else if (due == pulse_due::beat && one.current->theirs != 0)
    beat(*one.current, now);
}

// ---- who is who ----

link_sessions::sought* link_sessions::find(incarnation node) {
  auto found = sought_.find(node);
  return found == sought_.end() ? nullptr : &found->second;
}

link_sessions::sought* link_sessions::find(const channel& over) {
  auto found = std::ranges::find_if(
      sought_, [&](const auto& one) { return one.second.current && one.second.current->over == over; });
  return found == sought_.end() ? nullptr : &found->second;
}

std::vector<link_figures> link_sessions::figures() const {
  std::vector<link_figures> result;
  for (const auto& [node, one] : sought_) {
    auto is_up = one.current && one.current->pulse.is_up();
    result.push_back({node, one.who.name, is_up, is_up ? one.current->pulse.round_trip() : 0us});
  }
  return result;
}

std::vector<link_sessions::channel> link_sessions::channels() const {
  std::vector<channel> result;
  for (const auto& [node, one] : sought_)
    if (one.current)
      result.push_back(one.current->over);
  return result;
}

} // namespace usher::cluster
