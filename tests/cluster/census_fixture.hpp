#pragma once

#include "cluster/census.hpp"
#include "tests/actors/shard_fixture.hpp"
#include "tests/support/memory_coordination.hpp"

#include <caf/send.hpp>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace usher::tests {

using cluster::census_ports;
using cluster::census_settings;
using cluster::incarnation;
using cluster::node_status;
using cluster::serving_right;
using cluster::tick;
using messages::link_state;

/// A node's way to the store.
struct line {
  bool is_cut = false;                   ///< nothing gets through
  bool is_broken = false;                ///< everything does, but the store cannot be used
  std::chrono::milliseconds patience{0}; ///< how long the node waits for an answer that does not come
  std::chrono::milliseconds waited{0};   ///< for such answers
  int calls = 0;
  int notes = 0; ///< of cuts

  void cross() {
    ++calls;
    if (is_broken)
      throw persistence::store_broken{"nobody knows this table"};
    if (!is_cut)
      return;
    waited += patience;
    throw persistence::store_unavailable{"the line is cut"};
  }
};

class lined_coordination : public memory_coordination {
public:
  lined_coordination(std::shared_ptr<memory_books> books, std::shared_ptr<line> way)
      : memory_coordination(std::move(books)), way_(std::move(way)) {}

  std::variant<incarnation, persistence::join_refused> join(const persistence::node_card& card) override {
    way_->cross();
    return memory_coordination::join(card);
  }
  std::optional<persistence::counted_beat> beat(incarnation me, std::string_view figures) override {
    way_->cross();
    return memory_coordination::beat(me, figures);
  }
  persistence::membership members() override {
    way_->cross();
    return memory_coordination::members();
  }
  bool change_status(incarnation it, node_status to) override {
    way_->cross();
    return memory_coordination::change_status(it, to);
  }
  void note_cut(incarnation me, incarnation other, persistence::cut_kind kind) override {
    way_->cross();
    ++way_->notes;
    memory_coordination::note_cut(me, other, kind);
  }
  void lift_cut(incarnation me, incarnation other) override {
    way_->cross();
    memory_coordination::lift_cut(me, other);
  }
  persistence::end_answer end_node(incarnation me, incarnation it, std::uint64_t seen_beat,
                                   std::string_view why) override {
    way_->cross();
    return memory_coordination::end_node(me, it, seen_beat, why);
  }

private:
  std::shared_ptr<line> way_;
};

/// What a node's keeper and switchboard, its process and the other nodes have heard.
struct told {
  std::vector<messages::view_changed> views;
  std::vector<messages::view_changed> switchboard_views;
  int store_changes = 0;
  std::vector<std::string> fatal;
  std::vector<incarnation> joined;
  std::vector<bool> cut_off;
};

struct one_node {
  census_settings settings;
  std::shared_ptr<line> way = std::make_shared<line>();
  std::shared_ptr<serving_right> right;
  std::shared_ptr<told> heard = std::make_shared<told>();
  caf::actor census;

  [[nodiscard]] incarnation number() const { return heard->joined.back(); }
  [[nodiscard]] const messages::view_changed& view() const { return heard->views.back(); }
};

/// Nodes over one store in memory, each with a census. What their links would tell them, the test does.
struct census_fixture : shard_fixture {
  tick present() { return sched.clock().now(); }

  one_node make_node(const std::string& name) {
    one_node node;
    node.settings.card = {name, {}, name + ":4201", name + ":4200", "1.2.3", 1, 1, 100};
    cluster::serving_right_limits limits{.asleep = 1h}; // its thread is not here
    if (name.empty())
      limits.lease.reset();
    node.right = std::make_shared<serving_right>(limits);
    node.right->note_time(present());
    return node;
  }

  census_ports ports_of(const one_node& node) {
    census_ports ports;
    ports.open = [where = books, way = node.way] { return std::make_unique<lined_coordination>(where, way); };
    ports.draw_owner = [this] { return "process " + std::to_string(++owners); };
    ports.right = node.right;
    ports.now = [this, way = node.way] { return present() + way->waited; };
    ports.on_fatal = [heard = node.heard](const std::string& why) { heard->fatal.push_back(why); };
    ports.joined = [heard = node.heard](incarnation number) { heard->joined.push_back(number); };
    if (node.settings.links) {
      ports.cut_off_from_store = [heard = node.heard](bool cut_off) { heard->cut_off.push_back(cut_off); };
      ports.switchboard = make_switchboard(node.heard);
    }
    return ports;
  }

  messages::switchboard_actor make_switchboard(const std::shared_ptr<told>& heard) {
    return caf::actor_cast<messages::switchboard_actor>(
        keep(sys.spawn([heard](caf::event_based_actor*) -> caf::behavior {
          return {[heard](const messages::view_changed& view) { heard->switchboard_views.push_back(view); }};
        })));
  }

  messages::keeper_actor make_keeper(const std::shared_ptr<told>& heard) {
    return caf::actor_cast<messages::keeper_actor>(keep(sys.spawn([heard](caf::event_based_actor*) -> caf::behavior {
      return {
          [heard](const messages::view_changed& view) { heard->views.push_back(view); },
          [heard](messages::store_changed) { ++heard->store_changes; },
      };
    })));
  }

  cluster::life enter(const one_node& node) {
    return cluster::join(node.settings, ports_of(node), [this](std::chrono::milliseconds time) { pass(time, 50ms); });
  }

  one_node start(one_node node) {
    auto first = enter(node);
    node.census = keep(cluster::spawn_census(sys, node.settings, ports_of(node), first, make_keeper(node.heard),
                                             cluster::census_thread::shared));
    settle();
    return node;
  }

  one_node start(const std::string& name) { return start(make_node(name)); }

  void end(const one_node& node, caf::exit_reason how) {
    self->send_exit(node.census, how);
    settle();
  }

  bool may_answer(const one_node& node) {
    node.right->note_time(present());
    return node.right->holds(present());
  }

  node_status status_of(incarnation number) { return store.find(number)->status; }
  node_status status_of(const one_node& node) { return status_of(node.number()); }

  // ---- links ----

  one_node start_linked(const std::string& name) {
    auto node = make_node(name);
    node.settings.links = true;
    return start(node);
  }

  /// Nodes that all have links to each other.
  std::vector<one_node> start_all_linked(const std::vector<std::string>& names) {
    std::vector<one_node> nodes;
    for (const auto& name : names) {
      nodes.push_back(start_linked(name));
      for (const auto& other : nodes)
        if (other.number() != nodes.back().number())
          link(other, nodes.back());
    }
    return nodes;
  }

  /// A node's link tells it of another one.
  void hear(const one_node& node, const one_node& other, link_state state) {
    caf::anon_send(node.census, messages::link_changed{other.number().value(), ++sessions, state});
    settle();
  }

  /// Both hear the same.
  void link(const one_node& one, const one_node& other, link_state state = link_state::up) {
    hear(one, other, state);
    hear(other, one, state);
  }

  /// Who has noted that it cannot reach whom: `1~3` for silent, `1!3` for refused.
  std::string cuts_noted() {
    std::string text;
    for (const auto& cut : store.members().cuts)
      text += std::to_string(cut.seen_by.value()) + (cut.kind == persistence::cut_kind::silent ? "~" : "!")
              + std::to_string(cut.other.value()) + " ";
    return text;
  }

  /// Forgets everybody.
  void start_over() {
    for (const auto& actor : started)
      self->send_exit(actor, caf::exit_reason::kill);
    settle();
    started.clear();
    books = std::make_shared<memory_books>();
    store = memory_coordination{books};
  }

  memory_coordination store{books};
  int owners = 0;
  std::uint64_t sessions = 0;
};

inline std::vector<std::uint64_t> numbers_in(const messages::view_changed& view) {
  std::vector<std::uint64_t> numbers;
  numbers.reserve(view.nodes.size());
  for (const auto& one : view.nodes)
    numbers.push_back(one.number);
  return numbers;
}

/// Those of them that may have shards.
inline std::vector<std::uint64_t> takers_in(const messages::view_changed& view) {
  std::vector<std::uint64_t> numbers;
  for (const auto& one : view.nodes)
    if (one.may_take)
      numbers.push_back(one.number);
  return numbers;
}

} // namespace usher::tests
