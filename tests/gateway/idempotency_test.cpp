#define CAF_SUITE gateway.idempotency

#include "gateway/http/idempotency.hpp"

#include "codec/problem.hpp"

#include <caf/test/bdd_dsl.hpp>

#include <rapidcheck.h>

using namespace usher;
using namespace usher::gateway;
using namespace std::chrono_literals;

namespace {

const moment start{1h};

stored_answer created(std::string body) {
  return {201, "application/json", std::move(body), {{"Location", "/v1/orders/x"}}};
}

/// `first`, the body of the stored answer, or the refusal's slug.
std::string outcome(const idempotency_table::begun& begun) {
  if (std::holds_alternative<idempotency_table::first>(begun))
    return "first";
  if (const auto* answer = std::get_if<std::shared_ptr<const stored_answer>>(&begun))
    return (*answer)->body;
  return std::string{codec::slug(std::get<domain::rejection>(begun))};
}

} // namespace

SCENARIO("a repeat gets the same answer") {
  GIVEN("a request that was carried out") {
    idempotency_table table;
    CHECK_EQ(outcome(table.begin("anna", "k", 1, start)), "first");
    CHECK_EQ(outcome(table.begin("anna", "k", 1, start)), "in-progress");
    table.finish("anna", "k", created("order 1"), start + 1s);
    THEN("the same key gets its answer, with another body it is a mismatch") {
      auto again = table.begin("anna", "k", 1, start + 2s);
      CHECK(*std::get<std::shared_ptr<const stored_answer>>(again) == created("order 1"));
      CHECK_EQ(outcome(table.begin("anna", "k", 2, start + 2s)), "idempotency-mismatch");
      CHECK_EQ(outcome(table.begin("bob", "k", 2, start + 2s)), "first");
      CHECK_EQ(outcome(table.begin("ann", "ak", 1, start + 2s)), "first");
    }
  }
}

SCENARIO("another body is a mismatch while the first is worked on") {
  GIVEN("a request in progress") {
    idempotency_table table;
    CHECK_EQ(outcome(table.begin("anna", "k", 1, start)), "first");
    THEN("it says so") {
      CHECK_EQ(outcome(table.begin("anna", "k", 2, start)), "idempotency-mismatch");
    }
  }
}

SCENARIO("a request that came to nothing may be tried again") {
  GIVEN("a request that was answered 503") {
    idempotency_table table;
    CHECK_EQ(outcome(table.begin("anna", "k", 1, start)), "first");
    table.abandon("anna", "k");
    THEN("the repeat is the first") {
      CHECK_EQ(outcome(table.begin("anna", "k", 1, start)), "first");
      table.finish("anna", "k", created("order 1"), start);
      table.abandon("anna", "k");
      CHECK_EQ(outcome(table.begin("anna", "k", 1, start)), "order 1");
    }
  }
}

SCENARIO("answers and lost requests are forgotten in time") {
  GIVEN("a table that keeps answers an hour and waits a minute") {
    idempotency_table table{{.keep = 1h, .in_progress = 60s}};
    CHECK_EQ(outcome(table.begin("anna", "done", 1, start)), "first");
    CHECK_EQ(outcome(table.begin("anna", "lost", 1, start)), "first");
    table.finish("anna", "done", created("order 1"), start + 10s);
    THEN("they go when their time is over") {
      CHECK_EQ(outcome(table.begin("anna", "lost", 1, start + 59s)), "in-progress");
      CHECK_EQ(outcome(table.begin("anna", "lost", 1, start + 60s)), "first");
      CHECK_EQ(outcome(table.begin("anna", "done", 1, start + 1h + 9s)), "order 1");
      CHECK_EQ(outcome(table.begin("anna", "done", 1, start + 1h + 10s)), "first");
    }
  }
}

SCENARIO("the table is bounded: answers make room, requests in progress do not") {
  GIVEN("room for two") {
    idempotency_table table{{.entries_max = 2}};
    CHECK_EQ(outcome(table.begin("anna", "1", 1, start)), "first");
    CHECK_EQ(outcome(table.begin("anna", "2", 1, start)), "first");
    CHECK_EQ(outcome(table.begin("anna", "3", 1, start)), "overloaded");
    table.finish("anna", "1", created("one"), start);
    CHECK_EQ(outcome(table.begin("anna", "3", 1, start)), "first");
    THEN("the finished one was forgotten") {
      CHECK_EQ(table.size(), 2u);
      table.finish("anna", "1", created("one"), start);
      CHECK_EQ(table.size(), 2u);
      CHECK_EQ(outcome(table.begin("anna", "2", 1, start)), "in-progress");
    }
  }
}

SCENARIO("an answer that is too large for the table is not kept") {
  GIVEN("room for little") {
    idempotency_table table{{.bytes_max = 2000}};
    CHECK_EQ(outcome(table.begin("anna", "1", 1, start)), "first");
    table.finish("anna", "1", created(std::string(3000, 'x')), start);
    THEN("the key is free again") {
      CHECK_EQ(table.size(), 0u);
      CHECK_EQ(table.bytes(), 0u);
    }
  }
}

SCENARIO("whatever happens, the bounds hold") {
  GIVEN("random requests") {
    THEN("entries and bytes stay under their caps, and an empty table weighs nothing") {
      CHECK(rc::check("bounds", [](const std::vector<std::pair<std::uint8_t, std::uint8_t>>& steps) {
        idempotency_limits limits{.entries_max = 5, .bytes_max = 4000, .keep = 20s, .in_progress = 7s};
        idempotency_table table{limits};
        auto now = start;
        for (auto [what, size] : steps) {
          auto key = std::to_string(what % 8);
          now += std::chrono::seconds{size % 3};
          if (what < 100)
            (void)table.begin("anna", key, what % 2, now);
          else if (what < 200)
            table.finish("anna", key, created(std::string(size * 8u, 'x')), now);
          else
            table.abandon("anna", key);
          RC_ASSERT(table.size() <= limits.entries_max);
          RC_ASSERT(table.bytes() <= limits.bytes_max);
        }
        (void)table.begin("anna", "last", 0, now + 1h);
        table.abandon("anna", "last");
        RC_ASSERT(table.size() == 0u);
        RC_ASSERT(table.bytes() == 0u);
      }));
    }
  }
}
