#include "tests/simulation/agenda.hpp"
#include "tests/simulation/fiber.hpp"

#include <caf/test/bdd_dsl.hpp>

#include <stdexcept>
#include <string>

using namespace usher::simulation;
using namespace std::chrono_literals;

SCENARIO("two pieces of work go on in turn, each from where it waited") {
  GIVEN("two fibers that each wait once") {
    std::string heard;
    auto work = [&heard](const char* name) {
      return [&heard, name] {
        heard += name;
        fiber::wait();
        heard += name;
      };
    };
    fiber first{work("a")};
    fiber second{work("b")};
    WHEN("they are run in turn") {
      first.run();
      second.run();
      second.run();
      THEN("each has done what its turns allowed") {
        CHECK_EQ(heard, "abb");
        CHECK(!first.done());
        CHECK(second.done());
        first.run();
        CHECK_EQ(heard, "abba");
        CHECK(first.done());
        CHECK(fiber::current() == nullptr);
      }
    }
  }
}

SCENARIO("what one fiber throws while it waits between catching and throwing again is its own") {
  GIVEN("two fibers that wait inside a handler, and throw on") {
    auto work = [](std::string& told, const char* what) {
      return [&told, what] {
        try {
          try {
            throw std::runtime_error{what};
          } catch (const std::runtime_error&) {
            fiber::wait();
            throw;
          }
        } catch (const std::runtime_error& mine) {
          told = mine.what();
        }
      };
    };
    std::string one, other;
    fiber first{work(one, "one")};
    fiber second{work(other, "other")};
    WHEN("both wait at once and go on in the order in which they began") {
      first.run();
      second.run();
      first.run();
      second.run();
      THEN("each catches its own") {
        CHECK_EQ(one, "one");
        CHECK_EQ(other, "other");
      }
    }
  }
}

SCENARIO("what is planned happens at its time, in the order in which it was planned") {
  GIVEN("three things, two of them for the same moment") {
    agenda all;
    std::string heard;
    all.in(2ms, [&] { heard += "b"; });
    all.in(1ms, [&] { heard += "a"; });
    all.in(2ms, [&] { heard += "c"; });
    WHEN("the first is due") {
      all.advance_to(*all.next());
      all.run_due();
      THEN("the others wait for their moment") {
        CHECK_EQ(heard, "a");
        CHECK_EQ(*all.next(), moment{2ms});
        all.advance_to(5ms);
        all.run_due();
        CHECK_EQ(heard, "abc");
        CHECK(!all.next());
      }
    }
  }
}
