#define CAF_SUITE cluster.router

#include "tests/catalog/keeper_fixture.hpp"

#include <caf/test/bdd_dsl.hpp>

using namespace usher;
using namespace usher::tests;
using domain::rejection;

namespace {

struct fixture : keeper_fixture {
  messages::gateway_actor announced_to(std::shared_ptr<std::vector<domain::event_id>> heard) {
    return caf::actor_cast<messages::gateway_actor>(keep(sys.spawn([heard](caf::event_based_actor*) {
      return caf::behavior{
          [heard](const messages::event_announced& news) { heard->push_back(news.id); },
          [](const messages::queue_moved&) {},
          [](const messages::order_changed&) {},
      };
    })));
  }
};

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("requests for what is not there are answered with not-found") {
  auto node = start_process("first");
  CHECK(hold(node, 1, 0, 0)->refused_as(rejection::not_found));
  put(node, "two rows");
  CHECK(asked<messages::section_view>(node, messages::read_section{{}, id, domain::section_no{7}})
            ->refused_as(rejection::not_found));
  CHECK(asked<messages::section_view>(node, messages::read_section{{}, id, domain::section_no{1}})->reply.has_value());
  CHECK(asked<domain::queue_place>(node, messages::ask_place{{}, domain::event_id{"jazz"}, {}, {}})
            ->refused_as(rejection::not_found));
}

SCENARIO("events are listed in order") {
  auto node = start_process("first");
  put(node, "two rows");
  id = domain::event_id{"jazz"};
  put(node, "two rows");
  auto events = asked<std::vector<domain::event_id>>(node, messages::list_events{})->reply;
  CHECK((*events == std::vector{domain::event_id{"jazz"}, domain::event_id{"rock"}}));
}

SCENARIO("a gateway hears of the events that are there and of those that come") {
  auto node = start_process("first");
  put(node, "two rows");
  auto heard = std::make_shared<std::vector<domain::event_id>>();
  auto gateway = announced_to(heard);
  self->send(node.router, messages::subscribe{}, gateway);
  self->send(node.router, messages::subscribe{}, gateway);
  settle();
  CHECK_EQ(heard->size(), 1u);
  id = domain::event_id{"jazz"};
  put(node, "two rows");
  CHECK_EQ(heard->size(), 2u);
}

SCENARIO("a node that is starting takes no new events yet") {
  auto router = cluster::spawn_router(sys);
  keep(caf::actor_cast<caf::actor>(router));
  auto refused = ask<messages::event_view>(
      router, messages::put_event{{}, id, {}, std::make_shared<const std::string>("two rows"), plans["two rows"]});
  settle();
  CHECK(refused->refused_as(rejection::overloaded));
}

END_FIXTURE_SCOPE()
