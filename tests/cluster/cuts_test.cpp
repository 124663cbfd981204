#define CAF_SUITE cluster.cuts

#include "cluster/cuts.hpp"

#include "tests/support/memory_coordination.hpp"

#include <caf/test/bdd_dsl.hpp>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <random>

using namespace usher;
using namespace usher::cluster;
using namespace usher::persistence;
using namespace usher::tests;
using namespace std::chrono_literals;
using std::chrono::milliseconds;

namespace {

/// Nodes that judge each other by the rows of one store, in virtual time. What a real node does with links, sockets and
/// timers is done here by the book: a link that fails is noticed after two seconds, on both sides.
class world {
public:
  static constexpr milliseconds step = 50ms;

  world(std::size_t count, std::uint64_t seed) : draw_(seed), cut_(count, std::vector<bool>(count, false)) {
    for (std::size_t i = 0; i < count; ++i) {
      nodes_.push_back(std::make_unique<node>(books_));
      auto& one = *nodes_.back();
      auto name = std::string(1, static_cast<char>('a' + i));
      one.number = std::get<incarnation>(one.store.join({name, "process of " + name, {}, {}, {}, 1, 1, 100}));
      one.store.change_status(one.number, node_status::up);
      one.next_beat = milliseconds{draw_() % 1'000};
      one.next_look = milliseconds{draw_() % 1'000};
    }
    run(3s);
  }

  // ---- faults ----

  void cut(std::size_t a, std::size_t b, bool is_cut = true) { cut_[a][b] = cut_[b][a] = is_cut; }
  void cut_from_store(std::size_t a, bool is_cut = true) { nodes_[a]->reaches_store = !is_cut; }
  void stop(std::size_t a) { nodes_[a]->runs = false; }
  void go_on(std::size_t a) { nodes_[a]->runs = true; }
  void kill(std::size_t a) {
    stop(a);
    nodes_[a]->is_gone = true;
  }

  void run(milliseconds how_long) {
    for (auto end = now_ + how_long; now_ < end; now_ += step)
      for (std::size_t i = 0; i < nodes_.size(); ++i)
        if (nodes_[i]->runs && !nodes_[i]->is_ended)
          act(i);
  }

  // ---- what came of it ----

  [[nodiscard]] std::vector<std::size_t> living() {
    std::vector<std::size_t> result;
    for (std::size_t i = 0; i < nodes_.size(); ++i)
      if (is_living(memory_coordination{books_}.find(nodes_[i]->number)->status))
        result.push_back(i);
    return result;
  }
  [[nodiscard]] bool are_linked(std::size_t a, std::size_t b) const {
    return a == b || (!cut_[a][b] && nodes_[a]->runs && nodes_[b]->runs);
  }
  /// Runs until only this many live; how long that took.
  milliseconds run_until_living(std::size_t count, milliseconds most = 20s) {
    auto begin = now_;
    while (living().size() > count && now_ - begin < most)
      run(step);
    return now_ - begin;
  }

private:
  struct node {
    explicit node(const std::shared_ptr<memory_books>& books) : store(books) {}
    memory_coordination store;
    incarnation number;
    member_watch watch;
    cuts judge;
    bool runs = true;
    bool is_gone = false;
    bool is_ended = false;
    bool reaches_store = true;
    milliseconds next_beat{}, next_look{};
    milliseconds last_beat{};
    std::optional<milliseconds> fails_since;     ///< to beat
    std::map<std::size_t, milliseconds> unheard; ///< since when, of peers
    std::set<std::size_t> noted;
  };

  [[nodiscard]] tick at() const { return tick{} + 1h + now_; }

  void act(std::size_t i) {
    auto& me = *nodes_[i];
    if (me.reaches_store && now_ >= me.next_beat) {
      me.next_beat = now_ + 1s;
      me.is_ended = !me.store.beat(me.number, {}).has_value();
      me.last_beat = now_;
      me.fails_since.reset();
    } else if (!me.reaches_store && now_ >= me.next_beat && !me.fails_since) {
      me.fails_since = now_;
    }
    if (me.is_ended)
      return;
    watch_links(i);
    if (!me.reaches_store || now_ < me.next_look)
      return;
    me.next_look = now_ + 250ms + milliseconds{draw_() % 500};
    look(i);
  }

  void watch_links(std::size_t i) {
    auto& me = *nodes_[i];
    for (std::size_t j = 0; j < nodes_.size(); ++j) {
      if (are_linked(i, j) && !nodes_[j]->is_ended) {
        me.unheard.erase(j);
        if (me.reaches_store && me.noted.erase(j) > 0)
          me.store.lift_cut(me.number, nodes_[j]->number);
        continue;
      }
      auto since = me.unheard.emplace(j, now_).first->second;
      // A process that is gone closes its connections, and its port refuses.
      auto patience = nodes_[j]->is_gone ? 100ms : 2s;
      if (now_ - since >= patience && me.reaches_store && me.noted.insert(j).second)
        me.store.note_cut(me.number, nodes_[j]->number, nodes_[j]->is_gone ? cut_kind::refused : cut_kind::silent);
    }
  }

  void look(std::size_t i) {
    auto& me = *nodes_[i];
    auto all = me.store.members();
    me.watch.note(all, at(), at());
    own_view own{me.number};
    for (std::size_t j = 0; j < nodes_.size(); ++j) {
      if (me.unheard.contains(j) || j == i)
        continue;
      own.linked.insert(nodes_[j]->number);
      if (nodes_[j]->fails_since && now_ - *nodes_[j]->fails_since >= 1s && now_ - nodes_[j]->last_beat >= 2s)
        own.cut_off.insert(nodes_[j]->number);
    }
    for (const auto& one : me.judge.who_must_go(all, own, me.watch, at()))
      static_cast<void>(me.store.end_node(me.number, one.who, one.beat, one.why));
  }

  std::shared_ptr<memory_books> books_ = std::make_shared<memory_books>();
  std::mt19937_64 draw_;
  std::vector<std::vector<bool>> cut_;
  std::vector<std::unique_ptr<node>> nodes_;
  milliseconds now_{};
};

using places = std::vector<std::size_t>;

/// The largest set of nodes of `beating` that all reach each other, of equal ones the one with the oldest: by trying
/// them all.
places expected_survivors(std::size_t count, const places& beating,
                          const std::vector<std::pair<std::size_t, std::size_t>>& cut) {
  places best;
  for (std::uint32_t set = 0; set < (1u << count); ++set) {
    places members;
    for (std::size_t i = 0; i < count; ++i)
      if ((set >> i & 1) != 0)
        members.push_back(i);
    auto has = [&members](std::size_t i) { return std::binary_search(members.begin(), members.end(), i); };
    auto all_beat = std::includes(beating.begin(), beating.end(), members.begin(), members.end());
    auto reach =
        std::none_of(cut.begin(), cut.end(), [&](const auto& pair) { return has(pair.first) && has(pair.second); });
    if (all_beat && reach && (members.size() > best.size() || (members.size() == best.size() && members < best)))
      best = members;
  }
  return best;
}

std::string text_of(const places& list) {
  std::string text;
  for (auto i : list)
    text += static_cast<char>('a' + i);
  return text;
}

void check_partition(std::size_t count, std::uint64_t links, std::uint64_t beats, std::uint64_t seed) {
  world all{count, seed};
  std::vector<std::pair<std::size_t, std::size_t>> cut;
  unsigned link = 0;
  for (std::size_t a = 0; a < count; ++a)
    for (std::size_t b = a + 1; b < count; ++b, ++link)
      if ((links >> link & 1) != 0) {
        all.cut(a, b);
        cut.emplace_back(a, b);
      }
  places beating;
  for (std::size_t i = 0; i < count; ++i) {
    if ((beats >> i & 1) != 0)
      beating.push_back(i);
    else
      all.cut_from_store(i);
  }
  all.run(15s);
  auto expected = expected_survivors(count, beating, cut);
  if (beating.empty()) // nobody can end anybody
    for (std::size_t i = 0; i < count; ++i)
      expected.push_back(i);
  auto living = all.living();
  if (living != expected)
    MESSAGE(count << " nodes, links " << links << ", beats " << beats << ", seed " << seed);
  CHECK_EQ(text_of(living), text_of(expected));
}

} // namespace

SCENARIO("whatever is cut, one set of nodes stays that all reach each other and the store") {
  GIVEN("every way to cut the links of up to four nodes, and to keep nodes from the store") {
    for (std::size_t count = 1; count <= 4; ++count) {
      auto pairs = count * (count - 1) / 2;
      for (std::uint64_t links = 0; links < (1u << pairs); ++links)
        for (std::uint64_t beats = 0; beats < (1u << count); ++beats)
          check_partition(count, links, beats, links * 16 + beats);
    }
  }
  GIVEN("random cuts among up to seven") {
    for (std::uint64_t seed = 0; seed < 150; ++seed) {
      std::mt19937_64 draw{seed};
      auto count = 5 + draw() % 3;
      auto links = draw() & draw() & draw();
      auto beats = draw() | draw() | draw();
      check_partition(count, links, beats, seed);
    }
  }
}

SCENARIO("nobody is ended without a fault, nor after one that is over") {
  GIVEN("nodes whose beats and looks come at any moment") {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      world all{5, seed};
      all.run(30s);
      CHECK_EQ(all.living().size(), 5u);
    }
  }
  GIVEN("a store that nobody reaches for a while") {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      world all{4, seed};
      for (std::size_t i = 0; i < 4; ++i)
        all.cut_from_store(i);
      all.run(10s);
      for (std::size_t i = 0; i < 4; ++i)
        all.cut_from_store(i, false);
      all.run(20s);
      CHECK_EQ(all.living().size(), 4u);
    }
  }
  GIVEN("a link that fails for a moment, and a process that stands still for one") {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      world all{4, seed};
      all.cut(0, 1);
      all.stop(2);
      all.run(1'900ms);
      all.cut(0, 1, false);
      all.go_on(2);
      all.run(20s);
      CHECK_EQ(all.living().size(), 4u);
    }
  }
}

SCENARIO("a node that is gone, stands still or is cut off is ended within seconds") {
  GIVEN("clusters of two to five nodes, one of which has a fault") {
    for (std::uint64_t seed = 0; seed < 60; ++seed) {
      auto count = 2 + seed % 4;
      auto which = seed % count;
      {
        world all{count, seed};
        all.kill(which);
        CHECK_LE(all.run_until_living(count - 1).count(), 1'500);
      }
      {
        world all{count, seed};
        all.stop(which);
        CHECK_LE(all.run_until_living(count - 1).count(), 5'000);
      }
      {
        world all{count, seed};
        all.cut_from_store(which);
        CHECK_LE(all.run_until_living(count - 1).count(), 4'000);
      }
      {
        world all{count, seed};
        for (std::size_t i = 0; i < count; ++i)
          if (i != which)
            all.cut(which, i);
        CHECK_LE(all.run_until_living(count - 1).count(), 6'000); // they only look now and then, and hear no news
        auto living = all.living();
        CHECK_EQ(std::binary_search(living.begin(), living.end(), which), count == 2 && which == 0);
      }
    }
  }
}

SCENARIO("two of three that die at once are ended by the third") {
  GIVEN("the oldest and the youngest killed") {
    world all{3, 1};
    all.kill(0);
    all.kill(2);
    CHECK_LE(all.run_until_living(1).count(), 1'500);
    CHECK_EQ(text_of(all.living()), "b");
  }
}

SCENARIO("a node that is joining ends only whoever is silent to the store") {
  GIVEN("a cluster whose only node is gone") {
    membership all;
    all.members.push_back({incarnation{1}, {"a", {}, {}, {}, {}, 1, 1, 100}, node_status::up, 5, {}, {}});
    all.members.push_back({incarnation{2}, {"b", {}, {}, {}, {}, 1, 1, 100}, node_status::joining, 5, {}, {}});
    all.cuts.push_back({incarnation{2}, incarnation{1}, cut_kind::refused, 5, {}});
    member_watch watch;
    cuts judge;
    own_view own{incarnation{2}};
    for (auto second = 0s; second <= 6s; ++second) {
      all.members.back().beat += 1;
      watch.note(all, tick{} + second, tick{} + second);
      auto accused = judge.who_must_go(all, own, watch, tick{} + second);
      CHECK_EQ(accused.size(), second < 6s ? 0u : 1u);
      if (!accused.empty())
        CHECK((accused.front().who == incarnation{1} && accused.front().beat == 5));
    }
  }
}

SCENARIO("so many nodes that are cut from each other that not all sets can be tried leave a set all the same") {
  GIVEN("forty nodes, each cut from twenty others") {
    membership all;
    for (std::uint64_t i = 1; i <= 40; ++i)
      all.members.push_back({incarnation{i}, {}, node_status::up, 9, {}, {}});
    for (std::uint64_t a = 1; a <= 20; ++a)
      for (std::uint64_t b = 21; b <= 40; ++b)
        all.cuts.push_back({incarnation{a}, incarnation{b}, cut_kind::silent, 1, {}});
    auto stay = cuts::survivors(all);
    CHECK_EQ(stay.size(), 20u);
    CHECK((stay.front() == incarnation{1} && stay.back() == incarnation{20}));
  }
}
