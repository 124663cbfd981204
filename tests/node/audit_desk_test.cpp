#define CAF_SUITE node.audit_desk

#include "node/audit_desk.hpp"

#include "bench/temporary_directory.hpp"
#include "caf/test/bdd_dsl.hpp"
#include "node/stored_audit.hpp"
#include "persistence/booking_store.hpp"

#include <future>
#include <stdexcept>
#include <string_view>

using namespace usher;

namespace {

/// What the desk answers, once it has.
gateway::audit_answer verdict(node::audit_desk& desk) {
  auto answer = std::make_shared<std::promise<gateway::audit_answer>>();
  desk.ask({}, domain::event_id{"opera"}, [answer](gateway::audit_answer said) { answer->set_value(std::move(said)); });
  return answer->get_future().get();
}

bool is_refusal(const gateway::audit_answer& answer, domain::rejection reason) {
  auto* refusal = std::get_if<domain::refusal>(&answer);
  return refusal && refusal->reason == reason;
}

} // namespace

SCENARIO("whatever goes wrong in an audit is its answer, and the node serves on") {
  GIVEN("a desk whose stores cannot be opened, each for a reason of its own") {
    int opened = 0;
    node::audit_desk desk{[&opened]() -> std::unique_ptr<persistence::booking_store> {
      if (++opened == 1)
        throw persistence::store_unavailable{"nobody answers"};
      throw std::logic_error{"a mistake"};
    }};
    THEN("each audit is refused, and the next one is tried") {
      CHECK(is_refusal(verdict(desk), domain::rejection::store_unavailable));
      CHECK(is_refusal(verdict(desk), domain::rejection::store_unavailable));
      CHECK(is_refusal(verdict(desk), domain::rejection::store_unavailable));
      desk.stop();
      CHECK_EQ(opened, 3);
      CHECK(is_refusal(verdict(desk), domain::rejection::overloaded));
    }
  }
}

SCENARIO("a stored plan that cannot be read is said to be one") {
  GIVEN("a store with an event whose plan is none") {
    bench::temporary_directory folder;
    auto store = persistence::open_store("sqlite:" + (folder.path() / "usher.db").string());
    store->add_event({domain::event_id{"opera"}, "{}"}, 1);
    THEN("the audit names the event and the place, and of an event that is not there it knows nothing") {
      CHECK(!node::audit_stored(*store, domain::event_id{"ballet"}));
      try {
        (void)node::audit_stored(*store, domain::event_id{"opera"});
        CAF_FAIL("an audit without a plan");
      } catch (const persistence::store_broken& why) {
        CHECK(std::string_view{why.what()}.starts_with("the stored plan of opera cannot be read: name is missing."));
      }
    }
  }
}
