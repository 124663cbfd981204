#define CAF_SUITE provider_contract

#include "payments/sandbox.hpp"
#include "tests/payments/awaited.hpp"

#include <caf/test/bdd_dsl.hpp>

#include <functional>
#include <memory>
#include <unistd.h>
#include <utility>
#include <vector>

// What a checkout relies on, whoever the provider is: every adapter must pass all of it.

using namespace usher::payments;
using namespace usher::tests;

namespace {

struct adapter {
  std::string name;
  std::function<std::unique_ptr<provider>()> make;
};

std::filesystem::path fresh_ledger() {
  static int count = 0;
  auto file = std::filesystem::temp_directory_path()
              / ("usher-ledger-" + std::to_string(::getpid()) + "-" + std::to_string(count++));
  std::filesystem::remove(file);
  return file;
}

std::vector<adapter> adapters() {
  auto in_memory = sandbox_settings{.delay_mean = std::chrono::milliseconds{0}, .magic_methods = true};
  return {
      {"sandbox in memory", [=] { return std::make_unique<sandbox>(in_memory); }},
      {"sandbox with a ledger",
       [=] {
         auto settings = in_memory;
         settings.ledger = fresh_ledger();
         auto result = std::make_unique<sandbox>(settings);
         std::filesystem::remove(*settings.ledger); // an open file stays usable
         return result;
       }},
      {"sandbox that loses answers",
       [=] {
         auto settings = in_memory;
         settings.failure_rate = 0.5;
         return std::make_unique<sandbox>(settings);
       }},
  };
}

void for_each_adapter(const std::function<void(provider&)>& check) {
  for (const auto& each : adapters()) {
    MESSAGE(each.name);
    auto who = each.make();
    check(*who);
  }
}

/// Repeats a call until its outcome is known.
outcome until_known(const std::function<outcome()>& call) {
  auto result = call();
  while (result == outcome::unknown)
    result = call();
  return result;
}

} // namespace

CAF_TEST_FIXTURE_SCOPE(provider_contract_tests, caf::unit_t)

SCENARIO("a key that was never charged is known to be so") {
  for_each_adapter(
      [](provider& who) { CHECK_EQ(until_known([&] { return status(who, "a1"); }), outcome::never_asked); });
}

SCENARIO("a charge that succeeded is told again, however often it is asked or repeated") {
  for_each_adapter([](provider& who) {
    CHECK_EQ(settle(who, "a1"), outcome::succeeded);
    CHECK_EQ(settle(who, "a1"), outcome::succeeded);
    CHECK_EQ(until_known([&] { return status(who, "a1"); }), outcome::succeeded);
  });
}

SCENARIO("a refund gives the charge back, and the same answer when it is repeated") {
  for_each_adapter([](provider& who) {
    REQUIRE_EQ(settle(who, "a1"), outcome::succeeded);
    CHECK_EQ(until_known([&] { return refund(who, "a1"); }), outcome::succeeded);
    CHECK_EQ(until_known([&] { return refund(who, "a1"); }), outcome::succeeded);
  });
}

SCENARIO("what was never charged cannot be refunded") {
  for_each_adapter([](provider& who) { CHECK_EQ(until_known([&] { return refund(who, "a1"); }), outcome::declined); });
}

SCENARIO("a declined charge stays declined") {
  for_each_adapter([](provider& who) {
    CHECK_EQ(charge(who, "a1", sandbox_method::declined), outcome::declined);
    CHECK_EQ(charge(who, "a1", sandbox_method::declined), outcome::declined);
    CHECK_EQ(until_known([&] { return refund(who, "a1"); }), outcome::declined);
  });
}

SCENARIO("a completion is called exactly once, also when the provider closes meanwhile") {
  for (const auto& each : adapters()) {
    auto told = std::make_shared<std::atomic<int>>(0);
    auto who = each.make();
    for (int i = 0; i < 100; ++i)
      who->charge({"k" + std::to_string(i), {100, "EUR"}, "card"}, [told](const answer&) { ++*told; });
    who.reset();
    CHECK_EQ(told->load(), 100);
  }
}

CAF_TEST_FIXTURE_SCOPE_END()
