#define CAF_SUITE sandbox

#include "payments/sandbox.hpp"
#include "tests/payments/awaited.hpp"

#include <caf/test/bdd_dsl.hpp>

#include <fstream>
#include <map>
#include <sys/wait.h>
#include <unistd.h>

using namespace usher::payments;
using namespace usher::tests;
using namespace std::chrono_literals;

namespace {

struct fixture {
  fixture() : ledger(std::filesystem::temp_directory_path() / ("usher-sandbox-" + std::to_string(::getpid()))) {
    std::filesystem::remove(ledger);
  }
  ~fixture() { std::filesystem::remove(ledger); }

  [[nodiscard]] std::vector<std::string> lines() const {
    std::ifstream in{ledger};
    std::vector<std::string> result;
    for (std::string line; std::getline(in, line);)
      result.push_back(line);
    return result;
  }

  [[nodiscard]] sandbox_settings with_ledger() const { return {.delay_mean = 0ms, .ledger = ledger}; }

  std::filesystem::path ledger;
};

std::string key(int number) {
  return "key" + std::to_string(number);
}

/// The first outcome for many keys, asked in the given order.
std::map<std::string, outcome> first_outcomes(std::uint64_t seed, bool backwards) {
  sandbox who{{.delay_mean = 0ms, .decline_rate = 0.3, .failure_rate = 0.3, .seed = seed}};
  std::map<std::string, outcome> result;
  for (int i = 0; i < 200; ++i) {
    auto name = key(backwards ? 199 - i : i);
    result[name] = charge(who, name);
  }
  return result;
}

} // namespace

CAF_TEST_FIXTURE_SCOPE(sandbox_tests, fixture)

SCENARIO("one seed treats a key alike, whatever the order of calls") {
  CHECK(first_outcomes(7, false) == first_outcomes(7, true));
  CHECK(first_outcomes(7, false) != first_outcomes(8, false));
}

SCENARIO("the configured share of keys is declined") {
  sandbox who{{.delay_mean = 0ms, .decline_rate = 0.25}};
  auto declined = 0;
  for (int i = 0; i < 1000; ++i)
    declined += charge(who, key(i)) == outcome::declined;
  CHECK_GT(declined, 200);
  CHECK_LT(declined, 300);
}

SCENARIO("a lost answer hides a charge about as often as it hides that there was none") {
  sandbox who{{.delay_mean = 0ms, .failure_rate = 0.5, .seed = 3}};
  std::map<outcome, int> hidden;
  for (int i = 0; i < 400; ++i) {
    if (charge(who, key(i)) != outcome::unknown)
      continue;
    auto truth = status(who, key(i));
    while (truth == outcome::unknown)
      truth = status(who, key(i));
    ++hidden[truth];
  }
  CHECK_GT(hidden[outcome::succeeded], 60);
  CHECK_GT(hidden[outcome::never_asked], 60);
}

SCENARIO("the special methods do what their names say") {
  sandbox who{{.delay_mean = 0ms, .decline_rate = 1, .failure_rate = 0.9, .magic_methods = true}};
  CHECK_EQ(charge(who, "a", sandbox_method::succeeds), outcome::succeeded);
  CHECK_EQ(charge(who, "b", sandbox_method::declined), outcome::declined);
  sandbox faithful{{.delay_mean = 0ms, .magic_methods = true}};
  CHECK_EQ(charge(faithful, "c", sandbox_method::lost_after), outcome::unknown);
  CHECK_EQ(status(faithful, "c"), outcome::succeeded);
  CHECK_EQ(charge(faithful, "d", sandbox_method::lost_before), outcome::unknown);
  CHECK_EQ(status(faithful, "d"), outcome::never_asked);
  CHECK_EQ(charge(faithful, "d", sandbox_method::lost_before), outcome::succeeded);
}

SCENARIO("no buyer chooses what happens unless that is switched on") {
  sandbox strict{{.delay_mean = 0ms, .decline_rate = 1}};
  CHECK_EQ(charge(strict, "a", sandbox_method::succeeds), outcome::declined);
  sandbox plain{{.delay_mean = 0ms}};
  CHECK_EQ(charge(plain, "b", sandbox_method::declined), outcome::succeeded);
  CHECK_EQ(charge(plain, "c", sandbox_method::lost_after), outcome::succeeded);
  CHECK_EQ(charge(plain, "d", sandbox_method::lost_before), outcome::succeeded);
}

SCENARIO("the ledger has one line a movement and outlives the sandbox") {
  {
    sandbox who{with_ledger()};
    charge(who, "a");
    charge(who, "a");
    charge(who, "b");
    refund(who, "b");
    refund(who, "b");
  }
  CHECK_EQ(lines(), (std::vector<std::string>{"charge a 8950 EUR", "charge b 8950 EUR", "refund b 8950 EUR"}));
  sandbox again{with_ledger()};
  CHECK_EQ(status(again, "a"), outcome::succeeded);
  CHECK_EQ(status(again, "c"), outcome::never_asked);
  charge(again, "a");
  refund(again, "b");
  CHECK_EQ(lines().size(), 3u);
}

SCENARIO("a movement that its process was killed in the middle of writing did not happen") {
  std::ofstream{ledger} << "charge a 8950 EUR\ncharge b 89";
  sandbox who{with_ledger()};
  CHECK_EQ(status(who, "a"), outcome::succeeded);
  CHECK_EQ(status(who, "b"), outcome::never_asked);
  charge(who, "b");
  CHECK_EQ(lines(), (std::vector<std::string>{"charge a 8950 EUR", "charge b 8950 EUR"}));
}

SCENARIO("two sandboxes over one ledger charge a key once") {
  sandbox first{with_ledger()};
  sandbox second{with_ledger()};
  CHECK_EQ(charge(first, "a"), outcome::succeeded);
  CHECK_EQ(status(second, "a"), outcome::succeeded);
  CHECK_EQ(charge(second, "a"), outcome::succeeded);
  CHECK_EQ(refund(second, "a"), outcome::succeeded);
  CHECK_EQ(refund(first, "a"), outcome::succeeded);
  CHECK_EQ(lines().size(), 2u);
}

SCENARIO("a file that is not a ledger is refused") {
  std::ofstream{ledger} << "hello\n";
  CHECK_THROWS_AS(sandbox{with_ledger()}, std::runtime_error);
}

SCENARIO("calls beyond the bound are answered unknown at once and do nothing") {
  sandbox who{{.delay_mean = 1h, .calls_max = 2}};
  for (int i = 0; i < 2; ++i)
    who.charge({key(i), {1, "EUR"}, "card"}, [](const answer&) {});
  CHECK_EQ(charge(who, "third"), outcome::unknown);
}

CAF_TEST_FIXTURE_SCOPE_END()
