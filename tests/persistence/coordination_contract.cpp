#define CAF_SUITE persistence.coordination_contract

#include "tests/persistence/coordination_contract.hpp"

#include "tests/persistence/sample_facts.hpp"

#include <caf/test/bdd_dsl.hpp>

#include <atomic>
#include <thread>

namespace usher::tests {

using namespace usher::persistence;
using namespace std::chrono_literals;

node_card card_of(const std::string& name, const std::string& owner) {
  return {name, owner.empty() ? "process of " + name : owner, name + ":4201", name + ":4200", "1.2.3", 1, 1, 100};
}

incarnation join_up(coordination& node, const node_card& card) {
  auto me = std::get<incarnation>(node.join(card));
  if (!card.name.empty())
    CHECK(node.change_status(me, node_status::up));
  return me;
}

namespace {

using domain::epoch;
using epochs = std::vector<std::optional<epoch>>;

/// Two nodes that are up, and the event `rock` with three sections.
struct pair_of_nodes {
  explicit pair_of_nodes(const coordinated_store& where)
      : store(where.open()), a(where.connect()), b(where.connect()), a_number(join_up(*a, card_of("a"))),
        b_number(join_up(*b, card_of("b"))) {
    store->add_event({rock, "{}"}, 3);
  }

  std::unique_ptr<booking_store> store;
  std::unique_ptr<coordination> a, b;
  incarnation a_number, b_number;
};

/// Whoever was ended may find its connection ended, too, which it notices at its next call.
template <class Call>
auto after_end(const Call& call) {
  try {
    return call();
  } catch (const store_unavailable&) {
    return call();
  }
}

std::optional<epoch> claim_one(coordination& node, incarnation me, const domain::shard_id& shard, epoch seen) {
  const owned_shard wanted{shard, seen};
  auto taken = node.claim(me, {&wanted, 1});
  CHECK_EQ(taken.size(), 1u);
  return taken.front();
}

std::string owner_of(booking_store& store, const domain::shard_id& shard) {
  for (const auto& row : store.shards(rock))
    if (row.shard == shard)
      return row.owner;
  return "nobody";
}

std::vector<incarnation> numbers_of(const membership& all) {
  std::vector<incarnation> numbers;
  for (const auto& one : all.members)
    numbers.push_back(one.number);
  return numbers;
}

join_refused refusal_of(coordination& node, const node_card& card) {
  auto answer = node.join(card);
  CHECK(std::holds_alternative<join_refused>(answer));
  return std::holds_alternative<join_refused>(answer) ? std::get<join_refused>(answer) : join_refused{};
}

// ---- who is alive ----

void joins_under_one_name(const coordinated_store& where) {
  auto a = where.connect();
  auto b = where.connect();
  CHECK(a->members().members.empty());
  auto card = card_of("a");
  card.weight = 70;
  auto a_number = std::get<incarnation>(a->join(card));
  auto all = b->members();
  REQUIRE_EQ(all.members.size(), 1u);
  CHECK((all.members.front().card == card));
  CHECK((all.members.front().status == node_status::joining && all.members.front().beat == 0));
  auto refused = refusal_of(*b, card_of("a", "another process"));
  CHECK((refused.why == join_obstacle::name_taken));
  CHECK((refused.in_the_way && refused.in_the_way->number == a_number));
  auto b_number = std::get<incarnation>(b->join(card_of("b")));
  CHECK(b_number > a_number);
  CHECK((numbers_of(a->members()) == std::vector{a_number, b_number}));
  CHECK(!a->find(incarnation{b_number.value() + 1}));
}

void joins_once_however_often_it_asks(const coordinated_store& where) {
  auto a = where.connect();
  auto number = std::get<incarnation>(a->join(card_of("a")));
  CHECK((std::get<incarnation>(where.connect()->join(card_of("a"))) == number));
  CHECK_EQ(a->members().members.size(), 1u);
  CHECK(a->change_status(number, node_status::left));
  CHECK_THROWS_AS((void)a->join(card_of("a")), store_broken);
  CHECK((std::get<incarnation>(where.connect()->join(card_of("a", "its next process"))) > number));
}

void joins_one_at_a_time(const coordinated_store& where) {
  std::atomic<int> joined = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&, i] {
      auto answer = where.connect()->join(card_of("a", "process " + std::to_string(i)));
      joined += std::holds_alternative<incarnation>(answer) ? 1 : 0;
    });
  for (auto& thread : threads)
    thread.join();
  CHECK_EQ(joined.load(), 1);
}

void keeps_levels(const coordinated_store& where) {
  auto node = where.connect();
  auto level = node->cluster().level;
  auto card = card_of("a");
  card.level_from = level + 1;
  card.level_to = level + 2;
  auto refused = refusal_of(*node, card);
  CHECK((refused.why == join_obstacle::level && !refused.in_the_way));
  card.level_from = level;
  CHECK(std::holds_alternative<incarnation>(node->join(card)));
  CHECK_EQ(where.connect()->cluster().id, node->cluster().id);
  CHECK_NE(node->cluster().id, "");
}

void replaces_a_node_that_is_alone(const coordinated_store& where) {
  auto store = where.open();
  store->add_event({rock, "{}"}, 1);
  auto first = where.connect();
  auto second = where.connect();
  auto first_number = std::get<incarnation>(first->join(card_of("", "first")));
  CHECK((first->members().members.front().status == node_status::up));
  CHECK(first->beat(first_number, {}).has_value());
  CHECK((claim_one(*first, first_number, event_shard, epoch{0}) == epoch{1}));
  auto refused = refusal_of(*second, card_of("a"));
  CHECK((refused.why == join_obstacle::served_alone && refused.in_the_way->number == first_number));
  auto second_number = std::get<incarnation>(second->join(card_of("", "second")));
  CHECK(!after_end([&] { return first->beat(first_number, {}); }));
  auto found = second->find(first_number);
  CHECK((found && found->status == node_status::dead && found->why == "replaced by second"));
  CHECK((claim_one(*second, second_number, event_shard, epoch{1}) == epoch{2}));
  CHECK((!claim_one(*first, first_number, event_shard, epoch{2})));
  CHECK(second->change_status(second_number, node_status::left));
  auto named = std::get<incarnation>(first->join(card_of("a")));
  refused = refusal_of(*second, card_of("", "third"));
  CHECK((refused.why == join_obstacle::served_by_cluster && refused.in_the_way->number == named));
}

void counts_beats(const coordinated_store& where) {
  auto a = where.connect();
  auto me = std::get<incarnation>(a->join(card_of("a")));
  auto first = a->beat(me, {});
  REQUIRE(first.has_value());
  CHECK((first->status == node_status::joining && first->beat == 1));
  CHECK(a->change_status(me, node_status::up));
  auto second = where.connect()->beat(me, {});
  REQUIRE(second.has_value());
  CHECK((second->status == node_status::up && second->beat == 2 && second->now >= first->now));
  CHECK_EQ(a->members().members.front().beat, 2u);
  CHECK(!a->beat(incarnation{me.value() + 1}, {}));
  CHECK(a->change_status(me, node_status::left));
  CHECK(!a->beat(me, {}));
  CHECK(a->members().members.empty());
}

void keeps_what_comes_with_a_beat(const coordinated_store& where) {
  auto a = where.connect();
  auto me = std::get<incarnation>(a->join(card_of("a")));
  auto present = [&a] { return a->members(); };
  auto joined = present();
  CHECK_EQ(joined.members.front().figures, "");
  CHECK(std::chrono::abs(joined.members.front().beaten - joined.members.front().since) < 1s); // it has just joined
  CHECK(joined.now >= joined.members.front().beaten);
  const std::string said = R"({"links":["Зал"],"\\":'"''})";
  auto counted = a->beat(me, said);
  REQUIRE(counted.has_value());
  auto after = present();
  CHECK_EQ(after.members.front().figures, said);
  CHECK(after.members.front().beaten >= joined.members.front().beaten);
  CHECK(after.members.front().beaten <= counted->now);
  CHECK(after.now >= counted->now);
  CHECK_EQ(where.connect()->find(me)->figures, said);
  const std::string longest(coordination::figures_bytes_max, 'x');
  CHECK(a->beat(me, longest).has_value());
  CHECK_EQ(present().members.front().figures, longest);
  CHECK(a->beat(me, longest + "x").has_value());
  CHECK_EQ(present().members.front().figures, ""); // better nothing than half of it
  CHECK_EQ(present().members.front().beat, 3u);
}

void ends_whoever_has_not_beaten_since(const coordinated_store& where) {
  pair_of_nodes nodes{where};
  auto& [store, a, b, a_number, b_number] = nodes;
  CHECK(b->beat(b_number, {}).has_value());
  CHECK((a->end_node(a_number, b_number, 0, "late") == end_answer::alive));
  CHECK(b->beat(b_number, {}).has_value());
  CHECK((a->end_node(a_number, b_number, 1, "late") == end_answer::alive));
  CHECK((a->end_node(a_number, incarnation{999}, 0, "unknown") == end_answer::gone));
  CHECK((a->end_node(a_number, b_number, 2, "silent for 6 s") == end_answer::ended));
  CHECK((a->end_node(a_number, b_number, 2, "again") == end_answer::gone));
  CHECK(!after_end([&nodes] { return nodes.b->beat(nodes.b_number, {}); }));
  CHECK((b->end_node(b_number, a_number, 0, "in return") == end_answer::accuser_ended));
  auto found = a->find(b_number);
  CHECK((found && found->status == node_status::dead && found->why == "silent for 6 s"));
  CHECK((numbers_of(a->members()) == std::vector{a_number}));
  CHECK(!a->change_status(b_number, node_status::up));
  CHECK((join_up(*b, card_of("b", "its next process")) > b_number));
}

void is_ended_by_whoever_would_join(const coordinated_store& where) {
  auto last = where.connect();
  auto joiner = where.connect();
  auto it = join_up(*last, card_of("a"));
  CHECK(last->beat(it, {}).has_value());
  auto card = card_of("a", "its next process");
  CHECK((refusal_of(*joiner, card).in_the_way->beat == 1));
  CHECK((joiner->end_silent(it, 0, "silent") == end_answer::alive));
  CHECK(last->beat(it, {}).has_value());
  CHECK((joiner->end_silent(it, 1, "silent") == end_answer::alive));
  CHECK((joiner->end_silent(it, 2, "silent for 6 s") == end_answer::ended));
  CHECK((joiner->end_silent(it, 2, "again") == end_answer::gone));
  CHECK((joiner->end_silent(incarnation{999}, 0, "unknown") == end_answer::gone));
  CHECK(!after_end([&] { return last->beat(it, {}); }));
  auto found = joiner->find(it);
  CHECK((found && found->status == node_status::dead && found->why == "silent for 6 s"));
  CHECK((std::get<incarnation>(joiner->join(card)) > it));
}

void has_one_accuser_succeed(const coordinated_store& where) {
  pair_of_nodes nodes{where};
  std::atomic<int> ended = 0;
  std::atomic<int> gone = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 6; ++i)
    threads.emplace_back([&] {
      auto answer = where.connect()->end_node(nodes.a_number, nodes.b_number, 0, "silent");
      ended += answer == end_answer::ended ? 1 : 0;
      gone += answer == end_answer::gone ? 1 : 0;
    });
  for (auto& thread : threads)
    thread.join();
  CHECK_EQ(ended.load(), 1);
  CHECK_EQ(gone.load(), 5);
}

/// Both accuse each other at the same time: whoever is second is dead, and ends nobody.
void ends_no_two_for_each_other(const coordinated_store& where) {
  pair_of_nodes nodes{where};
  std::atomic<int> ended = 0;
  auto accuse = [&](incarnation me, incarnation it) {
    ended += where.connect()->end_node(me, it, 0, "cut") == end_answer::ended ? 1 : 0;
  };
  std::thread one{accuse, nodes.a_number, nodes.b_number};
  std::thread two{accuse, nodes.b_number, nodes.a_number};
  one.join();
  two.join();
  CHECK_EQ(ended.load(), 1);
  CHECK_EQ(where.connect()->members().members.size(), 1u);
}

void changes_status_in_order(const coordinated_store& where) {
  auto a = where.connect();
  auto me = std::get<incarnation>(a->join(card_of("a")));
  using enum node_status;
  CHECK(!a->change_status(me, draining));
  CHECK(a->change_status(me, up));
  CHECK(!a->change_status(me, up));
  CHECK(where.connect()->change_status(me, draining));
  CHECK((a->beat(me, {})->status == draining));
  CHECK(a->change_status(me, up));
  CHECK(a->change_status(me, draining));
  CHECK(a->change_status(me, left));
  CHECK(!a->change_status(me, up));
  CHECK(!a->change_status(me, left));
  CHECK((a->find(me)->status == left));
}

void notes_cuts_once(const coordinated_store& where) {
  pair_of_nodes nodes{where};
  auto& [store, a, b, a_number, b_number] = nodes;
  CHECK(b->beat(b_number, {}).has_value());
  a->note_cut(a_number, b_number, cut_kind::silent);
  auto first = a->members().cuts;
  REQUIRE_EQ(first.size(), 1u);
  CHECK((first.front().seen_by == a_number && first.front().other == b_number && first.front().kind == cut_kind::silent
         && first.front().beat == 1));
  CHECK(b->beat(b_number, {}).has_value());
  a->note_cut(a_number, b_number, cut_kind::silent);
  CHECK((a->members().cuts == first));
  a->note_cut(a_number, b_number, cut_kind::refused);
  first.front().kind = cut_kind::refused;
  CHECK((a->members().cuts == first));
  b->note_cut(b_number, a_number, cut_kind::silent);
  auto both = a->members().cuts;
  REQUIRE_EQ(both.size(), 2u);
  CHECK((both[0].seen_by == a_number && both[1].seen_by == b_number));
  a->lift_cut(a_number, b_number);
  a->lift_cut(a_number, b_number);
  REQUIRE_EQ(a->members().cuts.size(), 1u);
  CHECK((a->members().cuts.front().seen_by == b_number));
}

void keeps_cuts_among_the_living(const coordinated_store& where) {
  pair_of_nodes nodes{where};
  auto& [store, a, b, a_number, b_number] = nodes;
  auto c = where.connect();
  auto c_number = join_up(*c, card_of("c"));
  a->note_cut(a_number, a_number, cut_kind::silent);
  a->note_cut(a_number, incarnation{999}, cut_kind::silent);
  CHECK(a->members().cuts.empty());
  a->note_cut(a_number, b_number, cut_kind::silent);
  b->note_cut(b_number, c_number, cut_kind::silent);
  c->note_cut(c_number, a_number, cut_kind::silent);
  CHECK((c->end_node(c_number, b_number, 0, "cut") == end_answer::ended));
  auto left = a->members().cuts;
  REQUIRE_EQ(left.size(), 1u);
  CHECK((left.front().seen_by == c_number && left.front().other == a_number));
  a->note_cut(a_number, b_number, cut_kind::silent);
  after_end([&nodes] { nodes.b->note_cut(nodes.b_number, nodes.a_number, cut_kind::silent); });
  CHECK_EQ(a->members().cuts.size(), 1u);
  CHECK(a->change_status(a_number, node_status::left));
  CHECK(c->members().cuts.empty());
}

// ---- who owns what ----

void claims_what_is_free(const coordinated_store& where) {
  pair_of_nodes nodes{where};
  auto& [store, a, b, a_number, b_number] = nodes;
  CHECK(store->claim(section_shard(2), "a process that never joined", std::nullopt).has_value());
  std::vector<owned_shard> wanted{{event_shard, epoch{0}},      {queue_shard, epoch{1}},
                                  {section_shard(0), epoch{0}}, {section_shard(9), epoch{0}},
                                  {section_shard(2), epoch{1}}, {section_shard(1), epoch{0}}};
  CHECK((a->claim(a_number, wanted) == epochs{epoch{1}, std::nullopt, epoch{1}, std::nullopt, epoch{2}, epoch{1}}));
  CHECK_EQ(owner_of(*store, section_shard(2)), "process of a");
  for (auto& one : wanted)
    one.epoch = epoch{one.epoch.value() + 1};
  CHECK((b->claim(b_number, wanted) == epochs(6)));
  CHECK((a->claim(a_number, wanted) == epochs{epoch{2}, std::nullopt, epoch{2}, std::nullopt, epoch{3}, epoch{2}}));
  CHECK(a->claim(a_number, {}).empty());
  CHECK_EQ(owner_of(*store, queue_shard), "");
}

void claims_for_nodes_that_are_up(const coordinated_store& where) {
  auto store = where.open();
  store->add_event({rock, "{}"}, 1);
  auto a = where.connect();
  auto me = std::get<incarnation>(a->join(card_of("a")));
  CHECK(!claim_one(*a, me, event_shard, epoch{0}));
  CHECK(a->change_status(me, node_status::up));
  CHECK(claim_one(*a, me, event_shard, epoch{0}).has_value());
  CHECK(a->change_status(me, node_status::draining));
  CHECK(!claim_one(*a, me, queue_shard, epoch{0}));
  CHECK((claim_one(*a, me, event_shard, epoch{1}) == epoch{2})); // its own, while it gives all away
  CHECK(store->claim(section_shard(0), "a process that never joined", std::nullopt).has_value());
  CHECK(!claim_one(*a, me, section_shard(0), epoch{1}));
  CHECK(!claim_one(*a, incarnation{999}, queue_shard, epoch{0}));
  auto b = where.connect();
  CHECK(!claim_one(*b, join_up(*b, card_of("b")), event_shard, epoch{2}));
}

void frees_what_the_ended_had(const coordinated_store& where) {
  pair_of_nodes nodes{where};
  auto& [store, a, b, a_number, b_number] = nodes;
  auto mine = claim_one(*b, b_number, section_shard(0), epoch{0}).value();
  auto left = claim_one(*b, b_number, section_shard(1), epoch{0}).value();
  std::vector group{entry(section_shard(0), mine, 1, held(1, {1}))};
  CHECK((store->append(group) == std::vector{append_result::written}));
  CHECK(!claim_one(*a, a_number, section_shard(0), mine));
  CHECK((a->end_node(a_number, b_number, 0, "silent") == end_answer::ended));
  group.front() = entry(section_shard(0), mine, 2, held(2, {2}));
  CHECK((store->append(group) == std::vector{append_result::written})); // not fenced before somebody claims
  auto next = claim_one(*a, a_number, section_shard(0), mine);
  REQUIRE((next == epoch{2}));
  group.front() = entry(section_shard(0), mine, 3, held(3, {3}));
  CHECK((store->append(group) == std::vector{append_result::fenced}));
  const owned_shard taken{section_shard(0), *next};
  auto history = store->histories({&taken, 1}).front();
  CHECK((history && history->facts.size() == 2 && history->epoch == epoch{2}));
  CHECK(!after_end([&] { return claim_one(*nodes.b, nodes.b_number, section_shard(1), left); })); // not even its own
}

void claims_by_two_do_not_overlap(const coordinated_store& where) {
  constexpr std::uint16_t sections = 200;
  pair_of_nodes nodes{where};
  nodes.store->add_event({domain::event_id{"jazz"}, "{}"}, sections);
  std::vector<owned_shard> wanted;
  for (std::uint16_t i = 0; i < sections; ++i)
    wanted.push_back({{domain::shard_kind::section, domain::event_id{"jazz"}, domain::section_no{i}}, epoch{0}});
  const std::vector<owned_shard> other_way{wanted.rbegin(), wanted.rend()};
  std::vector<epochs> taken(2);
  std::thread one{[&] { taken[0] = where.connect()->claim(nodes.a_number, wanted); }};
  std::thread two{[&] { taken[1] = where.connect()->claim(nodes.b_number, other_way); }};
  one.join();
  two.join();
  for (std::uint16_t i = 0; i < sections; ++i) {
    auto by_a = taken[0].at(i).has_value();
    auto by_b = taken[1].at(sections - 1u - i).has_value();
    CHECK(by_a != by_b);
  }
}

void passes_over_locked_rows(const coordinated_store& where) {
  pair_of_nodes nodes{where};
  auto& [store, a, b, a_number, b_number] = nodes;
  auto stranger = where.lock(section_shard(1), incarnation{});
  std::vector<owned_shard> wanted{
      {section_shard(0), epoch{0}}, {section_shard(1), epoch{0}}, {section_shard(2), epoch{0}}};
  CHECK((a->claim(a_number, wanted) == epochs{epoch{1}, std::nullopt, epoch{1}}));
  stranger.reset();
  CHECK(claim_one(*a, a_number, section_shard(1), epoch{0}).has_value());
}

void ends_sessions_with_their_node(const coordinated_store& where) {
  pair_of_nodes nodes{where};
  auto& [store, a, b, a_number, b_number] = nodes;
  auto mine = claim_one(*b, b_number, section_shard(1), epoch{0}).value();
  auto its_own = where.lock(section_shard(1), b_number);
  auto of_a = where.lock(section_shard(2), a_number);
  CHECK((a->end_node(a_number, b_number, 0, "silent") == end_answer::ended));
  // The end does not wait for the server, which ends a session within a moment.
  auto until = std::chrono::steady_clock::now() + 10s;
  std::optional<epoch> taken;
  while (!taken && std::chrono::steady_clock::now() < until)
    taken = claim_one(*a, a_number, section_shard(1), mine);
  CHECK((taken == epoch{2}));
  CHECK(!claim_one(*a, a_number, section_shard(2), epoch{0})); // nobody else's session was ended
}

void gives_what_is_its_own(const coordinated_store& where) {
  pair_of_nodes nodes{where};
  auto& [store, a, b, a_number, b_number] = nodes;
  auto joining = where.connect();
  auto joining_number = std::get<incarnation>(joining->join(card_of("c")));
  auto mine = claim_one(*a, a_number, section_shard(0), epoch{0}).value();
  const owned_shard own{section_shard(0), mine};
  CHECK(!b->give(b_number, own, b_number));
  CHECK(!b->give(b_number, own, a_number));
  CHECK(!a->give(a_number, own, a_number));
  CHECK(!a->give(a_number, own, joining_number));
  CHECK(!a->give(a_number, own, incarnation{999}));
  CHECK((!a->give(a_number, {section_shard(0), epoch{0}}, b_number)));
  CHECK((!a->give(a_number, {section_shard(1), epoch{0}}, b_number)));
  CHECK((!a->give(a_number, {section_shard(9), epoch{0}}, b_number)));
  CHECK(a->change_status(a_number, node_status::draining));
  CHECK((a->give(a_number, own, b_number) == epoch{2}));
  CHECK_EQ(owner_of(*store, section_shard(0)), "process of b");
  CHECK(!a->give(a_number, own, b_number));
  CHECK((!a->give(a_number, {section_shard(0), epoch{2}}, b_number)));
  std::vector group{entry(section_shard(0), mine, 1, held(1, {1}))};
  CHECK((store->append(group) == std::vector{append_result::fenced}));
  CHECK((a->end_node(a_number, b_number, 0, "silent") == end_answer::ended));
  CHECK(!after_end([&] { return nodes.b->give(nodes.b_number, {section_shard(0), epoch{2}}, nodes.a_number); }));
}

void counts_what_each_owner_has(const coordinated_store& where) {
  pair_of_nodes nodes{where};
  auto& [store, a, b, a_number, b_number] = nodes;
  using domain::shard_kind;
  store->add_event({domain::event_id{"jazz"}, "{}"}, 1);
  CHECK(claim_one(*a, a_number, event_shard, epoch{0}).has_value());
  for (std::uint16_t section : {0, 2})
    CHECK(claim_one(*a, a_number, section_shard(section), epoch{0}).has_value());
  CHECK(claim_one(*b, b_number, section_shard(1), epoch{0}).has_value());
  CHECK((a->end_node(a_number, b_number, 0, "silent") == end_answer::ended));
  const domain::event_id jazz{"jazz"};
  CHECK((a->owners()
         == std::vector<owned_shards>{{jazz, shard_kind::event, "", 1},
                                      {jazz, shard_kind::section, "", 1},
                                      {jazz, shard_kind::waiting_room, "", 1},
                                      {rock, shard_kind::event, "process of a", 1},
                                      {rock, shard_kind::section, "process of a", 2},
                                      {rock, shard_kind::section, "process of b", 1},
                                      {rock, shard_kind::waiting_room, "", 1}}));
}

void counts_wishes_to_move_everything(const coordinated_store& where) {
  auto a = where.connect();
  CHECK_EQ(a->members().rebalances, 0u);
  auto me = join_up(*a, card_of("a"));
  auto listener = where.connect();
  CHECK(listener->listen(0ms).missed);
  CHECK_EQ(a->members().rebalances, 0u);
  a->rebalance();
  CHECK(listener->listen(10s).members);
  where.connect()->rebalance();
  CHECK_EQ(a->members().rebalances, 2u);
  CHECK(a->change_status(me, node_status::left));
  CHECK_EQ(a->members().rebalances, 0u); // nobody lives whom it concerns
}

// ---- events and news ----

void counts_revisions(const coordinated_store& where) {
  auto store = where.open();
  auto node = where.connect();
  CHECK(node->shared_events().empty());
  store->add_event({rock, "{}"}, 1);
  CHECK(!store->add_event({rock, "{ }"}, 1));
  CHECK((node->shared_events() == std::vector<shared_event>{{rock, 0}}));
  auto own = store->claim(event_shard, "test", std::nullopt)->epoch;
  CHECK(store->replace_plan({rock, "[]"}, 1, own));
  CHECK(!store->replace_plan({rock, "[1]"}, 1, epoch{0}));
  CHECK((node->shared_events() == std::vector<shared_event>{{rock, 1}}));
}

void gathers_events(const coordinated_store& where) {
  pair_of_nodes nodes{where};
  auto& [store, a, b, a_number, b_number] = nodes;
  auto gatherer = [&a] { return a->shared_events().at(0).gatherer; };
  auto mine = claim_one(*a, a_number, event_shard, epoch{0}).value();
  CHECK(!b->gather(b_number, rock, mine));
  CHECK(!a->gather(a_number, rock, epoch{mine.value() + 1}));
  CHECK(!a->gather(a_number, domain::event_id{"jazz"}, mine));
  CHECK(gatherer() == incarnation{});
  CHECK(a->gather(a_number, rock, mine));
  CHECK(a->gather(a_number, rock, mine));
  CHECK(gatherer() == a_number);
  b->let_go(b_number, rock); // which never gathered it
  CHECK(gatherer() == a_number);
  a->let_go(a_number, rock);
  CHECK(gatherer() == incarnation{});
  CHECK(a->change_status(a_number, node_status::draining));
  CHECK(!a->gather(a_number, rock, mine));
}

void keeps_drafts(const coordinated_store& where) {
  auto node = where.connect();
  const domain::draft_id token{0x0123456789abcdef, 0xfedcba9876543210};
  const plan_draft draft{rock, "{\"name\": \"Зал\"}", std::string{"\0\xff", 2}};
  CHECK(!node->draft(token));
  node->keep_draft(token, draft);
  node->keep_draft(token, {rock, "other", ""});
  CHECK((where.connect()->draft(token) == draft));
  node->drop_draft(token);
  node->drop_draft(token);
  CHECK(!node->draft(token));
}

void tells_news(const coordinated_store& where) {
  pair_of_nodes nodes{where};
  auto& [store, a, b, a_number, b_number] = nodes;
  auto listener = where.connect();
  CHECK(listener->listen(0ms).missed);
  auto calm = listener->listen(1ms);
  CHECK((!calm.missed && !calm.members && !calm.shards && calm.events.empty()));
  auto next = [&] {
    auto heard = listener->listen(10s);
    CHECK(!heard.missed);
    return heard;
  };
  a->note_cut(a_number, b_number, cut_kind::silent);
  CHECK(next().members);
  CHECK(a->change_status(a_number, node_status::draining));
  CHECK(next().members);
  store->add_event({domain::event_id{"jazz"}, "{}"}, 1);
  CHECK((next().events == std::set{domain::event_id{"jazz"}}));
  auto mine = claim_one(*b, b_number, event_shard, epoch{0}).value();
  CHECK(a->change_status(a_number, node_status::up));
  CHECK(next().members);
  CHECK(b->give(b_number, {event_shard, mine}, a_number).has_value());
  CHECK(next().shards);
  CHECK((a->end_node(a_number, b_number, 0, "cut") == end_answer::ended));
  CHECK(next().members);
  auto again = listener->listen(1ms);
  CHECK((!again.members && !again.shards && again.events.empty()));
}

const std::vector<coordination_clause>& clauses() {
  static const std::vector<coordination_clause> all{
      {"a node joins under a name that no living one has", joins_under_one_name},
      {"a node that asks again, since no answer came, has joined once", joins_once_however_often_it_asks},
      {"of nodes that join under one name at once, one joins", joins_one_at_a_time},
      {"a node joins a cluster of a level that it knows", keeps_levels},
      {"a node without a name replaces another one, and nobody else", replaces_a_node_that_is_alone},
      {"beats are counted as long as the node lives", counts_beats},
      {"what a node says of itself with a beat is kept, if it is not too long", keeps_what_comes_with_a_beat},
      {"a node is ended only if it has not beaten since", ends_whoever_has_not_beaten_since},
      {"whoever would join ends a silent node, too", is_ended_by_whoever_would_join},
      {"of many accusers one succeeds", has_one_accuser_succeed},
      {"two nodes that accuse each other at once are not both ended", ends_no_two_for_each_other},
      {"a node's status changes in order", changes_status_in_order},
      {"a cut keeps the time and the beat at which it was first noted", notes_cuts_once},
      {"cuts are among the living", keeps_cuts_among_the_living},
      {"a claim takes what is free, each by comparison", claims_what_is_free},
      {"only nodes that are up own anything new; one that drains keeps what it has", claims_for_nodes_that_are_up},
      {"what an ended node had is free, and its writes are fenced once it is taken", frees_what_the_ended_had},
      {"two claims of the same shards take each once", claims_by_two_do_not_overlap},
      {"a row that somebody has locked delays no other", passes_over_locked_rows},
      {"a node's sessions end with it, and so do their locks", ends_sessions_with_their_node},
      {"a shard is given by its owner, to a node that is up", gives_what_is_its_own},
      {"the shards of each owner are counted, by event and kind", counts_what_each_owner_has},
      {"operators' wishes that everything move to its place are counted", counts_wishes_to_move_everything},
      {"each new plan of an event is counted", counts_revisions},
      {"whoever has an event's own shard may gather the others", gathers_events},
      {"drafts are kept until they are dropped", keeps_drafts},
      {"whoever listens hears what has changed", tells_news},
  };
  return all;
}

} // namespace

void check_coordination(const std::function<coordinated_store()>& fresh) {
  for (const auto& clause : clauses()) {
    MESSAGE(clause.sentence);
    clause.check(fresh());
  }
}

} // namespace usher::tests
