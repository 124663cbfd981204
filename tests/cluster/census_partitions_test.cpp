#define CAF_SUITE cluster.census_partitions

#include "tests/cluster/census_fixture.hpp"

#include <caf/test/bdd_dsl.hpp>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <random>
#include <tuple>

using namespace usher;
using namespace usher::cluster;
using namespace usher::tests;

namespace {

using numbers = std::vector<std::uint64_t>;
using places = std::vector<std::size_t>;
using pair_of_places = std::pair<std::size_t, std::size_t>;

constexpr auto wire_step = 50ms;

/// The links among some nodes, and the switchboards that look after them. An end notices within two seconds that its
/// wire is cut.
class wires {
public:
  wires(census_fixture& all, std::vector<one_node> nodes) : all_(all), nodes_(std::move(nodes)) {}

  [[nodiscard]] const std::vector<one_node>& nodes() const { return nodes_; }

  void cut(const pair_of_places& between, bool is_cut = true) { wires_[between].is_cut = is_cut; }

  void pass(std::chrono::milliseconds time) {
    for (auto gone = 0ms; gone < time; gone += wire_step) {
      for (std::size_t i = 0; i < nodes_.size(); ++i)
        for (std::size_t j = i + 1; j < nodes_.size(); ++j)
          look_at(i, j);
      all_.pass(wire_step, wire_step);
    }
  }

  /// Who is up, as the store has it.
  [[nodiscard]] places serving() const {
    places result;
    for (std::size_t i = 0; i < nodes_.size(); ++i)
      if (all_.status_of(nodes_[i]) == node_status::up)
        result.push_back(i);
    return result;
  }

  [[nodiscard]] bool is_cut(std::size_t a, std::size_t b) const {
    auto found = wires_.find(std::minmax(a, b));
    return found != wires_.end() && found->second.is_cut;
  }

private:
  struct wire {
    bool is_cut = false;
    numbers lives{}; ///< of its ends
    link_state state = link_state::silent;
    std::optional<tick> cut_since{};
    std::array<bool, 2> said_cut_off{}; ///< its ends, in this session
  };

  static bool sees(const one_node& node, const one_node& other) {
    return std::ranges::count(numbers_in(node.view()), other.view().me) > 0;
  }

  void look_at(std::size_t i, std::size_t j) {
    auto& one = nodes_[i];
    auto& other = nodes_[j];
    auto& between = wires_[{i, j}];
    if (numbers lives{one.view().me, other.view().me}; lives != between.lives)
      between = {between.is_cut, lives};
    if (!sees(one, other) || !sees(other, one))
      return;
    if (!between.is_cut)
      between.cut_since.reset();
    else if (!between.cut_since)
      between.cut_since = all_.present();
    if (!between.is_cut && between.state != link_state::up)
      turn(between, i, j, link_state::up);
    if (between.cut_since && all_.present() - *between.cut_since >= 2s && between.state == link_state::up)
      turn(between, i, j, link_state::silent);
    if (!between.is_cut)
      pass_on(between, i, j);
  }

  void turn(wire& between, std::size_t i, std::size_t j, link_state state) {
    between.state = state;
    between.said_cut_off = {};
    all_.link(nodes_[i], nodes_[j], state);
  }

  /// What the ends say of their ways to the store.
  void pass_on(wire& between, std::size_t i, std::size_t j) {
    for (auto [from, to, end] : {std::tuple{i, j, 0u}, std::tuple{j, i, 1u}}) {
      const auto& said = nodes_[from].heard->cut_off;
      auto cut_off = !said.empty() && said.back();
      if (std::exchange(between.said_cut_off.at(end), cut_off) != cut_off)
        caf::anon_send(nodes_[to].census, messages::store_cut_off{nodes_[from].number().value(), cut_off});
    }
  }

  census_fixture& all_;
  std::vector<one_node> nodes_;
  std::map<pair_of_places, wire> wires_;
};

const std::vector<pair_of_places> pairs_of_three{{0, 1}, {0, 2}, {1, 2}};

/// The largest set of those that beat that all reach each other, of equal ones the one with the oldest: by trying all.
places expected_survivors(const wires& all, std::uint64_t beats) {
  places best;
  for (std::uint64_t set = 1; set < 8; ++set) {
    places chosen;
    for (std::size_t i = 0; i < 3; ++i)
      if ((set >> i & 1) != 0)
        chosen.push_back(i);
    auto both_and_cut = [&](const auto& pair) {
      return (set >> pair.first & 1) != 0 && (set >> pair.second & 1) != 0 && all.is_cut(pair.first, pair.second);
    };
    auto is_better = chosen.size() > best.size() || (chosen.size() == best.size() && chosen < best);
    if ((set & ~beats) == 0 && std::ranges::none_of(pairs_of_three, both_and_cut) && is_better)
      best = chosen;
  }
  return best;
}

/// Those who serve all reach each other, nobody who reaches them all is left out, and they all see the same.
void check_one_set(const wires& all) {
  auto serving = all.serving();
  REQUIRE(!serving.empty());
  auto first = takers_in(all.nodes()[serving.front()].view());
  CHECK_EQ(first.size(), serving.size());
  for (auto i : serving)
    CHECK((takers_in(all.nodes()[i].view()) == first));
  for (std::size_t i = 0; i < all.nodes().size(); ++i) {
    auto reaches_all = std::ranges::none_of(serving, [&](auto j) { return all.is_cut(i, j); });
    CHECK_EQ(reaches_all, std::ranges::count(serving, i) > 0);
  }
}

struct fixture : census_fixture {
  /// Three nodes that started at moments of their own.
  wires start_three(std::mt19937_64& draw) {
    std::vector<one_node> nodes;
    for (const auto* name : {"a", "b", "c"}) {
      nodes.push_back(start_linked(name));
      pass(std::chrono::milliseconds{draw() % 700}, wire_step);
    }
    return {*this, std::move(nodes)};
  }
};

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("whatever is cut among three nodes, one set of them stays that all reach each other and the store") {
  GIVEN("every way to cut their links, and to keep them from the store") {
    for (std::uint64_t links = 0; links < 8; ++links)
      for (std::uint64_t beats = 1; beats < 8; ++beats) {
        start_over();
        std::mt19937_64 draw{links * 8 + beats};
        auto all = start_three(draw);
        all.pass(3s);
        REQUIRE_EQ(all.serving().size(), 3u);
        for (std::size_t i = 0; i < 3; ++i) {
          if ((links >> i & 1) != 0)
            all.cut(pairs_of_three[i]);
          all.nodes()[i].way->is_cut = (beats >> i & 1) == 0;
        }
        all.pass(15s);
        CHECK((all.serving() == expected_survivors(all, beats)));
      }
  }
}

SCENARIO("after any row of cuts one set of nodes that all reach each other is left, and all serve when they are over") {
  GIVEN("random cuts, one after the other, of links and of ways to the store") {
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
      start_over();
      std::mt19937_64 draw{seed};
      auto all = start_three(draw);
      for (auto more = draw() % 5; more > 0; --more) {
        for (std::size_t i = 0; i < 3; ++i) {
          all.cut(pairs_of_three[i], draw() % 3 == 0);
          all.nodes()[i].way->is_cut = draw() % 5 == 0;
        }
        all.pass(std::chrono::milliseconds{draw() % 6'000});
      }
      for (const auto& node : all.nodes())
        node.way->is_cut = false;
      all.pass(20s);
      check_one_set(all);
      for (const auto& pair : pairs_of_three)
        all.cut(pair, false);
      all.pass(5s);
      CHECK_EQ(all.serving().size(), 3u);
      check_one_set(all);
      CHECK_EQ(cuts_noted(), "");
    }
  }
}

END_FIXTURE_SCOPE()
