#define CAF_SUITE cluster.awaiting

#include "cluster/asked_all.hpp"
#include "cluster/awaited_answers.hpp"
#include "cluster/parking.hpp"

#include <caf/test/bdd_dsl.hpp>

#include <string>
#include <vector>

using namespace usher;
using namespace usher::cluster;
using namespace std::chrono_literals;

namespace {

using moment = std::chrono::steady_clock::time_point;
using names = std::vector<std::string>;

constexpr moment start{1'000s};

domain::shard_id shard(std::uint16_t section) {
  return {domain::shard_kind::section, domain::event_id{"gala"}, domain::section_no{section}};
}

} // namespace

SCENARIO("an answer is awaited once") {
  awaited_answers<std::string> all{3};
  auto first = all.add({"anna", 1, false, start + 8s});
  auto second = all.add({"ben", 2, true, start + 9s});
  CHECK_NE(first, second);
  CHECK((all.take(first) == std::optional<std::string>{"anna"}));
  CHECK(!all.take(first).has_value());
  CHECK(!all.take(99).has_value());
  CHECK_EQ(all.size(), 1u);
  WHEN("there is no room") {
    all.add({"cleo", 1, false, start + 8s});
    CHECK(all.has_room());
    all.add({"dora", 1, false, start + 8s});
    CHECK(!all.has_room());
  }
}

SCENARIO("whose answers may be lost") {
  auto filled = [] {
    awaited_answers<std::string> all{10};
    all.add({"asked one", 1, false, start + 8s});
    all.add({"passed on by one", 1, true, start + 8s});
    all.add({"asked two", 2, false, start + 9s});
    all.add({"passed on by two", 2, true, start + 7s});
    return all;
  };
  GIVEN("a node that cannot be asked any more") {
    auto all = filled();
    CHECK((all.take_lost(1) == names{"asked one", "passed on by one", "passed on by two"}));
    CHECK_EQ(all.size(), 1u);
  }
  GIVEN("a node that has lost another one") {
    auto all = filled();
    CHECK((all.take_passed_on(2) == names{"passed on by two"}));
    CHECK_EQ(all.size(), 3u);
  }
  GIVEN("a while") {
    auto all = filled();
    CHECK(all.take_overdue(start + 6s).empty());
    CHECK((all.take_overdue(start + 8s) == names{"asked one", "passed on by one", "passed on by two"}));
    CHECK((all.take_all() == names{"asked two"}));
  }
}

SCENARIO("what waits for a shard leaves in its order, or when its time is over") {
  parking<std::string> lot{{.at_one_max = 3, .in_all_max = 5, .patience = 2s}};
  auto park = [&](std::uint16_t where, std::string what, moment when) { return lot.add(shard(where), what, when); };
  CHECK(park(0, "a", start));
  CHECK(park(0, "b", start + 1s));
  CHECK(park(0, "c", start + 1s));
  CHECK(!park(0, "d", start + 1s)); // one shard has so much room
  CHECK(park(1, "e", start));
  CHECK(park(1, "f", start + 1s));
  CHECK(!park(2, "g", start + 1s)); // and all have
  CHECK_EQ(lot.size(), 5u);
  CHECK(lot.take(shard(2)).empty());
  CHECK(lot.take_overdue(start + 1'999ms).empty());
  CHECK_EQ(lot.take_overdue(start + 2s).size(), 2u);
  CHECK((lot.take(shard(0)) == names{"b", "c"}));
  CHECK((lot.take(shard(1)) == names{"f"}));
  CHECK_EQ(lot.size(), 0u);
  CHECK(park(2, "g", start + 3s));
  std::string kept = "left as it was";
  parking<std::string> none{{.at_one_max = 0}};
  CHECK(!none.add(shard(0), kept, start));
  CHECK_EQ(kept, "left as it was");
}

SCENARIO("what all are asked ends with the last answer") {
  asked_all<std::string> questions{2};
  auto first = questions.add("anna", {1, 2}, start + 2s);
  auto second = questions.add("ben", {1, 3}, start + 3s);
  CHECK_NE(first, second);
  CHECK(!questions.has_room());
  CHECK(!questions.answered(first, 1).has_value());
  CHECK(!questions.answered(first, 1).has_value()); // again
  CHECK(!questions.answered(first, 3).has_value()); // which was not asked
  CHECK(!questions.answered(99, 2).has_value());
  CHECK((questions.answered(first, 2) == std::optional<std::string>{"anna"}));
  CHECK(!questions.answered(first, 2).has_value());
  CHECK(questions.has_room());
  // One of those who were asked is gone.
  CHECK(questions.gone(2).empty());
  CHECK(questions.gone(1).empty()); // the other has not answered
  CHECK((questions.gone(3) == names{"ben"}));
  CHECK(!questions.answered(second, 3).has_value());
  // Somebody does not answer in time.
  auto slow = questions.add("cleo", {4}, start + 2s);
  CHECK(questions.take_overdue(start + 1s).empty());
  CHECK((questions.take_overdue(start + 2s) == names{"cleo"}));
  CHECK(!questions.answered(slow, 4).has_value());
}
