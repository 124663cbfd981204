#define CAF_SUITE cluster.sharing

#include "cluster/placement.hpp"
#include "persistence/history_broken.hpp"
#include "tests/catalog/keeper_fixture.hpp"

#include <caf/test/bdd_dsl.hpp>

#include <algorithm>
#include <deque>
#include <functional>
#include <set>

using namespace usher;
using namespace usher::tests;
using domain::rejection;
using persistence::incarnation;
using persistence::node_status;

namespace {

/// What becomes of the next gift.
enum class gift_fault { none, lost_answer, not_made };

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
    auto fault = std::exchange(all_->next_gift, gift_fault::none);
    if (fault == gift_fault::not_made)
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
struct fixture : keeper_fixture {
  struct node {
    std::string name;
    process runs;
    incarnation number{};
    std::string owner{};
  };

  static constexpr std::uint16_t row_count = 10;

  fixture() {
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

  void join(node& one) {
    one.owner = one.name + ", life " + std::to_string(++lives_);
    one.number = std::get<incarnation>(store.join({one.name, one.owner, {}, {}, {}, 1, 1, 100}));
    store.change_status(one.number, node_status::up);
  }

  /// What the censuses see at this moment.
  [[nodiscard]] messages::view_changed view() {
    messages::view_changed seen;
    for (const auto& one : store.members().members)
      seen.nodes.push_back(
          {one.number.value(), one.card.name, one.card.owner, one.card.weight, !takes_nothing.contains(one.card.name)});
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

  std::deque<node> nodes;
  std::shared_ptr<coordinators> claims = std::make_shared<coordinators>();
  std::shared_ptr<troubles> wrong = std::make_shared<troubles>();
  std::set<std::string> takes_nothing; ///< the names of nodes that are not to have shards
  memory_coordination store{books};

private:
  int lives_ = 0;
};

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("two nodes share the shards of an event, with the holds that were made before") {
  auto& first = start_node("first");
  auto& second = start_node("second");
  CHECK(put(first.runs, "ten rows")->refused_as(rejection::store_unavailable)); // it does not know who it is
  tell_views();
  create_with_holds(first);
  CHECK_EQ(count_of(first), row_count + 2u);
  hear_news_for(3s);
  check_shared_out();
  CHECK_GE(count_of(first), 4u);
  CHECK_GE(count_of(second), 4u);
  check_holds();
  check_nobody_stopped();
}

SCENARIO("a start is answered when the node has what belongs to it") {
  auto& first = start_node("first");
  tell_view(first);
  create_with_holds(first);
  auto& second = nodes.emplace_back(node{"second", new_process("second")});
  join(second);
  auto start = ask<done>(second.runs.keeper, messages::start_shards{});
  settle();
  CHECK(start->pending());
  tell_view(second);
  CHECK(start->reply.has_value());
  CHECK_EQ(asked<std::vector<domain::event_id>>(second.runs, messages::list_events{})->reply->size(), 1u);
}

SCENARIO("a start is answered when the store cannot be used") {
  auto& first = start_node("first");
  tell_view(first);
  create_with_holds(first);
  auto& second = nodes.emplace_back(node{"second", new_process("second")});
  join(second);
  auto start = ask<done>(second.runs.keeper, messages::start_shards{});
  settle();
  wrong->broken = true;
  tell_view(second);
  CHECK(start->refused_as(rejection::store_unavailable));
  auto late_start = ask<done>(second.runs.keeper, messages::start_shards{});
  settle();
  CHECK(late_start->refused_as(rejection::store_unavailable));
  CHECK_EQ(second.runs.fatal->size(), 1u);
}

SCENARIO("a node that joins is given its part, at most four shards at a time by each") {
  auto& first = start_node("first");
  tell_views();
  create_with_holds(first);
  hear_news_for(1s);
  CHECK_EQ(count_of(first), row_count + 2u);
  start_node("second");
  tell_views();
  CHECK_EQ(count_of(first), row_count - 2u);
  hear_news_for(3s);
  check_shared_out();
  start_node("third");
  tell_views();
  for (auto before = stored(); !before.empty();) {
    tell_news();
    check_single();
    std::map<std::string, int> given;
    auto after = stored();
    for (std::size_t i = 0; i < after.size(); ++i)
      if (after[i].owner != before[i].owner) {
        CHECK_EQ(after[i].epoch.value(), before[i].epoch.value() + 1);
        ++given[before[i].owner];
      }
    for (const auto& [giver, count] : given)
      CHECK_LE(count, 4);
    before = given.empty() ? decltype(before){} : after;
  }
  check_shared_out();
  CHECK_GE(count_of(nodes.back()), 2u);
  check_holds();
  check_nobody_stopped();
}

SCENARIO("what a dead node had is claimed by the others, and its own actors end") {
  auto& first = start_node("first");
  auto& second = start_node("second");
  auto& third = start_node("third");
  tell_views();
  create_with_holds(first);
  hear_news_for(3s);
  check_shared_out();
  auto before = count_of(third);
  REQUIRE(before > 0u);
  end(third, first);
  hear_news_for(1s);
  CHECK_EQ(count_of(third), before); // the others have not heard of it
  tell_view(first);
  tell_view(second);
  hear_news_for(2s);
  CHECK_EQ(count_of(third), 0u);
  check_shared_out();
  check_holds();
  for (const auto& [shard, actors] : shard_actors)
    for (const auto& one : actors)
      if (one.keeper == third.runs.keeper)
        CHECK(*one.ended);
  check_nobody_stopped();
}

SCENARIO("a node that is nobody serves nothing, and goes on with another life") {
  auto& first = start_node("first");
  auto& second = start_node("second");
  tell_views();
  create_with_holds(first);
  hear_news_for(3s);
  end(second, first);
  tell_view(second); // before anybody else
  for (const auto& [shard, actors] : shard_actors)
    for (const auto& one : actors)
      if (one.keeper == second.runs.keeper)
        CHECK(*one.ended);
  CHECK(asked<messages::event_view>(second.runs, messages::describe_event{{}, id})->refused_as(rejection::overloaded));
  for (std::uint16_t row = 0; row < row_count; ++row)
    CHECK(asked<messages::section_view>(second.runs, messages::read_section{{}, id, domain::section_no{row}})
              ->refused_as(rejection::overloaded));
  CHECK(put(second.runs, "eleven rows")->refused_as(rejection::store_unavailable));
  pass(3s, 50ms);
  tell_view(first);
  hear_news_for(1s);
  CHECK_EQ(count_of(first), row_count + 2u);
  auto before = second.number;
  join(second);
  tell_views();
  hear_news_for(3s);
  check_shared_out();
  check_holds();
  check_nobody_stopped();
  // Whoever ends a node ends its sessions by the name of that life.
  for (auto life : {first.number, before, second.number})
    CHECK(claims->acted_for.contains(life));
}

SCENARIO("a gift that nobody heard of is settled by the shard's row") {
  auto& first = start_node("first");
  tell_views();
  create_with_holds(first);
  for (auto fault : {gift_fault::lost_answer, gift_fault::not_made}) {
    start_node(fault == gift_fault::lost_answer ? "second" : "third");
    claims->next_gift = fault;
    tell_views();
    CHECK(claims->next_gift == gift_fault::none);
    // Meanwhile the one that got it may serve it, and nobody else does.
    for (int i = 0; i < 20; ++i) {
      tell_view(nodes.back());
      for (std::uint16_t row = 0; row < row_count; ++row)
        CHECK_LE(looks(row).size(), 1u);
      if (i > 11)
        check_single(); // the giver has asked the store again
      pass(50ms);
    }
    hear_news_for(3s);
    check_shared_out();
    check_holds();
  }
  check_nobody_stopped();
}

SCENARIO("a shard that does not come to rest is kept, and given away later") {
  auto& first = start_node("first");
  tell_views();
  create_with_holds(first);
  auto& second = start_node("second");
  // A section that is placed on the second node, but is in doubt for as long as somebody has its row locked.
  std::vector<cluster::candidate> both{{"first"}, {"second"}};
  auto homes = cluster::place(id, row_count, both);
  std::uint16_t row = 0;
  while (homes.at(row + 2u) != 1)
    ++row;
  books->lock(section(row), second.number);
  books->set(store_fault::full);
  auto held = hold(first.runs, 50, row, (row + 2) % 4);
  books->set(store_fault::none);
  CHECK(held->pending());
  pass(1s, 50ms);
  CHECK(held->pending());
  tell_views();
  hear_news_for(500ms);
  CHECK_EQ(stored(section(row)).owner, first.owner);
  auto waiting = asked<messages::section_view>(first.runs, messages::read_section{{}, id, domain::section_no{row}});
  CHECK(waiting->pending());
  hear_news_for(1s); // it has gone on by now
  CHECK(!waiting->pending());
  CHECK(!waiting->refused_as(rejection::overloaded));
  CHECK_EQ(stored(section(row)).owner, first.owner);
  hear_news_for(300ms);
  books->let_go(section(row));
  hear_news_for(13s); // it is not made to rest again at once
  CHECK(held->refused_as(rejection::store_unavailable));
  check_shared_out();
  check_holds();
  check_nobody_stopped();
}

SCENARIO("a plan is changed only where all shards of the event are") {
  auto& first = start_node("first");
  tell_views();
  create_with_holds(first);
  REQUIRE(put(first.runs, "eleven rows")->reply.has_value());
  auto& second = start_node("second");
  tell_views();
  hear_news_for(3s);
  check_shared_out();
  for (const auto* one : {&first, &second}) {
    auto refused = put(one->runs, "ten rows");
    REQUIRE(refused->refused_as(rejection::overloaded));
    CHECK_EQ(refused->refused->detail, "Other nodes serve parts of this event.");
  }
  CHECK_EQ(memory_store{books}.events().front().plan, "eleven rows");
  end(second, first);
  tell_views();
  hear_news_for(2s);
  plans["twelve rows"] = rows(row_count + 2);
  REQUIRE(put(first.runs, "twelve rows")->reply.has_value());
  check_holds();
  // A node that comes later, or was there before, knows the new plan.
  join(second);
  tell_views();
  hear_news_for(3s);
  check_shared_out();
  CHECK_EQ(looks(row_count + 1).size(), 1u);
  check_holds();
  check_nobody_stopped();
}

SCENARIO("somebody's lock on a row of an event neither ends the node that changes its plan, nor loses anything") {
  auto& first = start_node("first");
  tell_views();
  create_with_holds(first);
  books->lock(section(3), first.number);
  auto refused = put(first.runs, "eleven rows");
  pass(6s, 50ms);
  CHECK(refused->refused_as(rejection::store_unavailable));
  check_nobody_stopped();
  books->let_go(section(3));
  hear_news_for(2s);
  check_shared_out();
  check_holds();
  REQUIRE(put(first.runs, "eleven rows")->reply.has_value());
}

SCENARIO("a history that cannot be read stops only its shard") {
  auto& first = start_node("first");
  tell_views();
  create_with_holds(first);
  for (auto bad : {section(4), domain::shard_id{domain::shard_kind::event, id, {}}}) {
    wrong->damaged = bad;
    end(nodes.front(), start_node("helper"));
    join(nodes.front());
    tell_views();
    hear_news_for(3s);
    for (const auto& row : stored())
      CHECK_EQ(running(row.shard).size(), row.shard == bad ? 0u : 1u);
    store.change_status(nodes.back().number, node_status::left);
    tell_views();
    hear_news_for(2s);
    check_nobody_stopped();
    wrong->damaged = std::nullopt;
    // Another life of whoever has it reads it anew.
    auto& other = start_node("other");
    end(nodes.front(), other);
    join(nodes.front());
    tell_views();
    hear_news_for(3s);
    store.change_status(other.number, node_status::left);
    tell_views();
    hear_news_for(2s);
    check_shared_out();
  }
  check_holds();
}

SCENARIO("an event whose own shard is elsewhere is announced as its journal says") {
  auto& first = start_node("first");
  auto& second = start_node("second");
  tell_views();
  domain::event_settings settings;
  settings.prices = {5'000};
  settings.currency = "JPY";
  settings.hidden = true;
  settings.waiting_room = false;
  REQUIRE(asked<messages::event_view>(
              first.runs,
              messages::put_event{{}, id, settings, std::make_shared<const std::string>("ten rows"), plans["ten rows"]})
              ->reply.has_value());
  tell_news();
  for (int i = 0; i < 2; ++i) { // before and after it is shared out
    for (const auto* one : {&first, &second}) {
      auto news = announced(*one);
      REQUIRE(news->has_value());
      CHECK_EQ((*news)->currency, "JPY");
      CHECK((*news)->hidden);
      CHECK(!(*news)->waiting_room);
      CHECK_EQ((*news)->plan->sections().size(), row_count);
    }
    hear_news_for(3s);
  }
  check_shared_out();
}

SCENARIO("whoever has not the event's own shard sees by itself what has changed") {
  auto& first = start_node("first");
  auto& second = start_node("second");
  takes_nothing.insert("second"); // a plan is put where the whole event is
  tell_views();
  domain::event_settings settings;
  settings.prices = {5'000};
  settings.hidden = true;
  messages::put_event show{{}, id, settings, std::make_shared<const std::string>("ten rows"), plans["ten rows"]};
  REQUIRE(asked<messages::event_view>(first.runs, show)->reply.has_value());
  tell_news();
  auto seen = announced(second);
  REQUIRE(seen->has_value());
  CHECK((*seen)->hidden);
  settings.hidden = false;
  show.settings = settings;
  REQUIRE(asked<messages::event_view>(first.runs, show)->reply.has_value());
  CHECK((*seen)->hidden);
  pass(3s, 50ms); // without news
  CHECK(!(*seen)->hidden);
}

SCENARIO("an event whose journal cannot be read at the moment is announced a little later") {
  auto& first = start_node("first");
  auto& second = start_node("second");
  takes_nothing.insert("second");
  tell_views();
  create_with_holds(first);
  wrong->histories_away = true;
  tell_news();
  auto listed = [&] {
    return asked<std::vector<domain::event_id>>(second.runs, messages::list_events{})->reply->size();
  };
  CHECK_EQ(listed(), 0u);
  wrong->histories_away = false;
  pass(3s, 50ms); // without news
  CHECK_EQ(listed(), 1u);
  CHECK_EQ(count_of(first), row_count + 2u);
  check_nobody_stopped();
}

SCENARIO("an event one of whose shards is claimed by another node while it is made is served in the end") {
  auto& first = start_node("first");
  auto& second = start_node("second");
  tell_views();
  wrong->once_added = [&] {
    const persistence::owned_shard fresh{section(2), {}};
    CHECK(store.claim(second.number, {&fresh, 1}).front().has_value());
  };
  CHECK(put(first.runs, "ten rows")->refused_as(rejection::overloaded));
  check_nobody_stopped();
  hear_news_for(3s);
  check_shared_out();
  check_nobody_stopped();
}

END_FIXTURE_SCOPE()
