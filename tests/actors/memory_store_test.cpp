#define CAF_SUITE actors.memory_store

#include "tests/persistence/contract.hpp"
#include "tests/support/memory_store.hpp"

#include <caf/test/dsl.hpp>

#include <caf/test/bdd_dsl.hpp>

using namespace usher::tests;

SCENARIO("the memory store of the actors' tests keeps the contract of all stores") {
  GIVEN("empty books for each clause") {
    check_contract([]() -> connector {
      auto books = std::make_shared<memory_books>();
      return [books] { return std::make_unique<memory_store>(books); };
    });
  }
}
