#include "tests/simulation/sim_coordination.hpp"

#include <string_view>
#include <utility>

namespace usher::simulation {

using namespace persistence;
using namespace std::chrono_literals;
using tests::memory_coordination;

sim_coordination::sim_coordination(sim_store& store, store_client client)
    : line_(store, std::move(client), 1s), rows_(store.books_) {}

template <class Work>
auto sim_coordination::change(const char* what, Work work) {
  auto at_the_store = [&store = line_.store(), work = std::move(work)] {
    memory_coordination rows{store.books_};
    store.books_->set_now(store.now());
    return work(store, rows);
  };
  auto late = [&store = line_.store(), at_the_store] {
    if (store.when_.now() < store.away_until_ || store.when_.now() < store.paused_until_)
      return; // it is lost with whoever was to do it
    store.told_.troubled("a statement of a node was done late");
    static_cast<void>(at_the_store());
  };
  return line_.call(what, at_the_store, late);
}

namespace {

std::string owner_of(memory_coordination& rows, incarnation it) {
  auto found = rows.find(it);
  return found ? found->card.owner : std::string{};
}

} // namespace

std::variant<incarnation, join_refused> sim_coordination::join(const node_card& card) {
  return change("join", [card](sim_store&, memory_coordination& rows) { return rows.join(card); });
}

std::optional<counted_beat> sim_coordination::beat(incarnation me, std::string_view figures) {
  return change("beat", [me, said = std::string{figures}](sim_store& store, memory_coordination& rows) {
    auto counted = rows.beat(me, said);
    if (counted)
      store.told_.beaten(owner_of(rows, me));
    return counted;
  });
}

membership sim_coordination::members() {
  return line_.call("members", [this] { return rows_.members(); });
}

std::optional<member> sim_coordination::find(incarnation it) {
  return line_.call("find", [&] { return rows_.find(it); });
}

bool sim_coordination::change_status(incarnation it, node_status to) {
  return change("change_status", [=](sim_store&, memory_coordination& rows) { return rows.change_status(it, to); });
}

void sim_coordination::note_cut(incarnation me, incarnation other, cut_kind kind) {
  change("note_cut", [=](sim_store& store, memory_coordination& rows) {
    rows.note_cut(me, other, kind);
    store.cuts_changed_ = store.true_now();
  });
}

void sim_coordination::lift_cut(incarnation me, incarnation other) {
  change("lift_cut", [=](sim_store& store, memory_coordination& rows) {
    rows.lift_cut(me, other);
    store.cuts_changed_ = store.true_now();
  });
}

/// Tells of it, if it was done.
template <class Work>
auto sim_coordination::end(const char* what, incarnation it, std::string_view why, Work work) {
  return change(what, [it, why = std::string{why}, work](sim_store& store, memory_coordination& rows) {
    auto before = rows.members();
    auto how = work(rows, why);
    if (how != end_answer::ended)
      return how;
    auto is_late = store.true_now() - std::exchange(store.cuts_changed_, store.true_now()) < 1s;
    store.told_.ended({owner_of(rows, it), it, why, std::move(before), is_late});
    return how;
  });
}

end_answer sim_coordination::end_node(incarnation me, incarnation it, std::uint64_t seen_beat, std::string_view why) {
  return end("end_node", it, why, [=](memory_coordination& rows, const std::string& reason) {
    return rows.end_node(me, it, seen_beat, reason);
  });
}

end_answer sim_coordination::end_silent(incarnation it, std::uint64_t seen_beat, std::string_view why) {
  return end("end_silent", it, why, [=](memory_coordination& rows, const std::string& reason) {
    return rows.end_silent(it, seen_beat, reason);
  });
}

cluster_card sim_coordination::cluster() {
  return line_.call("cluster", [this] { return rows_.cluster(); });
}

std::vector<std::optional<domain::epoch>> sim_coordination::claim(incarnation me, std::span<const owned_shard> seen) {
  std::vector<owned_shard> wanted(seen.begin(), seen.end());
  return change("claim", [me, wanted = std::move(wanted)](sim_store& store, memory_coordination& rows) {
    auto taken = rows.claim(me, wanted);
    for (std::size_t i = 0; i < taken.size(); ++i)
      if (taken[i])
        store.note_claim(wanted[i].shard, *taken[i], owner_of(rows, me));
    return taken;
  });
}

std::optional<domain::epoch> sim_coordination::give(incarnation me, const owned_shard& shard, incarnation taker) {
  return change("give", [=](sim_store& store, memory_coordination& rows) {
    auto given = rows.give(me, shard, taker);
    if (given)
      store.note_claim(shard.shard, *given, owner_of(rows, taker), true);
    return given;
  });
}

std::vector<owned_shards> sim_coordination::owners() {
  return line_.call("owners", [this] { return rows_.owners(); });
}

void sim_coordination::rebalance() {
  change("rebalance", [](sim_store&, memory_coordination& rows) {
    rows.rebalance();
    return true;
  });
}

std::vector<shared_event> sim_coordination::shared_events() {
  return line_.call("shared_events", [this] { return rows_.shared_events(); });
}

bool sim_coordination::gather(incarnation me, const domain::event_id& event, domain::epoch own) {
  return change("gather", [=](sim_store&, memory_coordination& rows) { return rows.gather(me, event, own); });
}

void sim_coordination::let_go(incarnation me, const domain::event_id& event) {
  change("let_go", [=](sim_store&, memory_coordination& rows) {
    rows.let_go(me, event);
    return true;
  });
}

void sim_coordination::keep_draft(const domain::draft_id& token, const plan_draft& draft) {
  change("keep_draft", [=](sim_store&, memory_coordination& rows) { rows.keep_draft(token, draft); });
}

std::optional<plan_draft> sim_coordination::draft(const domain::draft_id& token) {
  return line_.call("draft", [&] { return rows_.draft(token); });
}

void sim_coordination::drop_draft(const domain::draft_id& token) {
  change("drop_draft", [=](sim_store&, memory_coordination& rows) { rows.drop_draft(token); });
}

/// Comes back at once, since virtual time would not pass meanwhile.
store_news sim_coordination::listen(std::chrono::milliseconds) {
  return line_.call("listen", [this] { return rows_.listen(std::chrono::milliseconds{0}); });
}

} // namespace usher::simulation
