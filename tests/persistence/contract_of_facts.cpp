#define CAF_SUITE persistence.contract

#include "tests/persistence/contract_steps.hpp"

#include <caf/test/bdd_dsl.hpp>

#include <algorithm>
#include <atomic>
#include <thread>

namespace usher::tests {
namespace {

using namespace usher::domain;
using namespace usher::persistence;
using enum append_result;
using results = append_results;

// ---- facts ----

void keeps_what_it_wrote(const connector& connect) {
  auto facts = one_of_each();
  std::erase_if(facts, [](const fact& x) {
    return std::holds_alternative<seats_sold>(x) || std::holds_alternative<seats_returned>(x)
           || std::holds_alternative<order_advanced>(x);
  });
  {
    auto store = with_event(connect);
    auto mine = claimed(*store, event_shard);
    std::vector<journal_entry> group;
    for (const auto& x : facts)
      group.push_back(entry(event_shard, mine, group.size() + 1, x, static_cast<std::int64_t>(group.size())));
    CHECK(store->append(group) == results(group.size(), written));
  }
  auto store = connect();
  CHECK(facts_of(*store, event_shard) == facts);
  auto history = store->claim(event_shard, "next", std::nullopt).value();
  CHECK(history.facts == facts);
  CHECK_EQ(history.last.value(), facts.size());
  CHECK((append(*store, {entry(event_shard, history.epoch, facts.size() + 1, event_state_changed{})})
         == results{written}));
}

void reads_by_shard_and_sequence(const connector& connect) {
  auto store = with_event(connect);
  auto one = claimed(*store, section_shard(0));
  auto two = claimed(*store, section_shard(1));
  for (std::uint64_t seq = 1; seq <= 1500; seq += 500) {
    std::vector<journal_entry> group;
    for (std::uint64_t i = seq; i < seq + 500; ++i) {
      group.push_back(entry(section_shard(1), two, i, held(i, {1}), static_cast<std::int64_t>(i)));
      group.push_back(entry(section_shard(0), one, i, held(i, {2}), static_cast<std::int64_t>(i)));
    }
    CHECK(store->append(group) == results(group.size(), written));
  }
  std::vector<std::pair<shard_id, fact_seq>> seen;
  bool as_written = true;
  store->read_journal(rock, [&](const journal_entry& x) {
    seen.emplace_back(x.shard, x.seq);
    as_written = as_written && x.epoch == epoch{1} && x.at == moment(static_cast<std::int64_t>(x.seq.value()));
  });
  CHECK_EQ(seen.size(), 3000u);
  CHECK(std::is_sorted(seen.begin(), seen.end()));
  CHECK(as_written);
  std::size_t in_order = 0;
  store->examine_journal(rock, [&](const examined_entry& x) { in_order += x.chained && x.fact ? 1 : 0; });
  CHECK_EQ(in_order, 3000u);
}

void fences_older_epochs(const connector& connect) {
  auto older = with_event(connect);
  auto stale = claimed(*older, section_shard(0));
  CHECK((append(*older, {entry(section_shard(0), stale, 1, held(1, {1}))}) == results{written}));
  auto newer = connect();
  auto history = newer->claim(section_shard(0), "newer", std::nullopt).value();
  CHECK_EQ(history.last.value(), 1u);
  CHECK((append(*older, {entry(section_shard(0), stale, 2, held(2, {2}))}) == results{fenced}));
  CHECK((append(*newer, {entry(section_shard(0), history.epoch, 2, held(3, {2}))}) == results{written}));
  CHECK((append(*older, {entry(section_shard(0), stale, 3, held(4, {3}))}) == results{fenced}));
  CHECK((append(*older, {entry(section_shard(0), epoch{99}, 3, held(4, {3}))}) == results{fenced}));
  CHECK((append(*older, {entry(section_shard(7), stale, 1, held(4, {3}))}) == results{fenced}));
  CHECK((facts_of(*newer, section_shard(0)) == std::vector<fact>{held(1, {1}), held(3, {2})}));
}

void fences_one_shard_of_a_group(const connector& connect) {
  auto store = with_event(connect);
  auto stale = claimed(*store, section_shard(0));
  auto mine = claimed(*store, section_shard(1));
  claimed(*connect(), section_shard(0));
  CHECK((append(*store,
                {entry(section_shard(1), mine, 1, held(1, {1})), entry(section_shard(0), stale, 1, sold(2, 2, {1})),
                 entry(section_shard(1), mine, 2, sold(1, 1, {1})), entry(section_shard(0), stale, 2, held(4, {2}))})
         == results{written, fenced, written, fenced}));
  CHECK(facts_of(*store, section_shard(0)).empty());
  CHECK_EQ(store->sold_seats(rock).size(), 1u);
}

void finds_conflicts(const connector& connect) {
  auto store = with_event(connect);
  auto mine = claimed(*store, section_shard(0));
  auto other = claimed(*store, section_shard(1));
  CHECK((append(*store, {entry(section_shard(0), mine, 1, held(1, {1}))}) == results{written}));
  // taken, and a gap
  CHECK((append(*store, {entry(section_shard(0), mine, 1, held(2, {2}))}) == results{conflict}));
  CHECK((append(*store, {entry(section_shard(0), mine, 3, held(2, {2}))}) == results{conflict}));
  CHECK((append(*store, {entry(section_shard(0), mine, 0, held(2, {2}))}) == results{conflict}));
  CHECK((append(*connect(), {entry(section_shard(0), mine, 1, held(2, {2}))}) == results{conflict}));
  // in the middle of a group; nothing of the shard after it, everything of the other
  CHECK(
      (append(*store, {entry(section_shard(0), mine, 2, held(2, {2})), entry(section_shard(1), other, 1, held(3, {1})),
                       entry(section_shard(0), mine, 4, held(4, {3})), entry(section_shard(0), mine, 5, held(5, {4})),
                       entry(section_shard(1), other, 2, held(6, {2}))})
       == results{written, written, conflict, conflict, written}));
  CHECK((append(*store, {entry(section_shard(0), mine, 3, held(4, {3}))}) == results{written}));
}

void a_failed_group_leaves_its_shard_behind(const connector& connect) {
  auto store = with_event(connect);
  auto mine = claimed(*store, section_shard(0));
  auto next = claimed(*connect(), section_shard(0));
  // the writer was fenced and claimed again while these waited: the newer entries do not overtake
  CHECK(
      (append(*store, {entry(section_shard(0), mine, 1, held(1, {1})), entry(section_shard(0), next, 1, held(2, {1}))})
       == results{fenced, fenced}));
  CHECK((append(*store, {entry(section_shard(0), next, 1, held(2, {1}))}) == results{written}));
}

void writes_nothing_for_nothing(const connector& connect) {
  CHECK((append(*with_event(connect), {}).empty()));
}

// ---- sold seats and orders ----

void guards_sold_seats(const connector& connect) {
  auto store = with_event(connect);
  auto mine = claimed(*store, section_shard(0));
  auto other = claimed(*store, section_shard(1));
  CHECK((append(*store, {entry(section_shard(0), mine, 1, sold(1, 1, {4, 5}))}) == results{written}));
  // sold already; the wrong version; a return by an order that does not own it; one bad seat among good ones
  for (const fact& wrong : {fact{sold(2, 2, {4})}, fact{sold(2, 2, {4}, 2)}, fact{sold(2, 2, {6}, 2)},
                            fact{returned(2, {4})}, fact{returned(1, {4}, 3)}, fact{sold(2, 2, {6, 7, 5})}})
    CHECK((append(*store, {entry(section_shard(0), mine, 2, wrong), entry(section_shard(1), other, 1, held(1, {1})),
                           entry(section_shard(0), mine, 3, held(8, {8}))})[0]
           == disagreed));
  auto rows = store->sold_seats(rock);
  CHECK_EQ(rows.size(), 2u);
  CHECK((rows[0].seat == seat_no{4} && rows[0].version == 1 && rows[0].sold && rows[0].order == order_id{9, 1}
         && rows[0].buyer == buyer_id{"buyer-1"} && rows[0].price == 1000 && rows[0].section == section_no{0}));
  CHECK_EQ(facts_of(*store, section_shard(0)).size(), 1u);
  CHECK_EQ(facts_of(*store, section_shard(1)).size(), 1u); // the first was written; its repeats were conflicts
}

void only_the_guilty_pay_for_disagreement(const connector& connect) {
  auto store = with_event(connect);
  auto mine = claimed(*store, section_shard(0));
  auto other = claimed(*store, section_shard(1));
  CHECK((append(*store, {entry(section_shard(0), mine, 1, sold(1, 1, {1}))}) == results{written}));
  CHECK((
      append(*store, {entry(section_shard(1), other, 1, sold(2, 2, {1})),
                      entry(section_shard(0), mine, 2, held(3, {3})), entry(section_shard(0), mine, 3, sold(4, 4, {1})),
                      entry(section_shard(0), mine, 4, held(5, {5})), entry(section_shard(1), other, 2, held(6, {6}))})
      == results{written, written, disagreed, disagreed, written}));
  CHECK_EQ(facts_of(*store, section_shard(0)).size(), 2u);
  CHECK_EQ(store->sold_seats(rock).size(), 2u);
}

void follows_a_seat_through_its_owners(const connector& connect) {
  auto store = with_event(connect);
  auto mine = claimed(*store, section_shard(0));
  CHECK((append(*store, {entry(section_shard(0), mine, 1, sold(1, 1, {4}))}) == results{written}));
  CHECK((append(*store, {entry(section_shard(0), mine, 2, returned(1, {4}))}) == results{written}));
  auto row = store->sold_seats(rock).front();
  CHECK((!row.sold && row.version == 2 && row.order == order_id{9, 1} && row.buyer == buyer_id{"buyer-1"}));
  // all of it in one group
  CHECK((append(*store, {entry(section_shard(0), mine, 3, sold(2, 2, {4}, 3)),
                         entry(section_shard(0), mine, 4, returned(2, {4}, 4)),
                         entry(section_shard(0), mine, 5, sold(3, 3, {4}, 5))})
         == results{written, written, written}));
  row = store->sold_seats(rock).front();
  CHECK((row.sold && row.version == 5 && row.order == order_id{9, 3} && row.buyer == buyer_id{"buyer-3"}));
  CHECK_EQ(store->sold_seats(rock).size(), 1u);
}

void keeps_the_table_of_orders(const connector& connect) {
  auto store = with_event(connect);
  auto mine = claimed(*store, event_shard);
  CHECK((append(*store, {entry(event_shard, mine, 1, ordered(1, 1, {1, 2})),
                         entry(event_shard, mine, 2, advanced(1, order_state::charging)),
                         entry(event_shard, mine, 3, ordered(2, 2, {3})),
                         entry(event_shard, mine, 4, advanced(1, order_state::charged))})
         == results(4, written)));
  CHECK((append(*store, {entry(event_shard, mine, 5, ordered(3, 1, {1}))}) == results{disagreed}));
  CHECK((append(*store, {entry(event_shard, mine, 5, advanced(7, order_state::failed))}) == results{disagreed}));
  CHECK((append(*store, {entry(event_shard, mine, 5, advanced(2, order_state::failed)),
                         entry(event_shard, mine, 6, ordered(4, 2, {3, 4})),
                         entry(event_shard, mine, 7, advanced(2, order_state::unacknowledged))})
         == results(3, written)));
  CHECK((append(*store, {entry(event_shard, mine, 8, ordered(5, 2, {5, 6}))}) == results{written}));
  CHECK((append(*store, {entry(event_shard, mine, 9, ordered(6, 2, {5}))}) == results{disagreed}));
  auto rows = store->orders(rock);
  CHECK_EQ(rows.size(), 2u);
  auto again = std::find_if(rows.begin(), rows.end(), [](const order_row& x) { return x.order == order_id{9, 2}; });
  CHECK((again != rows.end() && again->state == order_state::started && again->total == 2000
         && again->hold == hold_id{7, 5}));
  auto first = std::find_if(rows.begin(), rows.end(), [](const order_row& x) { return x.order == order_id{9, 1}; });
  CHECK((first != rows.end() && first->state == order_state::charged && first->total == 2000
         && first->hold == hold_id{7, 1} && first->buyer == buyer_id{"buyer-1"}));
  CHECK((store->orders(event_id{"nobody"}).empty()));
}

/// One connection writes without pause while another claims its shard: what was written before the claim is in the
/// claimed history, and nothing is written after it.
void claims_cut_off_writers(const connector& connect) {
  auto store = with_event(connect);
  auto stale = claimed(*store, section_shard(0));
  std::atomic<std::uint64_t> last_written = 0;
  std::atomic<bool> failed = false;
  std::jthread writer{[&](const std::stop_token& given_up) {
    auto own = connect();
    for (std::uint64_t seq = 1; !given_up.stop_requested(); seq += 2) {
      auto result = append(*own, {entry(section_shard(0), stale, seq, held(seq, {1})),
                                  entry(section_shard(0), stale, seq + 1, held(seq + 1, {1}))});
      if (result == results{fenced, fenced})
        return;
      if (result != results{written, written}) {
        failed = true;
        return;
      }
      last_written = seq + 1;
    }
  }};
  while (last_written < 20 && !failed)
    std::this_thread::yield();
  auto history = connect()->claim(section_shard(0), "thief", std::nullopt).value();
  writer.join();
  CHECK(!failed);
  CHECK_EQ(history.last.value(), last_written.load());
  CHECK_EQ(history.facts.size(), last_written.load());
}

} // namespace

const std::vector<contract_clause>& clauses_of_facts() {
  static const std::vector<contract_clause> clauses{
      {"what was written is there after a restart, every kind of fact", keeps_what_it_wrote},
      {"the journal is read by shard and sequence", reads_by_shard_and_sequence},
      {"nothing with an older epoch is written", fences_older_epochs},
      {"a fenced shard does not keep others from being written", fences_one_shard_of_a_group},
      {"a taken number and a gap are conflicts", finds_conflicts},
      {"nothing of a shard is written after what was not", a_failed_group_leaves_its_shard_behind},
      {"an empty group is nothing", writes_nothing_for_nothing},
      {"no seat is sold against the table of sold seats", guards_sold_seats},
      {"only the shard that disagrees is held up", only_the_guilty_pay_for_disagreement},
      {"a seat's version counts its changes of owner", follows_a_seat_through_its_owners},
      {"the table of orders follows the facts", keeps_the_table_of_orders},
      {"a claim waits for writers and cuts them off", claims_cut_off_writers},
  };
  return clauses;
}

} // namespace usher::tests
