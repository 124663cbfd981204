#define CAF_SUITE persistence.contract

#include "tests/persistence/contract_steps.hpp"

#include <caf/test/bdd_dsl.hpp>

#include <algorithm>
#include <atomic>
#include <set>
#include <thread>

namespace usher::tests {
namespace {

using namespace usher::domain;
using namespace usher::persistence;
using enum append_result;
using results = append_results;

std::string a_secret() {
  return std::string(32, 's');
}

// ---- events ----

void opens_at_once(const connector& connect) {
  std::atomic<int> opened = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&] {
      with_event(connect);
      ++opened;
    });
  for (auto& thread : threads)
    thread.join();
  CHECK_EQ(opened.load(), 8);
  CHECK_EQ(connect()->events().size(), 1u);
}

void keeps_events(const connector& connect) {
  auto store = connect();
  CHECK(store->events().empty());
  const std::string plan = "{ \"name\" : \"\xC3\xA9 '\\\" \" }\n";
  store->add_event({rock, plan}, 2);
  store->add_event({event_id{"jazz"}, "{}"}, 1);
  auto events = connect()->events();
  CHECK_EQ(events.size(), 2u);
  auto found = std::find_if(events.begin(), events.end(), [](const stored_event& x) { return x.id == rock; });
  CHECK(found != events.end() && found->plan == plan);
}

void has_shards_at_epoch_0(const connector& connect) {
  auto store = connect();
  store->add_event({rock, "{}"}, 2);
  std::vector<shard_id> found;
  for (const auto& row : store->shards(rock)) {
    CHECK((row.epoch == epoch{} && row.owner.empty() && row.noted == fact_seq{}));
    found.push_back(row.shard);
  }
  CHECK((found == std::vector{event_shard, section_shard(0), section_shard(1), queue_shard}));
  CHECK((store->shards(event_id{"nobody"}).empty()));
}

void adds_an_event_once(const connector& connect) {
  auto store = connect();
  CHECK(store->add_event({rock, "first"}, 1));
  CHECK(!connect()->add_event({rock, "second"}, 2));
  CHECK((store->events() == std::vector{stored_event{rock, "first", {}}}));
  CHECK_EQ(claimed(*store, section_shard(0)).value(), 1u);
  CHECK(!store->claim(section_shard(1), "test", std::nullopt));
}

void replaces_plans_of_their_owner(const connector& connect) {
  auto store = connect();
  store->add_event({rock, "old"}, 1);
  auto own = claimed(*store, event_shard);
  stored_event next{rock, "new", {}};
  next.supplement.numbering.sections = {{"stalls", {"A-1", "", "A-2"}, {}}, {"floor", {"", ""}, {seat_no{1}}}};
  event_settings settings;
  settings.name = "Rock";
  settings.prices = {100, 200};
  next.supplement.due = {fact_seq{7}, settings};
  CHECK(store->replace_plan(next, 2, own));
  CHECK((connect()->events() == std::vector{next}));
  CHECK_EQ(claimed(*store, section_shard(1)).value(), 1u);
  claimed(*connect(), event_shard);
  CHECK(!store->replace_plan({rock, "late"}, 3, own));
  CHECK(!store->replace_plan({event_id{"nobody"}, "{}"}, 1, own));
  CHECK((connect()->events() == std::vector{next}));
  CHECK(!store->claim(section_shard(2), "test", std::nullopt));
}

// ---- claims ----

void claims_next_epoch(const connector& connect) {
  auto store = with_event(connect);
  auto first = store->claim(section_shard(0), "a", std::nullopt);
  CHECK((first && first->epoch == epoch{1} && first->last == fact_seq{} && first->facts.empty()
         && first->snapshot.empty()));
  CHECK((connect()->claim(section_shard(0), "b", std::nullopt)->epoch == epoch{2}));
  CHECK(!store->claim(section_shard(9), "a", std::nullopt));
  CHECK((!store->claim({shard_kind::event, event_id{"nobody"}, {}}, "a", std::nullopt)));
}

void claims_by_comparison(const connector& connect) {
  auto store = with_event(connect);
  CHECK((store->claim(event_shard, "a", epoch{0})->epoch == epoch{1}));
  CHECK((!store->claim(event_shard, "b", epoch{0})));
  CHECK((!store->claim(event_shard, "b", epoch{2})));
  CHECK((store->claim(event_shard, "b", epoch{1})->epoch == epoch{2}));
}

stored_shard as_stored(booking_store& store, const shard_id& shard) {
  auto rows = store.shards(rock);
  auto found = std::find_if(rows.begin(), rows.end(), [&](const stored_shard& row) { return row.shard == shard; });
  CHECK(found != rows.end());
  return found == rows.end() ? stored_shard{} : *found;
}

using epochs = std::vector<std::optional<epoch>>;

void claims_many_at_once(const connector& connect) {
  auto store = with_event(connect);
  store->add_event({event_id{"jazz"}, "{}"}, 1);
  CHECK(store->claim(section_shard(1), "a", std::nullopt).has_value());
  const shard_id other_event{shard_kind::section, event_id{"jazz"}, section_no{0}};
  const shard_id nowhere{shard_kind::event, event_id{"nobody"}, {}};
  std::vector<wanted_shard> wanted{{section_shard(2), epoch{0}},
                                   {section_shard(1), epoch{0}},
                                   {other_event},
                                   {section_shard(9)},
                                   {event_shard, epoch{0}},
                                   {nowhere},
                                   {queue_shard, epoch{1}},
                                   {section_shard(0)}};
  CHECK((store->claim_shards(wanted, "b")
         == epochs{epoch{1}, std::nullopt, epoch{1}, std::nullopt, epoch{1}, std::nullopt, std::nullopt, epoch{1}}));
  CHECK((store->claim_shards(wanted, "c")
         == epochs{std::nullopt, std::nullopt, epoch{2}, std::nullopt, std::nullopt, std::nullopt, std::nullopt,
                   epoch{2}}));
  CHECK(store->claim_shards({}, "d").empty());
  CHECK((as_stored(*store, section_shard(2)).owner == "b"));
  CHECK((as_stored(*store, section_shard(1)).owner == "a"));
  CHECK((as_stored(*store, queue_shard).owner.empty()));
}

/// Gives a section `facts` facts, and a snapshot of the first `kept` of them.
void fill(booking_store& store, std::uint16_t section, epoch mine, std::uint64_t facts, std::uint64_t kept) {
  std::vector<journal_entry> group;
  for (std::uint64_t i = 1; i <= facts; ++i)
    group.push_back(entry(section_shard(section), mine, i, held(i, {static_cast<std::uint32_t>(i)})));
  CHECK(store.append(group) == results(facts, written));
  if (kept > 0)
    store.put_snapshot(section_shard(section), mine, fact_seq{kept}, {held(kept, {1})});
}

void reads_many_histories(const connector& connect) {
  constexpr std::uint16_t sections = 150;
  auto store = connect();
  store->add_event({rock, "{}"}, sections);
  std::vector<wanted_shard> wanted;
  std::vector<owned_shard> owned;
  for (std::uint16_t i = 0; i < sections; ++i)
    wanted.push_back({section_shard(i)});
  auto taken = store->claim_shards(wanted, "a");
  for (std::uint16_t i = 0; i < sections; ++i)
    owned.push_back({section_shard(i), taken[i].value()});
  // One history is longer than any page, and one ends exactly with it.
  auto length = [](std::uint16_t section) -> std::uint64_t {
    return section == 3 ? 4'500 : section == 4 ? 1'500 : section % 5;
  };
  auto kept = [&](std::uint16_t section) -> std::uint64_t { return section % 2 == 1 ? length(section) / 2 : 0; };
  for (std::uint16_t i = 0; i < sections; ++i)
    if (length(i) > 0)
      fill(*store, i, owned[i].epoch, length(i), kept(i));
  owned.push_back({section_shard(sections), epoch{1}});
  auto other = connect();
  CHECK((other->claim(section_shard(7), "b", std::nullopt)->epoch == epoch{2}));
  auto histories = other->histories(owned);
  REQUIRE_EQ(histories.size(), owned.size());
  for (std::uint16_t i = 0; i < sections; ++i) {
    if (i == 7)
      continue;
    REQUIRE(histories[i].has_value());
    const auto& history = *histories[i];
    CHECK((history.epoch == epoch{1}));
    CHECK_EQ(history.last.value(), length(i));
    CHECK_EQ(history.snapshot.size(), kept(i) > 0 ? 1u : 0u);
    REQUIRE_EQ(history.facts.size(), length(i) - kept(i));
    for (std::uint64_t n = 0; n < history.facts.size(); ++n)
      REQUIRE((history.facts[n] == fact{held(kept(i) + n + 1, {static_cast<std::uint32_t>(kept(i) + n + 1)})}));
  }
  CHECK(!histories[7].has_value());     // somebody else's by now
  CHECK(!histories.back().has_value()); // there is none
  CHECK(other->histories({}).empty());
}

void reads_no_later_history(const connector& connect) {
  auto store = with_event(connect);
  const owned_shard mine{section_shard(0),
                         store->claim_shards(std::vector<wanted_shard>{{section_shard(0)}}, "a").front().value()};
  auto other = connect();
  auto theirs = claimed(*other, section_shard(0));
  CHECK((append(*other, {entry(section_shard(0), theirs, 1, held(1, {1}))}) == results{written}));
  CHECK(!store->histories({&mine, 1}).front().has_value());
  const owned_shard present{section_shard(0), theirs};
  CHECK_EQ(store->histories({&present, 1}).front().value().facts.size(), 1u);
}

void says_who_claimed(const connector& connect) {
  auto store = with_event(connect);
  CHECK(store->claim(section_shard(0), "a", std::nullopt).has_value());
  CHECK(connect()->claim(section_shard(0), "b", epoch{1}).has_value());
  CHECK(!store->claim(section_shard(0), "c", epoch{1}));
  auto row = as_stored(*store, section_shard(0));
  CHECK((row.epoch == epoch{2} && row.owner == "b"));
  CHECK(as_stored(*store, section_shard(1)).owner.empty());
}

void gives_each_claimer_an_epoch(const connector& connect) {
  auto store = with_event(connect);
  std::vector<std::thread> threads;
  std::vector<std::vector<epoch>> taken(4);
  for (auto& mine : taken)
    threads.emplace_back([&connect, &mine] {
      auto own = connect();
      for (int i = 0; i < 10; ++i)
        mine.push_back(own->claim_shards(std::vector<wanted_shard>{{section_shard(0)}}, "test").front().value());
    });
  for (auto& thread : threads)
    thread.join();
  std::set<epoch> different;
  for (const auto& mine : taken)
    different.insert(mine.begin(), mine.end());
  CHECK_EQ(different.size(), 40u);
  CHECK((*different.rbegin() == epoch{40}));
}

// ---- snapshots ----

void starts_from_the_snapshot(const connector& connect) {
  auto store = with_event(connect);
  auto mine = claimed(*store, section_shard(0));
  std::vector<journal_entry> group;
  for (std::uint64_t i = 1; i <= 5; ++i)
    group.push_back(entry(section_shard(0), mine, i, held(i, {static_cast<std::uint32_t>(i)})));
  CHECK(store->append(group) == results(5, written));
  store->put_snapshot(section_shard(0), mine, fact_seq{3}, {held(100, {1, 2, 3})});
  auto kept = connect()->snapshot(section_shard(0));
  CHECK((kept && kept->upto == fact_seq{3} && kept->epoch == mine));
  auto history = connect()->claim(section_shard(0), "next", std::nullopt).value();
  CHECK((history.snapshot == std::vector<fact>{held(100, {1, 2, 3})}));
  CHECK((history.facts == std::vector<fact>{held(4, {4}), held(5, {5})}));
  CHECK_EQ(history.last.value(), 5u);
  store->put_snapshot(section_shard(0), history.epoch, fact_seq{5}, {});
  history = store->claim(section_shard(0), "next", std::nullopt).value();
  CHECK(history.snapshot.empty() && history.facts.empty());
  CHECK_EQ(history.last.value(), 5u);
}

void ignores_snapshots_out_of_place(const connector& connect) {
  auto store = with_event(connect);
  auto stale = claimed(*store, section_shard(0));
  auto mine = claimed(*store, section_shard(0));
  CHECK(
      (append(*store, {entry(section_shard(0), mine, 1, held(1, {1})), entry(section_shard(0), mine, 2, held(2, {2}))})
       == results{written, written}));
  store->put_snapshot(section_shard(0), stale, fact_seq{1}, {held(50, {1})});
  CHECK(!store->snapshot(section_shard(0)));
  store->put_snapshot(section_shard(0), mine, fact_seq{3}, {held(51, {1})});
  CHECK(!store->snapshot(section_shard(0)));
  store->put_snapshot(section_shard(0), mine, fact_seq{2}, {held(52, {1})});
  store->put_snapshot(section_shard(0), mine, fact_seq{1}, {held(53, {1})});
  auto kept = store->snapshot(section_shard(0));
  CHECK((kept && kept->upto == fact_seq{2} && kept->facts == std::vector<fact>{held(52, {1})}));
}

void notes_how_far_the_journals_reach(const connector& connect) {
  auto store = with_event(connect);
  auto keeper = connect();
  auto mine = claimed(*store, section_shard(0));
  auto other = claimed(*store, section_shard(1));
  keeper->note_ends(rock);
  CHECK((as_stored(*keeper, section_shard(0)).noted == fact_seq{}));
  auto write = [&](std::uint64_t seq) {
    CHECK((append(*store, {entry(section_shard(0), mine, seq, held(seq, {static_cast<std::uint32_t>(seq)}))})
           == results{written}));
  };
  write(1);
  write(2);
  CHECK((append(*store, {entry(section_shard(1), other, 1, held(9, {9}))}) == results{written}));
  for (int i = 0; i < 2; ++i)
    keeper->note_ends(rock);
  CHECK((as_stored(*keeper, section_shard(0)).noted == fact_seq{2}));
  CHECK((as_stored(*keeper, section_shard(1)).noted == fact_seq{1}));
  CHECK((as_stored(*keeper, section_shard(2)).noted == fact_seq{}));
  write(3);
  keeper->note_ends(rock);
  CHECK((as_stored(*keeper, section_shard(0)).noted == fact_seq{3}));
  CHECK((keeper->claim(section_shard(0), "next", std::nullopt)->last == fact_seq{3}));
  keeper->note_ends(event_id{"nobody"});
}

// ---- the rest ----

void shares_secrets(const connector& connect) {
  auto store = connect();
  CHECK_EQ(store->secret("tokens", a_secret), a_secret());
  bool made = false;
  CHECK_EQ(connect()->secret("tokens",
                             [&] {
                               made = true;
                               return std::string(32, 'x');
                             }),
           a_secret());
  CHECK(!made);
  const std::string bytes{"\0\xff\n' binary, more than thirty-two bytes", 40};
  CHECK_EQ(store->secret("other", [&] { return bytes; }), bytes);
  CHECK_EQ(connect()->secret("other", a_secret), bytes);
}

void reads_as_of_one_moment(const connector& connect) {
  auto store = with_event(connect);
  auto writer = connect();
  auto mine = claimed(*writer, section_shard(0));
  CHECK((append(*writer, {entry(section_shard(0), mine, 1, sold(1, 1, {1}))}) == results{written}));
  store->at_one_moment([&] {
    CHECK_EQ(facts_of(*store, section_shard(0)).size(), 1u);
    CHECK((append(*writer, {entry(section_shard(0), mine, 2, sold(2, 2, {2}))}) == results{written}));
    CHECK_EQ(facts_of(*store, section_shard(0)).size(), 1u);
    CHECK_EQ(store->sold_seats(rock).size(), 1u);
  });
  CHECK_EQ(facts_of(*store, section_shard(0)).size(), 2u);
}

void has_a_clock(const connector& connect) {
  auto store = connect();
  auto first = store->now();
  CHECK((first > moment(0) - std::chrono::hours{24 * 365 * 60}));
  CHECK(store->now() >= first);
}

/// The clauses about events, shards and whatever else a store keeps.
const std::vector<contract_clause>& clauses_of_shards() {
  static const std::vector<contract_clause> clauses{
      {"programs that open an empty store at once make it once", opens_at_once},
      {"events come back with their plans as they were given", keeps_events},
      {"an event's shards exist at epoch 0", has_shards_at_epoch_0},
      {"an event is added once: a second one of its id changes nothing", adds_an_event_once},
      {"a plan is replaced, with what belongs to it, by whoever has the event", replaces_plans_of_their_owner},
      {"a claim takes the next epoch of a shard that exists", claims_next_epoch},
      {"a claim may demand the present epoch", claims_by_comparison},
      {"many shards are claimed at once, each by its own comparison", claims_many_at_once},
      {"many histories are read at once, each from its snapshot to its end", reads_many_histories},
      {"a history is never of a later owner", reads_no_later_history},
      {"a shard's row says who claimed it last", says_who_claimed},
      {"no two claims get the same epoch", gives_each_claimer_an_epoch},
      {"a claim starts from the snapshot", starts_from_the_snapshot},
      {"snapshots that are old or ahead are ignored", ignores_snapshots_out_of_place},
      {"it is noted how far the journals reach", notes_how_far_the_journals_reach},
      {"a secret is made once for all", shares_secrets},
      {"a reader sees one moment", reads_as_of_one_moment},
      {"the clock does not go back", has_a_clock},
  };
  return clauses;
}

} // namespace

void put_noted_journal(booking_store& store) {
  store.add_event({rock, "{}"}, 1);
  auto mine = claimed(store, section_shard(0));
  CHECK((append(store, {entry(section_shard(0), mine, 1, held(1, {1})), entry(section_shard(0), mine, 2, held(2, {2})),
                        entry(section_shard(0), mine, 3, held(3, {3}))})
         == results(3, written)));
  store.note_ends(rock);
}

void check_upgraded(booking_store& store) {
  CHECK((store.events() == std::vector{stored_event{rock, "{}", {}}}));
  auto history = store.claim(section_shard(0), "next", std::nullopt);
  REQUIRE(history.has_value());
  CHECK_EQ(history->facts.size(), 3u);
  CHECK((append(store, {entry(section_shard(0), history->epoch, 4, held(4, {4}))}) == results(1, written)));
  store.note_ends(rock);
  stored_event next{rock, "[]", {}};
  next.supplement.due = {fact_seq{1}, {}};
  CHECK(store.replace_plan(next, 2, claimed(store, event_shard)));
  CHECK((store.events() == std::vector{next}));
  CHECK_EQ(claimed(store, section_shard(1)).value(), 1u);
  std::size_t fitting = 0;
  store.examine_journal(rock, [&](const examined_entry& row) { fitting += row.chained ? 1 : 0; });
  CHECK_EQ(fitting, 4u);
}

void check_contract(const std::function<connector()>& fresh) {
  for (const auto* clauses : {&clauses_of_shards(), &clauses_of_facts()})
    for (const auto& clause : *clauses) {
      MESSAGE(clause.sentence);
      clause.check(fresh());
    }
}

} // namespace usher::tests
