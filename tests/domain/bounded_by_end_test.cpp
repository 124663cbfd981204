#define CAF_SUITE domain.bounded_by_end

#include "domain/bounded_by_end.hpp"

#include "caf/test/bdd_dsl.hpp"

#include <rapidcheck.h>

#include <algorithm>
#include <map>
#include <string>

using namespace usher::domain;
using namespace std::chrono_literals;

namespace {

using table = bounded_by_end<std::string, int>;
using keys = std::vector<std::string>;

const instant start{1h};

} // namespace

SCENARIO("what is put in is found until it is taken out") {
  GIVEN("a table with two entries") {
    table some{5};
    CHECK(!some.next_end());
    some.put("b", start + 2s, 2);
    some.put("a", start + 1s, 1);
    CHECK_EQ(some.find("a")->value, 1);
    CHECK(some.find("b")->end == start + 2s);
    CHECK(some.find("c") == nullptr);
    CHECK(some.next_end() == start + 1s);
    CHECK(some.take_ended(start).empty());
    CHECK_EQ(some.take_ended(start + 1s), keys{"a"});
    CHECK(some.find("a") == nullptr);
    some.erase("b");
    some.erase("b");
    CHECK_EQ(some.size(), 0u);
    CHECK(some.take_ended(start + 1h).empty());
  }
}

SCENARIO("an entry that is put in again ends when it was said last") {
  GIVEN("an entry whose end is moved, forwards and back") {
    table some{2};
    some.put("a", start + 1s, 1);
    some.put("a", start + 9s, 2);
    CHECK_EQ(some.size(), 1u);
    CHECK(some.take_ended(start + 8s).empty());
    some.put("a", start + 3s, 3);
    CHECK_EQ(some.find("a")->value, 3);
    CHECK_EQ(some.take_ended(start + 3s), keys{"a"});
  }
}

SCENARIO("at its bound the one that ends first goes, of equals the one that came first") {
  GIVEN("room for two") {
    table some{2};
    some.put("late", start + 9s, 0);
    some.put("early", start + 1s, 0);
    some.put("middle", start + 5s, 0);
    CHECK_EQ(some.size(), 2u);
    CHECK(some.find("early") == nullptr);
    some.put("earliest", start, 0); // itself
    CHECK(some.find("earliest") == nullptr);
    CHECK_EQ(some.take_ended(start + 9s), (keys{"middle", "late"}));
    for (auto* key : {"z", "y", "x"})
      some.put(key, start, 0);
    CHECK_EQ(some.take_ended(start), (keys{"y", "x"}));
  }
  GIVEN("room for none") {
    table some{0};
    some.put("a", start, 0);
    CHECK_EQ(some.size(), 0u);
  }
}

SCENARIO("whatever happens, it is a bounded map in the order of ends") {
  CHECK(rc::check("like a plain map", [](const std::vector<std::pair<std::uint8_t, std::uint8_t>>& steps) {
    constexpr std::size_t most = 4;
    bounded_by_end<int> some{most};
    std::map<int, std::pair<instant, std::size_t>> plain; // the end, and when it came
    std::size_t turn = 0;
    auto first_of = [&] {
      return std::min_element(plain.begin(), plain.end(), [](auto& a, auto& b) { return a.second < b.second; });
    };
    for (auto [what, when] : steps) {
      int key = what % 8;
      auto at = start + std::chrono::seconds{when % 16};
      if (what < 160) {
        some.put(key, at);
        plain[key] = {at, turn++};
        if (plain.size() > most)
          plain.erase(first_of());
      } else if (what < 200) {
        some.erase(key);
        plain.erase(key);
      } else {
        std::vector<int> ended;
        for (auto next = first_of(); next != plain.end() && next->second.first <= at; next = first_of()) {
          ended.push_back(next->first);
          plain.erase(next);
        }
        RC_ASSERT(some.take_ended(at) == ended);
      }
      RC_ASSERT(some.size() == plain.size());
      for (int each = 0; each < 8; ++each)
        RC_ASSERT((some.find(each) != nullptr) == plain.contains(each));
    }
  }));
}
