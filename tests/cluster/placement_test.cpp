#define CAF_SUITE cluster.placement

#include "cluster/placement.hpp"

#include <caf/test/bdd_dsl.hpp>

#include <algorithm>
#include <map>
#include <random>

using namespace usher;
using namespace usher::cluster;

namespace {

std::vector<candidate> nodes_named(std::uint64_t seed, std::size_t count) {
  std::vector<candidate> nodes;
  for (std::size_t i = 0; i < count; ++i)
    nodes.push_back({"node-" + std::to_string(seed) + "-" + std::to_string(i)});
  return nodes;
}

domain::event_id event_of(std::uint64_t seed) {
  return domain::event_id{"event-" + std::to_string(seed)};
}

/// The names of the nodes that an event's shards belong to.
std::vector<std::string> homes(const domain::event_id& event, std::uint16_t sections,
                               const std::vector<candidate>& nodes) {
  std::vector<std::string> names;
  for (auto place : place(event, sections, nodes))
    names.push_back(nodes.at(place).name);
  return names;
}

std::map<std::string, std::size_t> counts(const std::vector<std::string>& homes) {
  std::map<std::string, std::size_t> result;
  for (const auto& name : homes)
    ++result[name];
  return result;
}

std::size_t moves(const std::vector<std::string>& before, const std::vector<std::string>& after) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < before.size(); ++i)
    count += before[i] == after[i] ? 0 : 1;
  return count;
}

} // namespace

SCENARIO("every shard has a place, whoever computes it") {
  GIVEN("clusters of any size, and events of any") {
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
      std::mt19937_64 draw{seed};
      auto nodes = nodes_named(seed, 1 + draw() % 12);
      auto sections = static_cast<std::uint16_t>(draw() % 300);
      auto first = homes(event_of(seed), sections, nodes);
      CHECK_EQ(first.size(), sections + 2u);
      std::shuffle(nodes.begin(), nodes.end(), draw);
      CHECK(homes(event_of(seed), sections, nodes) == first);
      for (const auto& [name, count] : counts(first))
        CHECK_LE(count, fill_of(first.size(), 1, nodes.size()));
    }
    CHECK(place(event_of(1), 5, {}).empty());
  }
}

SCENARIO("the places are the same in every release and on every machine") {
  GIVEN("an event, and three nodes") {
    std::vector<candidate> nodes{{"a"}, {"b"}, {"c"}};
    std::string places;
    for (const auto& name : homes(domain::event_id{"gala"}, 14, nodes))
      places += name;
    CHECK_EQ(places, "aaccbaaaabbbacbc");
  }
}

SCENARIO("no node has all of a small event") {
  GIVEN("two nodes or more, and four sections") {
    for (std::uint64_t seed = 0; seed < 100; ++seed)
      for (std::size_t count = 2; count <= 6; ++count) {
        auto all = counts(homes(event_of(seed), 4, nodes_named(seed, count)));
        CHECK_GE(all.size(), 2u);
      }
  }
}

SCENARIO("a node that joins takes about its share, and one that leaves gives its own away") {
  GIVEN("a thousand shards of one event") {
    constexpr std::uint16_t sections = 998;
    for (std::uint64_t seed = 0; seed < 100; ++seed)
      for (std::size_t count = 2; count <= 9; ++count) {
        auto more = nodes_named(seed, count);
        auto fewer = more;
        fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(seed % count));
        auto moved = moves(homes(event_of(seed), sections, fewer), homes(event_of(seed), sections, more));
        CHECK_LE(static_cast<double>(moved), 1.3 * 1'000 / static_cast<double>(count));
        CHECK_GE(static_cast<double>(moved), 0.7 * 1'000 / static_cast<double>(count));
      }
  }
  GIVEN("a thousand shards of ten events") {
    for (std::uint64_t seed = 0; seed < 100; ++seed)
      for (std::size_t count = 2; count <= 6; ++count) {
        auto more = nodes_named(seed, count);
        auto fewer = more;
        fewer.pop_back();
        std::size_t moved = 0;
        for (std::uint64_t event = 0; event < 10; ++event)
          moved += moves(homes(event_of(seed * 10 + event), 98, fewer), homes(event_of(seed * 10 + event), 98, more));
        CHECK_LE(static_cast<double>(moved), 1.3 * 1'000 / static_cast<double>(count));
      }
  }
}

SCENARIO("a node that is started again has the same places, and a thousand joins and ends do not add up") {
  GIVEN("a cluster whose nodes come and go") {
    std::mt19937_64 draw{7};
    auto all = nodes_named(7, 8);
    std::vector<bool> lives(all.size(), true);
    std::size_t moved = 0;
    double needed = 0;
    auto living = [&] {
      std::vector<candidate> nodes;
      for (std::size_t i = 0; i < all.size(); ++i)
        if (lives[i])
          nodes.push_back(all[i]);
      return nodes;
    };
    const auto first = homes(event_of(7), 398, living());
    auto before = first;
    for (int i = 0; i < 1'000; ++i) {
      auto which = draw() % all.size();
      if (lives[which] && living().size() <= 3)
        continue;
      lives[which] = !lives[which];
      auto after = homes(event_of(7), 398, living());
      moved += moves(before, after);
      needed += 400.0 / static_cast<double>(living().size() + (lives[which] ? 0 : 1));
      before = after;
    }
    CHECK_LE(static_cast<double>(moved), 1.3 * needed);
    lives.assign(all.size(), true);
    CHECK(homes(event_of(7), 398, living()) == first);
  }
}

SCENARIO("a heavier node takes more, within its share") {
  GIVEN("nodes that weigh 100, 100 and 200") {
    std::vector<candidate> nodes{{"a", 100}, {"b", 100}, {"c", 200}};
    auto all = counts(homes(event_of(1), 998, nodes));
    CHECK(all["c"] > 430 && all["c"] < 570);
    CHECK(all["a"] > 180 && all["a"] < 320);
    CHECK_LE(all["c"], fill_of(1'000, 200, 400));
  }
  GIVEN("one that weighs nothing, and all") {
    auto all = counts(homes(event_of(1), 98, {{"a", 100}, {"b", 0}}));
    CHECK_EQ(all["b"], 0u);
    CHECK_EQ(counts(homes(event_of(1), 98, {{"a", 0}, {"b", 0}})).size(), 2u);
  }
}
