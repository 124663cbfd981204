#define CAF_SUITE cluster.shard_cycle

#include "cluster/shard_cycle.hpp"

#include "cluster/member.hpp"
#include "tests/support/memory_coordination.hpp"

#include <caf/test/bdd_dsl.hpp>

#include <array>
#include <deque>
#include <functional>
#include <map>
#include <random>
#include <set>

using namespace usher;
using namespace usher::cluster;
using namespace usher::persistence;
using namespace usher::tests;
using domain::epoch;

namespace {

using enum cycle_state;
using enum cycle_event;
using enum cycle_action;

const domain::shard_id shard{domain::shard_kind::event, domain::event_id{"gala"}, {}};

/// Three nodes with one shard and one store between them. Whatever a node asks for comes true later, and what it hears
/// of that comes later still, twice, in another order, or not at all.
class world {
public:
  explicit world(std::uint64_t seed) : draw_(seed) {
    memory_store{books_}.add_event({shard.event, "{}"}, 1);
    for (std::size_t i = 0; i < nodes_.size(); ++i)
      join(i);
  }

  void run(int rounds, bool with_faults) {
    faults_ = with_faults;
    for (int i = 0; i < rounds; ++i) {
      if (with_faults && draw_() % 40 == 0)
        placed_on_ = draw_() % nodes_.size();
      if (with_faults && draw_() % 150 == 0)
        end(draw_() % nodes_.size());
      if (with_faults && draw_() % 20 == 0)
        reclaim(draw_() % nodes_.size());
      if (with_faults && draw_() % 100 == 0)
        crash(draw_() % nodes_.size());
      if (draw_() % 5 == 0)
        tell_placement(draw_() % nodes_.size());
      else if (!later_.empty())
        happen();
      check();
    }
  }

  /// Whether the shard is served where it should be, and nowhere else.
  [[nodiscard]] bool is_settled() {
    auto row = read_row();
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
      auto is_home = i == placed_on_;
      if (nodes_[i].cycle.state() != (is_home ? serving : elsewhere))
        return false;
      if (is_home && (row.owner != nodes_[i].owner || row.epoch != nodes_[i].cycle.epoch() || !nodes_[i].actor))
        return false;
    }
    return true;
  }
  [[nodiscard]] std::size_t served() const { return served_; }
  /// The lines of the table that were of use.
  [[nodiscard]] const std::set<std::pair<cycle_state, cycle_event>>& taken() const { return taken_; }
  /// The first of the expectations that was not met; empty if all were.
  [[nodiscard]] const std::string& wrong() const { return wrong_; }
  [[nodiscard]] std::string text() {
    std::string result = "placed on " + std::to_string(placed_on_) + ", row at "
                         + std::to_string(read_row().epoch.value()) + " of " + read_row().owner + ";";
    for (const auto& one : nodes_)
      result +=
          " " + std::to_string(static_cast<int>(one.cycle.state())) + "@" + std::to_string(one.cycle.epoch().value());
    return result;
  }

private:
  struct node {
    incarnation number;
    std::string owner;
    shard_cycle cycle;
    std::optional<epoch> actor; ///< the one that runs, by its epoch
    int life = 0;
  };
  using task = std::function<void()>;

  void must(bool is_so, const char* sentence) {
    if (!is_so && wrong_.empty())
      wrong_ = sentence;
  }

  stored_shard read_row() {
    for (const auto& row : memory_store{books_}.shards(shard.event))
      if (row.shard == shard)
        return row;
    return {};
  }

  void join(std::size_t i) {
    auto& one = nodes_[i];
    one.life = ++lives_;
    one.owner = "process " + std::to_string(one.life);
    one.number = std::get<incarnation>(store_.join({std::to_string(one.life), one.owner, {}, {}, {}, 1, 1, 100}));
    store_.change_status(one.number, node_status::up);
  }

  void end(std::size_t i) {
    auto& one = nodes_[i];
    auto accuser = nodes_[(i + 1) % nodes_.size()].number;
    must(store_.end_node(accuser, one.number, 0, "") == end_answer::ended, "a living node is ended");
    on(i, node_ended);
    must(!one.actor, "no actor outlives its node");
    join(i);
  }

  /// Now and then somebody looks at the row and at the placement.
  void tell_placement(std::size_t i) {
    auto& one = nodes_[i];
    auto row = read_row();
    if (row.owner == one.owner)
      tell(i, yours, row.epoch);
    else if (row.epoch > one.cycle.epoch() && !row.owner.empty())
      tell(i, fenced, row.epoch);
    on(i, i == placed_on_ ? placed_here : placed_elsewhere);
    on(i, due);
    if (one.cycle.state() == resting && draw_() % 3 == 0)
      on(i, overdue);
    if (one.cycle.state() == stopped && draw_() % 3 == 0)
      on(i, mended, one.cycle.epoch());
  }

  /// An actor is in doubt about what it wrote, and has its node claim its next epoch.
  void reclaim(std::size_t i) {
    later(i, [this, i] {
      auto& one = nodes_[i];
      auto row = read_row();
      if (!one.actor || row.owner != one.owner)
        return;
      const owned_shard own{shard, row.epoch};
      auto taken = store_.claim(one.number, {&own, 1}).front();
      if (!taken || (faults_ && draw_() % 4 == 0))
        return; // or nobody hears that it was
      on(i, reclaimed, *taken);
      must(one.cycle.epoch() == *taken, "a shard is at the epoch that was claimed for it");
      one.actor = *taken;
    });
  }

  /// An actor stops because of a fault of its own.
  void crash(std::size_t i) {
    if (!nodes_[i].actor)
      return;
    crashed_at_.insert(*nodes_[i].actor);
    on(i, disagreed, nodes_[i].cycle.epoch());
  }

  void happen() {
    auto which = draw_() % later_.size();
    auto next = std::move(later_[which]);
    later_.erase(later_.begin() + static_cast<std::ptrdiff_t>(which));
    next();
  }

  /// Something that happens to this life of a node, later or never.
  void later(std::size_t i, const task& what) {
    if (faults_ && draw_() % 8 == 0)
      return;
    auto copies = faults_ && draw_() % 8 == 0 ? 2 : 1;
    for (; copies > 0; --copies)
      later_.push_back([this, i, life = nodes_[i].life, what] {
        if (nodes_[i].life == life)
          what();
      });
  }
  void tell(std::size_t i, cycle_event event, epoch at) {
    later(i, [this, i, event, at] { on(i, event, at); });
  }

  template <class... At>
  void on(std::size_t i, cycle_event event, At... at) {
    auto& cycle = nodes_[i].cycle;
    auto state = cycle.state();
    auto before = cycle.epoch();
    auto action = cycle.on(event, at...);
    if (cycle.state() != state || cycle.epoch() != before || action != nothing)
      taken_.emplace(state, event);
    act(i, action);
  }

  void act(std::size_t i, cycle_action action) {
    auto& one = nodes_[i];
    auto at = one.cycle.epoch();
    switch (action) {
      case nothing:
        break;
      case claim:
        later(i, [this, i] {
          const owned_shard wanted{shard, read_row().epoch};
          if (auto taken = store_.claim(nodes_[i].number, {&wanted, 1}).front())
            tell(i, claimed, *taken);
        });
        break;
      case load:
        later(i, [this, i, at] {
          auto row = read_row();
          if (row.epoch == at)
            tell(i, faults_ && draw_() % 16 == 0 ? history_broken : loaded, at);
          else
            tell(i, fenced, row.epoch);
        });
        break;
      case serve:
        must(!one.actor, "an actor is started when there is none");
        must(!crashed_at_.contains(at), "no actor has an epoch at which another one has stopped");
        one.actor = at;
        break;
      case stand_down:
        tell(i, rested, at);
        break;
      case carry_on:
        must(one.actor.has_value(), "there is an actor to carry on");
        break;
      case give:
        later(i, [this, i, at] {
          auto to = nodes_[placed_on_].number;
          if (store_.give(nodes_[i].number, {shard, at}, to))
            tell(i, given, at);
          else if (read_row().owner == nodes_[i].owner && read_row().epoch == at)
            tell(i, not_given, at);
        });
        // Or nobody hears what became of it.
        tell(i, unknown, at);
        break;
      case cycle_action::end:
        must(one.actor.has_value(), "there is an actor to end");
        one.actor.reset();
        break;
      case restart:
        must(one.actor.has_value(), "there is an actor to end");
        one.actor.reset();
        act(i, load);
        break;
    }
  }

  void check() {
    auto row = read_row();
    std::size_t writers = 0;
    for (const auto& one : nodes_) {
      auto state = one.cycle.state();
      auto has_actor = state == serving || state == resting || state == giving;
      must(one.actor.has_value() == has_actor, "there is an actor when the state says so");
      if (!one.actor)
        continue;
      must(*one.actor == one.cycle.epoch(), "the actor is of the epoch at which the node has the shard");
      must(*one.actor <= row.epoch, "no actor is ahead of the row");
      if (*one.actor == row.epoch) {
        ++writers;
        ++served_;
        must(row.owner == one.owner, "whoever writes owns the shard");
      }
    }
    must(writers <= 1, "one node writes");
  }

  std::mt19937_64 draw_;
  std::shared_ptr<memory_books> books_ = std::make_shared<memory_books>();
  memory_coordination store_{books_};
  std::array<node, 3> nodes_;
  std::deque<task> later_;
  std::size_t placed_on_ = 0;
  std::size_t served_ = 0;
  std::set<std::pair<cycle_state, cycle_event>> taken_;
  std::set<epoch> crashed_at_;
  std::string wrong_;
  int lives_ = 0;
  bool faults_ = false;
};

} // namespace

SCENARIO("the table says one thing about each state and event, and every state can be reached and left") {
  GIVEN("the table") {
    std::set<std::pair<cycle_state, cycle_event>> pairs;
    std::set<cycle_state> entered;
    std::set<cycle_state> left;
    for (const auto& step : cycle_table) {
      CHECK(pairs.emplace(step.state, step.event).second);
      entered.insert(step.next);
      left.insert(step.state);
    }
    CHECK_EQ(entered.size(), 7u);
    CHECK_EQ(left.size(), 7u);
    THEN("an ended node owns nothing, whatever it was doing") {
      for (auto state : {wanted, loading, serving, resting, giving, stopped})
        CHECK(pairs.contains({state, node_ended}));
    }
  }
}

SCENARIO("a shard is claimed, served and given away") {
  GIVEN("a shard that belongs here") {
    shard_cycle cycle;
    CHECK((cycle.on(placed_elsewhere) == nothing && cycle.state() == elsewhere));
    CHECK((cycle.on(placed_here) == claim && cycle.state() == wanted));
    CHECK((cycle.on(due) == claim));
    CHECK((cycle.on(claimed, epoch{4}) == load && cycle.state() == loading));
    CHECK((cycle.on(claimed, epoch{4}) == nothing));
    CHECK((cycle.on(loaded, epoch{3}) == nothing && cycle.state() == loading));
    CHECK((cycle.on(loaded, epoch{4}) == serve && cycle.state() == serving));
    CHECK((cycle.on(placed_here) == nothing));
    CHECK((cycle.on(yours, epoch{4}) == nothing && cycle.state() == serving));
    CHECK((cycle.on(fenced, epoch{4}) == nothing && cycle.state() == serving));
    CHECK((cycle.on(placed_elsewhere) == stand_down));
    CHECK((cycle.on(overdue) == carry_on && cycle.state() == serving));
    CHECK((cycle.on(placed_elsewhere) == stand_down));
    CHECK((cycle.on(rested, epoch{4}) == give && cycle.state() == giving));
    CHECK((cycle.on(not_given, epoch{4}) == carry_on));
    CHECK((cycle.on(placed_elsewhere) == stand_down));
    CHECK((cycle.on(rested, epoch{4}) == give));
    CHECK((cycle.on(given, epoch{4}) == cycle_action::end && cycle.state() == elsewhere));
    CHECK((cycle.on(rested, epoch{4}) == nothing));
    WHEN("it comes back") {
      CHECK((cycle.on(yours, epoch{3}) == nothing));
      CHECK((cycle.on(yours, epoch{9}) == load && cycle.epoch() == epoch{9}));
      CHECK((cycle.on(history_broken, epoch{9}) == nothing && cycle.state() == stopped));
      CHECK((cycle.on(placed_elsewhere) == nothing && cycle.state() == stopped));
      CHECK((cycle.on(fenced, epoch{10}) == nothing && cycle.state() == elsewhere));
    }
  }
}

SCENARIO("an actor claims its next epoch, stops, and is followed by another one at a further epoch") {
  GIVEN("a shard that is served here") {
    shard_cycle cycle;
    CHECK((cycle.on(yours, epoch{4}) == load));
    CHECK((cycle.on(loaded, epoch{4}) == serve));
    CHECK((cycle.on(reclaimed, epoch{4}) == nothing && cycle.epoch() == epoch{4}));
    CHECK((cycle.on(reclaimed, epoch{6}) == nothing && cycle.state() == serving && cycle.epoch() == epoch{6}));
    CHECK((cycle.on(yours, epoch{6}) == nothing && cycle.state() == serving));
    CHECK((cycle.on(disagreed, epoch{4}) == nothing && cycle.state() == serving));
    CHECK((cycle.on(mended, epoch{6}) == nothing && cycle.state() == serving));
    CHECK((cycle.on(placed_elsewhere) == stand_down));
    CHECK((cycle.on(reclaimed, epoch{7}) == nothing && cycle.state() == resting && cycle.epoch() == epoch{7}));
    CHECK((cycle.on(rested, epoch{6}) == nothing && cycle.state() == resting));
    CHECK((cycle.on(rested, epoch{7}) == give));
    CHECK((cycle.on(disagreed, epoch{7}) == cycle_action::end && cycle.state() == stopped));
    CHECK((cycle.on(yours, epoch{8}) == nothing && cycle.state() == stopped));
    CHECK((cycle.on(mended, epoch{7}) == claim && cycle.state() == wanted));
    CHECK((cycle.on(claimed, epoch{7}) == nothing && cycle.state() == wanted));
    CHECK((cycle.on(claimed, epoch{9}) == load && cycle.epoch() == epoch{9}));
    CHECK((cycle.on(reclaimed, epoch{10}) == nothing && cycle.epoch() == epoch{9}));
  }
}

SCENARIO("no actor gets an epoch at which another one has stopped, even if the shard belonged elsewhere meanwhile") {
  GIVEN("a shard that has stopped, and is not claimed again before it belongs to another node") {
    shard_cycle cycle;
    CHECK((cycle.on(yours, epoch{4}) == load));
    CHECK((cycle.on(loaded, epoch{4}) == serve));
    CHECK((cycle.on(disagreed, epoch{4}) == cycle_action::end && cycle.state() == stopped));
    CHECK((cycle.on(mended, epoch{4}) == claim && cycle.state() == wanted));
    CHECK((cycle.on(placed_elsewhere) == nothing && cycle.state() == elsewhere));
    THEN("it is claimed, although the store says that it is this node's") {
      CHECK((cycle.on(yours, epoch{4}) == claim && cycle.state() == wanted));
      CHECK((cycle.on(placed_elsewhere) == nothing));
      CHECK((cycle.on(claimed, epoch{5}) == load && cycle.epoch() == epoch{5}));
      CHECK((cycle.on(loaded, epoch{5}) == serve));
      CHECK((cycle.on(placed_elsewhere) == stand_down));
      CHECK((cycle.on(rested, epoch{5}) == give));
      CHECK((cycle.on(unknown, epoch{5}) == cycle_action::end && cycle.state() == elsewhere));
      CHECK((cycle.on(yours, epoch{5}) == load)); // it was at rest: nothing that it had sent is on its way
    }
  }
}

SCENARIO("a shard has one writer at any time, and in the end it is served where it belongs") {
  GIVEN("claims, gifts and answers that come late, twice, out of order or never, and nodes and actors that end") {
    std::size_t served = 0;
    std::set<std::pair<cycle_state, cycle_event>> taken;
    for (std::uint64_t seed = 0; seed < 300; ++seed) {
      world all{seed};
      all.run(2'000, true);
      all.run(600, false);
      if (!all.is_settled() || !all.wrong().empty())
        MESSAGE("seed " << seed << ": " << all.text());
      CHECK(all.is_settled());
      CHECK_EQ(all.wrong(), "");
      served += all.served();
      taken.insert(all.taken().begin(), all.taken().end());
    }
    CHECK_GT(served, 300u * 600u);
    for (const auto& line : cycle_table) {
      if (!taken.contains({line.state, line.event}))
        MESSAGE("state " << static_cast<int>(line.state) << ", event " << static_cast<int>(line.event));
      CHECK(taken.contains({line.state, line.event}));
    }
  }
}
