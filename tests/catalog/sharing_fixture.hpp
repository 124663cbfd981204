#pragma once

#include "cluster/placement.hpp"
#include "persistence/history_broken.hpp"
#include "tests/catalog/fake_network.hpp"
#include "tests/catalog/keeper_fixture.hpp"

#include <caf/test/bdd_dsl.hpp>

#include <algorithm>
#include <deque>
#include <functional>
#include <set>

namespace usher::tests {

using persistence::incarnation;
using persistence::node_status;

/// What becomes of the next gift, or of all of them.
enum class gift_fault { none, lost_answer, not_made, none_is_made };

/// What the coordinators of all nodes are to do, and did.
struct coordinators {
  gift_fault next_gift = gift_fault::none;
  std::set<incarnation> acted_for;
};

struct fickle_coordination : memory_coordination {
  fickle_coordination(std::shared_ptr<memory_books> books, std::shared_ptr<coordinators> all)
      : memory_coordination(std::move(books)), all_(std::move(all)) {}

  void act_for(incarnation me) override { all_->acted_for.insert(me); }

  std::optional<domain::epoch> give(incarnation me, const persistence::owned_shard& shard, incarnation taker) override {
    auto fault = all_->next_gift;
    if (fault != gift_fault::none_is_made)
      all_->next_gift = gift_fault::none;
    if (fault == gift_fault::not_made || fault == gift_fault::none_is_made)
      throw persistence::store_unavailable{"the gift does not arrive"};
    auto given = memory_coordination::give(me, shard, taker);
    if (fault == gift_fault::lost_answer)
      throw persistence::store_unavailable{"the gift's answer is lost"};
    return given;
  }

private:
  std::shared_ptr<coordinators> all_;
};

/// What is wrong with the store, as the nodes see it.
struct troubles {
  std::optional<domain::shard_id> damaged; ///< has a history that cannot be read
  bool histories_away = false;             ///< none can be read at present
  bool broken = false;                     ///< no event can be read ever again
  std::function<void()> once_added;        ///< happens when an event was added, before anybody else does anything
};

struct troubled_store : memory_store {
  troubled_store(std::shared_ptr<memory_books> books, std::shared_ptr<troubles> wrong)
      : memory_store(std::move(books)), wrong_(std::move(wrong)) {}

  bool add_event(const persistence::stored_event& event, std::uint16_t sections) override {
    auto added = memory_store::add_event(event, sections);
    if (wrong_->once_added)
      std::exchange(wrong_->once_added, nullptr)();
    return added;
  }

  std::vector<persistence::stored_event> events() override {
    if (wrong_->broken)
      throw persistence::store_broken{"a table is missing"};
    return memory_store::events();
  }

  std::vector<std::optional<persistence::shard_history>>
  histories(std::span<const persistence::owned_shard> owned) override {
    if (wrong_->histories_away)
      throw persistence::store_unavailable{"histories cannot be read"};
    for (const auto& one : owned)
      if (wrong_->damaged == one.shard)
        throw persistence::history_broken{"a fact that nobody can read"};
    return memory_store::histories(owned);
  }

private:
  std::shared_ptr<troubles> wrong_;
};

/// Nodes that share one store. What their censuses would tell them, the test does.
class sharing_fixture : public keeper_fixture {
public:
  struct node {
    std::string name;
    process runs;
    incarnation number{};
    std::string owner{};
  };

  static constexpr std::uint16_t row_count = 10;

  sharing_fixture() {
    plans["ten rows"] = rows(row_count);
    plans["eleven rows"] = rows(row_count + 1);
    open_coordination = [where = books, all = claims] { return std::make_unique<fickle_coordination>(where, all); };
    open = [where = books, what = wrong] { return std::make_unique<troubled_store>(where, what); };
  }

  /// A node that is up; nobody has been told.
  node& start_node(const std::string& name) {
    auto& one = nodes.emplace_back(node{name, new_process(name)});
    join(one);
    self->send(one.runs.keeper, messages::start_shards{});
    settle();
    return one;
  }

  /// A node of the network.
  node& start_linked(const std::string& name) {
    open_link = [this, name](cluster::link_news news) { return network.attach(name, std::move(news)); };
    return start_node(name);
  }

  void join(node& one) {
    one.owner = one.name + ", life " + std::to_string(++lives_);
    one.number = std::get<incarnation>(store.join({one.name, one.owner, {}, {}, {}, 1, 1, 100}));
    store.change_status(one.number, node_status::up);
  }

  /// What the censuses see at this moment.
  [[nodiscard]] messages::view_changed view() {
    messages::view_changed seen;
    auto all = store.members();
    seen.rebalances = all.rebalances;
    for (const auto& one : all.members)
      seen.nodes.push_back({one.number.value(), one.card.name, one.card.owner, one.card.weight,
                            !takes_nothing.contains(one.card.name), one.card.name});
    return seen;
  }
  void tell_view(const node& one) {
    auto seen = view();
    auto lives = [&](const auto& each) { return each.number == one.number.value(); };
    if (std::any_of(seen.nodes.begin(), seen.nodes.end(), lives)) {
      seen.me = one.number.value();
      seen.owner = one.owner;
    }
    self->send(one.runs.keeper, seen);
    if (one.runs.switchboard)
      self->send(one.runs.switchboard, seen);
    settle();
  }
  void tell_views() {
    for (const auto& one : nodes)
      tell_view(one);
  }
  void tell_news() {
    for (const auto& one : nodes)
      self->send(one.runs.keeper, messages::store_changed{});
    settle();
  }

  /// Others end it in the store; itself it does not know.
  void end(const node& one, const node& by) {
    REQUIRE(store.end_node(by.number, one.number, 0, "silent") == persistence::end_answer::ended);
  }

  void hear_news_for(std::chrono::milliseconds time) {
    for (auto gone = 0ms; gone < time; gone += 100ms) {
      tell_news();
      check_single();
      pass(100ms, 50ms);
      check_single();
    }
  }

  [[nodiscard]] std::vector<persistence::stored_shard> stored() { return memory_store{books}.shards(id); }
  [[nodiscard]] persistence::stored_shard stored(const domain::shard_id& shard) {
    for (const auto& row : stored())
      if (row.shard == shard)
        return row;
    return {};
  }
  [[nodiscard]] std::size_t count_of(const node& one) {
    auto all = stored();
    return static_cast<std::size_t>(
        std::count_if(all.begin(), all.end(), [&](const auto& row) { return row.owner == one.owner; }));
  }

  /// The actors of a shard that run, of nodes that live.
  [[nodiscard]] std::vector<shard_actor> running(const domain::shard_id& shard) {
    std::vector<shard_actor> all;
    for (const auto& one : shard_actors[shard])
      if (!*one.ended && !has_died(one.keeper))
        all.push_back(one);
    return all;
  }
  [[nodiscard]] bool has_died(const messages::keeper_actor& keeper) {
    auto found = std::find_if(nodes.begin(), nodes.end(), [&](const auto& one) { return one.runs.keeper == keeper; });
    return found == nodes.end() || !persistence::is_living(store.find(found->number)->status);
  }

  /// No shard has two actors.
  void check_single() {
    for (const auto& row : stored()) {
      auto actors = running(row.shard);
      CHECK_LE(actors.size(), 1u);
      for (const auto& one : actors)
        CHECK_LE(one.epoch.value(), row.epoch.value());
    }
  }

  /// Every shard is served on the node on which it is placed, and there only.
  void check_shared_out() {
    std::vector<cluster::candidate> candidates;
    std::vector<const node*> living;
    for (const auto& one : nodes)
      if (persistence::is_living(store.find(one.number)->status)) {
        candidates.push_back({one.name, 100});
        living.push_back(&one);
      }
    auto rows = stored();
    auto homes = cluster::place(id, static_cast<std::uint16_t>(rows.size() - 2), candidates);
    auto place_of = [&](const domain::shard_id& shard) -> std::size_t {
      return shard.kind == domain::shard_kind::event          ? 0
             : shard.kind == domain::shard_kind::waiting_room ? 1
                                                              : 2 + shard.section.value();
    };
    std::size_t misplaced = 0;
    for (const auto& row : rows) {
      const auto& home = *living[homes[place_of(row.shard)]];
      auto actors = running(row.shard);
      auto is_right = row.owner == home.owner && actors.size() == 1 && actors.front().keeper == home.runs.keeper;
      if (!is_right)
        MESSAGE(domain::to_string(row.shard) << " belongs to " << home.owner << ", and has " << row.owner << ", with "
                                             << actors.size() << " actors");
      misplaced += is_right ? 0 : 1;
    }
    CHECK_EQ(misplaced, 0u);
  }

  [[nodiscard]] domain::shard_id section(std::uint16_t number) const {
    return {domain::shard_kind::section, id, domain::section_no{number}};
  }

  /// How the seats of a row look, on each node that says so.
  std::vector<std::string> looks(std::uint16_t row) {
    std::vector<std::string> all;
    for (const auto& one : nodes)
      if (auto seen = asked<messages::section_view>(one.runs, messages::read_section{{}, id, domain::section_no{row}});
          seen->reply)
        all.push_back(seen->reply->status);
    return all;
  }

  /// In each row one seat is held, on the node that has just made the event.
  void create_with_holds(const node& where) {
    REQUIRE(put(where.runs, "ten rows")->reply.has_value());
    open_sale(where.runs);
    for (std::uint16_t row = 0; row < row_count; ++row)
      REQUIRE(hold(where.runs, row + 1, row, row % 4)->reply.has_value());
  }

  /// One node says of each row which seat is held.
  void check_holds() {
    for (std::uint16_t row = 0; row < row_count; ++row) {
      auto seen = looks(row);
      REQUIRE_EQ(seen.size(), 1u);
      auto held = std::string(4, seen.front()[(row + 1) % 4]);
      held[row % 4] = seen.front()[row % 4];
      CHECK_EQ(seen.front(), held);
      CHECK_NE(held[0], held[row % 4 == 0 ? 1 : row % 4]);
    }
  }

  /// What a gateway of this node has heard of the event, most recently.
  std::shared_ptr<std::optional<messages::event_announced>> announced(const node& where) {
    auto last = std::make_shared<std::optional<messages::event_announced>>();
    auto gateway = keep(sys.spawn([last](caf::event_based_actor*) -> caf::behavior {
      return {
          [last](const messages::event_announced& news) { *last = news; },
          [](const messages::queue_moved&) {},
          [](const messages::order_changed&) {},
      };
    }));
    self->send(where.runs.router, messages::subscribe{}, caf::actor_cast<messages::gateway_actor>(gateway));
    settle();
    return last;
  }

  void check_nobody_stopped() {
    for (const auto& one : nodes)
      CHECK(one.runs.fatal->empty());
  }

  fake_network network;
  std::deque<node> nodes;
  std::shared_ptr<coordinators> claims = std::make_shared<coordinators>();
  std::shared_ptr<troubles> wrong = std::make_shared<troubles>();
  std::set<std::string> takes_nothing; ///< the names of nodes that are not to have shards
  memory_coordination store{books};

private:
  int lives_ = 0;
};

} // namespace usher::tests
