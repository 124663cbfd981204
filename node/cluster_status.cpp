#include "node/cluster_status.hpp"

#include "codec/json_time.hpp"
#include "codec/json_writer.hpp"
#include "node/node_figures.hpp"

#include <algorithm>
#include <cstdint>
#include <map>

namespace usher::node {
namespace {

using codec::json_writer;
using persistence::incarnation;
using persistence::member;
using persistence::node_status;

constexpr std::size_t events_told_max = 1'000;

std::int64_t seconds_until(domain::instant now, domain::instant since) {
  return std::max<std::int64_t>(std::chrono::duration_cast<std::chrono::seconds>(now - since).count(), 0);
}

const char* name_of(node_status status) {
  constexpr const char* names[]{"joining", "up", "draining", "left", "dead"};
  return names[static_cast<std::size_t>(status)];
}

/// One event's shards, as their rows and the nodes' figures say.
struct event_state {
  std::size_t shards = 0;
  std::size_t owned = 0; ///< by nodes that live
  std::size_t moving = 0;
  std::size_t stopped = 0;
  std::string event_home; ///< empty while nobody has it
  std::string room_home;
  std::map<std::string, std::size_t> sections; ///< by the name of their node
};

class status_writer {
public:
  status_writer(const cluster_picture& picture, std::string& out) : picture_(picture), json_(out) {
    for (const auto& one : picture_.all.members)
      by_owner_.emplace(one.card.owner, &one);
    for (const auto& one : picture_.shards)
      if (auto home = by_owner_.find(one.owner); home != by_owner_.end())
        owned_[home->second->number] += one.count;
  }

  void write() {
    json_.begin_object();
    write_card();
    json_.key("nodes").begin_array();
    for (const auto& one : picture_.all.members)
      write(one);
    json_.end_array();
    write_cuts();
    write_events();
    json_.end_object();
  }

private:
  void write_card() {
    if (picture_.card)
      json_.member("cluster", picture_.card->id).member("level", picture_.card->level);
    json_.member("seen_by", picture_.seen_by)
        .member("store_us", static_cast<std::uint64_t>(picture_.answered.count()))
        .member("rebalances", picture_.all.rebalances);
  }

  void write(const member& one) {
    auto now = picture_.all.now;
    json_.begin_object()
        .member("name", one.card.name)
        .member("number", one.number.value())
        .member("status", name_of(one.status))
        .member("since", codec::to_text(one.since))
        .member("for_s", seconds_until(now, one.since))
        .member("beat_age_ms", age_ms(one))
        .member("release", one.card.release)
        .member("http", one.card.http)
        .member("link", one.card.link)
        .member("weight", one.card.weight);
    auto owned = owned_.find(one.number);
    json_.member("owned", owned == owned_.end() ? std::size_t{0} : owned->second);
    if (auto figures = read_figures(one.figures))
      write(*figures);
    json_.end_object();
  }

  [[nodiscard]] std::uint64_t age_ms(const member& one) const {
    auto age = std::chrono::duration_cast<std::chrono::milliseconds>(picture_.all.now - one.beaten).count();
    return static_cast<std::uint64_t>(std::max<std::int64_t>(age, 0));
  }

  void write(const node_figures& figures) {
    json_.member("wanted", figures.shards.wanted)
        .member("served", figures.shards.served)
        .member("giving", figures.shards.giving)
        .member("taking", figures.shards.taking)
        .member("stopped", figures.shards.stopped)
        .member("buyers", figures.buyers)
        .member("lag_us", figures.lag_us)
        .member("stopping", figures.is_stopping);
    json_.key("links").begin_array();
    for (const auto& name : figures.links)
      json_.value(name);
    json_.end_array();
  }

  [[nodiscard]] std::string name_of_node(incarnation number) const {
    auto found = std::ranges::find(picture_.all.members, number, &member::number);
    return found == picture_.all.members.end() ? std::to_string(number.value()) : found->card.name;
  }

  void write_cuts() {
    json_.key("cuts").begin_array();
    for (const auto& cut : picture_.all.cuts)
      json_.begin_object()
          .member("seen_by", name_of_node(cut.seen_by))
          .member("other", name_of_node(cut.other))
          .member("kind", cut.kind == persistence::cut_kind::refused ? "refused" : "silent")
          .member("since", codec::to_text(cut.since))
          .end_object();
    json_.end_array();
  }

  // ---- events ----

  [[nodiscard]] std::map<domain::event_id, event_state> events() const {
    std::map<domain::event_id, event_state> result;
    for (const auto& row : picture_.shards)
      add(result[row.event], row);
    for (const auto& one : picture_.all.members)
      if (auto figures = read_figures(one.figures))
        for (const auto& its : figures->shards.events)
          if (auto found = result.find(its.event); found != result.end()) {
            found->second.moving += its.moving;
            found->second.stopped += its.stopped;
          }
    return result;
  }

  void add(event_state& event, const persistence::owned_shards& row) const {
    event.shards += row.count;
    auto home = by_owner_.find(row.owner);
    if (home == by_owner_.end())
      return;
    event.owned += row.count;
    const auto& name = home->second->card.name;
    switch (row.kind) {
      case domain::shard_kind::event:
        event.event_home = name;
        return;
      case domain::shard_kind::waiting_room:
        event.room_home = name;
        return;
      case domain::shard_kind::section:
        event.sections[name] += row.count;
        return;
    }
  }

  void write_events() {
    auto all = events();
    json_.key("events").begin_array();
    std::size_t written = 0;
    for (auto one = all.begin(); one != all.end() && written < events_told_max; ++one, ++written)
      write(one->first, one->second);
    json_.end_array().member("events_left_off", all.size() - written);
  }

  void write(const domain::event_id& id, const event_state& state) {
    // The figures are up to a beat older than the rows.
    auto stopped = std::min(state.stopped, state.owned);
    auto moving = std::min(state.shards - stopped, state.moving + state.shards - state.owned);
    json_.begin_object()
        .member("event", id.value())
        .member("shards", state.shards)
        .member("served", state.shards - stopped - moving)
        .member("moving", moving)
        .member("stopped", stopped);
    json_.key("homes").begin_object().member("event", state.event_home).member("room", state.room_home);
    json_.key("sections").begin_array();
    for (const auto& [node, count] : state.sections)
      json_.begin_object().member("node", node).member("shards", count).end_object();
    json_.end_array().end_object().end_object();
  }

  const cluster_picture& picture_;
  json_writer json_;
  std::map<std::string, const member*> by_owner_;
  std::map<incarnation, std::size_t> owned_;
};

} // namespace

std::string encode(const cluster_picture& picture) {
  std::string text;
  status_writer{picture, text}.write();
  return text;
}

} // namespace usher::node
