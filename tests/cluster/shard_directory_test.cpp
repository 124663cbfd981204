#define CAF_SUITE cluster.shard_directory

#include "cluster/shard_directory.hpp"

#include <caf/test/bdd_dsl.hpp>

#include <algorithm>
#include <map>
#include <random>

using namespace usher;
using namespace usher::cluster;
using domain::epoch;

namespace {

domain::shard_id shard(std::uint16_t section) {
  return {domain::shard_kind::section, domain::event_id{"gala"}, domain::section_no{section}};
}

shard_home home(std::uint64_t node, std::uint64_t at) {
  return {incarnation{node}, epoch{at}};
}

} // namespace

SCENARIO("a newer epoch is right, whatever comes later") {
  GIVEN("a shard that moved") {
    shard_directory known;
    CHECK(!known.find(shard(0)));
    CHECK((known.newest(shard(0)) == epoch{0}));
    CHECK(known.learn(shard(0), home(1, 3)));
    CHECK(!known.learn(shard(0), home(1, 3)));
    CHECK(known.learn(shard(0), home(2, 5)));
    CHECK(!known.learn(shard(0), home(1, 4)));
    CHECK(!known.withdraw(shard(0), home(1, 4)));
    CHECK((known.find(shard(0)) == home(2, 5)));
    CHECK_EQ(known.count_of(incarnation{2}), 1u);
    CHECK_EQ(known.count_of(incarnation{1}), 0u);
    WHEN("its home cannot be asked any more") {
      CHECK((known.forget(incarnation{2}) == std::vector{shard(0)}));
      CHECK(known.forget(incarnation{2}).empty());
      CHECK(!known.find(shard(0)));
      CHECK((known.newest(shard(0)) == epoch{5}));
      THEN("nobody is found who had it before, but whoever says so anew") {
        CHECK(!known.learn(shard(0), home(1, 4)));
        CHECK(!known.find(shard(0)));
        CHECK(known.learn(shard(0), home(2, 5)));
        CHECK(known.learn(shard(0), home(3, 8)));
        CHECK((known.find(shard(0)) == home(3, 8)));
      }
    }
  }
}

SCENARIO("a shard that rests is nobody's until somebody says that it is served") {
  shard_directory known;
  CHECK(known.learn(shard(0), home(1, 3)));
  CHECK(known.withdraw(shard(0), home(1, 3)));
  CHECK(!known.withdraw(shard(0), home(1, 3)));
  CHECK(!known.find(shard(0)));
  CHECK(known.forget(incarnation{1}).empty());
  CHECK(known.learn(shard(0), home(1, 3))); // it went on
  CHECK(!known.withdraw(shard(1), home(1, 3)));
  CHECK(!known.learn(shard(1), home(2, 2))); // said before that, and heard later
  CHECK((known.newest(shard(1)) == epoch{3}));
  CHECK(known.learn(shard(1), home(2, 4)));
}

SCENARIO("whoever has heard the same knows the same, in whatever order and however often it came") {
  GIVEN("what happened to fifty shards, told to many in random orders, with copies") {
    std::size_t wrong = 0;
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
      std::mt19937_64 draw{seed};
      std::vector<std::pair<domain::shard_id, shard_home>> all;
      std::map<domain::shard_id, shard_home> newest;
      for (std::uint16_t i = 0; i < 50; ++i)
        for (std::uint64_t at = 1; at <= 1 + draw() % 6; ++at) {
          all.emplace_back(shard(i), home(1 + draw() % 5, at));
          newest[shard(i)] = all.back().second;
        }
      for (int listener = 0; listener < 3; ++listener) {
        auto told = all;
        for (std::size_t i = 0; i < all.size() / 3; ++i)
          told.push_back(all[draw() % all.size()]);
        std::shuffle(told.begin(), told.end(), draw);
        shard_directory known;
        for (const auto& [where, what] : told) {
          auto before = known.find(where);
          auto is_news = known.learn(where, what);
          wrong += is_news == (known.find(where) != before) ? 0 : 1;
        }
        for (const auto& [where, what] : newest)
          wrong += known.find(where) == what ? 0 : 1;
      }
    }
    CHECK_EQ(wrong, 0u);
  }
}
