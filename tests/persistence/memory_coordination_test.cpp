#define CAF_SUITE persistence.memory_coordination

#include "tests/support/memory_coordination.hpp"

#include "tests/persistence/coordination_contract.hpp"
#include "tests/persistence/sample_facts.hpp"

#include <caf/test/bdd_dsl.hpp>

using namespace usher;
using namespace usher::persistence;
using namespace usher::tests;

SCENARIO("the memory store keeps the contract of all stores") {
  GIVEN("empty books for each clause") {
    check_contract([]() -> connector {
      auto books = std::make_shared<memory_books>();
      return [books] { return std::make_unique<memory_store>(books); };
    });
  }
}

SCENARIO("the memory coordinator keeps the contract of all coordinators") {
  GIVEN("empty books for each clause") {
    check_coordination([]() -> coordinated_store {
      auto books = std::make_shared<memory_books>();
      auto lock = [books](const domain::shard_id& shard, incarnation whose) {
        books->lock(shard, whose);
        return std::shared_ptr<void>{books.get(), [books, shard](void*) { books->let_go(shard); }};
      };
      return {[books] { return std::make_unique<memory_coordination>(books); },
              [books] { return std::make_unique<memory_store>(books); }, lock};
    });
  }
}

SCENARIO("the memory coordinator fails on demand") {
  GIVEN("a node") {
    auto books = std::make_shared<memory_books>();
    memory_coordination node{books};
    auto me = join_up(node, card_of("a"));
    THEN("a store that is away counts no beat") {
      books->set(store_fault::unavailable);
      CHECK_THROWS_AS((void)node.beat(me, {}), store_unavailable);
      books->set(store_fault::none);
      CHECK_EQ(node.beat(me, {})->beat, 1u);
    }
    THEN("a beat may be counted although nobody hears of it") {
      books->set(store_fault::lost_answer);
      CHECK_THROWS_AS((void)node.beat(me, {}), store_unavailable);
      books->set(store_fault::none);
      CHECK_EQ(node.beat(me, {})->beat, 3u);
    }
  }
}
