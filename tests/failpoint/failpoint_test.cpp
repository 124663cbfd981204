#define CAF_SUITE failpoint

#include "failpoint/failpoint.hpp"
#include "failpoint/rules.hpp"

#include "caf/test/bdd_dsl.hpp"

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

using namespace usher::failpoint;
using namespace std::chrono_literals;

namespace {

constexpr std::uint64_t seed = 7;

const place& named(place_name name) {
  return name.where();
}

action at(rules& all, place_name name) {
  return all.at(named(name)).what;
}

/// How often a place is hit when it is reached so often.
int hits(rules& all, place_name name, int reached_times) {
  int result = 0;
  for (int i = 0; i < reached_times; ++i)
    result += at(all, name) != action::none ? 1 : 0;
  return result;
}

/// Why the rules are refused; empty if they are not.
std::string refusal_of(std::string_view text) {
  try {
    rules all{text, seed};
    return {};
  } catch (const std::invalid_argument& why) {
    return why.what();
  }
}

bool is_refused_for(std::string_view text, std::string_view reason) {
  auto why = refusal_of(text);
  if (why.find(reason) != std::string::npos)
    return true;
  MESSAGE(text << " is refused for: " << why);
  return false;
}

/// The environment for the length of one test.
struct environment {
  environment(const char* text, const char* of_seed) {
    ::setenv("USHER_FAILPOINTS", text, 1);
    ::setenv("USHER_FAILPOINTS_SEED", of_seed, 1);
  }
  ~environment() {
    ::unsetenv("USHER_FAILPOINTS");
    ::unsetenv("USHER_FAILPOINTS_SEED");
  }
  environment(const environment&) = delete;
  environment& operator=(const environment&) = delete;
};

} // namespace

SCENARIO("each place has a name of its own, a sentence, and something that can happen") {
  std::set<std::string_view> names;
  for (const auto& each : all_places) {
    CHECK(names.insert(each.name).second);
    CHECK(!each.sentence.empty());
    CHECK(each.may_crash || each.may_fail);
  }
}

SCENARIO("a rule says what happens where") {
  GIVEN("one rule for each action") {
    rules all{"section.before-append=crash,event.before-answer=delay:20,journal-writer.after-append=fail,"
              "claim.before-history=exit",
              seed};
    WHEN("the places are reached") {
      THEN("it happens there, each time, and nowhere else") {
        for (int i = 0; i < 3; ++i) {
          CHECK_EQ(at(all, "section.before-append"), action::crash);
          CHECK_EQ(at(all, "journal-writer.after-append"), action::fail);
          CHECK_EQ(at(all, "claim.before-history"), action::exit);
          auto late = all.at(named("event.before-answer"));
          CHECK_EQ(late.what, action::delay);
          CHECK(late.wait == 20ms);
        }
        CHECK_EQ(at(all, "section.before-answer"), action::none);
        CHECK_EQ(at(all, "event.before-append"), action::none);
      }
    }
  }
}

SCENARIO("a name that ends in * stands for all that begin so and where it is possible") {
  GIVEN("a rule for a kind, and one for everything") {
    rules all{"section.*=crash,*=fail", seed};
    WHEN("places are reached") {
      THEN("the first that applies decides, and what cannot fail does not") {
        CHECK_EQ(at(all, "section.before-append"), action::crash);
        CHECK_EQ(at(all, "section.rebuilding"), action::crash);
        CHECK_EQ(at(all, "event.before-append"), action::none);
        CHECK_EQ(at(all, "checkout.before-charge"), action::fail);
        CHECK_EQ(at(all, "claim.before-history"), action::fail);
      }
    }
  }
}

SCENARIO("a number of times is kept over all the places of a rule") {
  GIVEN("a rule for three crashes, and one for what comes then") {
    rules all{"section.*=crash*3,section.before-answer=delay:1*2", seed};
    WHEN("its places are reached again and again") {
      THEN("the first rule is used up, and then the second") {
        CHECK_EQ(at(all, "section.before-answer"), action::crash);
        CHECK_EQ(hits(all, "section.before-append", 10), 2);
        CHECK_EQ(at(all, "section.before-answer"), action::delay);
        CHECK_EQ(hits(all, "section.before-answer", 10), 1);
      }
    }
  }
}

SCENARIO("a probability holds, by a seed") {
  GIVEN("a rule for one time in ten") {
    constexpr auto text = "section.before-append=crash@0.1";
    rules all{text, seed};
    WHEN("its place is reached 10,000 times") {
      auto first = hits(all, "section.before-append", 10'000);
      THEN("it is hit about a thousand times, and as often with the same seed again") {
        CHECK_GT(first, 850);
        CHECK_LT(first, 1'150);
        rules again{text, seed};
        CHECK_EQ(hits(again, "section.before-append", 10'000), first);
      }
    }
  }
  GIVEN("the same and a number of times") {
    rules all{"section.before-append=crash@0.1*5", seed};
    WHEN("its place is reached 10,000 times") {
      THEN("it is hit so often") {
        CHECK_EQ(hits(all, "section.before-append", 10'000), 5);
      }
    }
  }
}

SCENARIO("what is no rule is refused, with a sentence") {
  CHECK_EQ(refusal_of("section.before-append=delay:20@0.5*3"), "");
  CHECK(is_refused_for("", "a rule is NAME="));
  CHECK(is_refused_for("section.before-append", "a rule is NAME="));
  CHECK(is_refused_for("=crash", "a rule is NAME="));
  CHECK(is_refused_for("section.before-append=crash,", "a rule is NAME="));
  CHECK(is_refused_for("section.nowhere=crash", "no such failpoint"));
  CHECK(is_refused_for("sections.*=crash", "no such failpoint"));
  CHECK(is_refused_for("section.before-append=burn", "the action must be"));
  CHECK(is_refused_for("section.before-append=", "the action must be"));
  CHECK(is_refused_for("section.before-append=fail", "not possible"));
  CHECK(is_refused_for("journal-writer.*=crash", "not possible"));
  CHECK(is_refused_for("section.before-append=delay", "milliseconds"));
  CHECK(is_refused_for("section.before-append=crash:20", "milliseconds"));
  CHECK(is_refused_for("section.before-append=delay:soon", "number of milliseconds"));
  CHECK(is_refused_for("section.before-append=delay:-1", "number of milliseconds"));
  CHECK(is_refused_for("section.before-append=crash@0", "probability"));
  CHECK(is_refused_for("section.before-append=crash@1.5", "probability"));
  CHECK(is_refused_for("section.before-append=crash@nan", "probability"));
  CHECK(is_refused_for("section.before-append=crash@", "probability"));
  CHECK(is_refused_for("section.before-append=crash*0", "number of times"));
  CHECK(is_refused_for("section.before-append=crash*-1", "number of times"));
  CHECK(is_refused_for("section.before-append=crash*2@0.5", "number of times"));
  CHECK(is_refused_for("section.before-append=crash@0.5:20", "probability"));
}

SCENARIO("several threads use a rule up together") {
  GIVEN("a rule for 1,000 times") {
    rules all{"event.*=crash@0.5*1000", seed};
    std::atomic<int> count{0};
    WHEN("four threads reach its places 2,000 times each") {
      std::vector<std::jthread> threads;
      threads.reserve(4);
      for (int i = 0; i < 4; ++i)
        threads.emplace_back([&] { count += hits(all, "event.before-answer", 2'000); });
      threads.clear();
      THEN("it is hit 1,000 times") {
        CHECK_EQ(count.load(), 1'000);
      }
    }
  }
}

SCENARIO("a place does what is decided for its thread") {
  GIVEN("a thread for which everything fails, or crashes where it cannot") {
    std::vector<std::string> met;
    deciding by_test{[&](const place& here) {
      met.emplace_back(here.name);
      return here.may_fail ? action::fail : action::crash;
    }};
    WHEN("places are reached there and on another thread") {
      auto is_crash = [] {
        try {
          reached("section.before-answer");
          return false;
        } catch (const std::logic_error& broken) {
          return std::string_view{broken.what()}.find("section.before-answer") != std::string_view::npos;
        }
      };
      auto crashes = is_crash();
      auto failure = fails("journal-writer.before-append");
      auto elsewhere = true;
      std::jthread{[&] { elsewhere = is_crash(); }}.join();
      THEN("it happens on that thread only") {
        CHECK(crashes);
        CHECK(failure);
        CHECK(!elsewhere);
        CHECK_EQ(met, (std::vector<std::string>{"section.before-answer", "journal-writer.before-append"}));
      }
    }
  }
  GIVEN("the same thread afterwards") {
    WHEN("places are reached") {
      THEN("nothing happens") {
        reached("section.before-answer");
        CHECK(!fails("journal-writer.before-append"));
      }
    }
  }
}

SCENARIO("the environment has rules, or none") {
  GIVEN("none") {
    environment set{"", ""};
    WHEN("it is obeyed") {
      THEN("there is nothing to warn of") {
        CHECK(!obey_environment());
      }
    }
  }
  GIVEN("a seed that is no number") {
    environment set{"section.*=crash", "seven"};
    WHEN("it is obeyed") {
      THEN("it is refused") {
        CHECK_THROWS_AS(obey_environment(), std::invalid_argument);
        reached("section.before-append");
      }
    }
  }
  GIVEN("a rule and a seed") {
    environment set{"journal-writer.before-append=fail*2,event.before-append=delay:30*1", "77"};
    WHEN("it is obeyed") {
      auto warning = obey_environment().value_or("");
      THEN("the log is told of both, and every thread meets the rules") {
        CHECK_NE(warning.find("failpoints are on"), std::string::npos);
        CHECK_NE(warning.find("journal-writer.before-append=fail*2"), std::string::npos);
        CHECK_NE(warning.find("USHER_FAILPOINTS_SEED=77"), std::string::npos);
        CHECK(fails("journal-writer.before-append"));
        auto elsewhere = false;
        std::jthread{[&] { elsewhere = fails("journal-writer.before-append"); }}.join();
        CHECK(elsewhere);
        CHECK(!fails("journal-writer.before-append"));
        auto start = std::chrono::steady_clock::now();
        reached("event.before-append");
        CHECK(std::chrono::steady_clock::now() - start >= 30ms);
      }
    }
  }
}
