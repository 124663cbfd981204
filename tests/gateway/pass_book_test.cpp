#define CAF_SUITE gateway.pass_book

#include "gateway/thread/pass_book.hpp"

#include <caf/test/dsl.hpp>

#include <caf/test/bdd_dsl.hpp>

#include <string>
#include <utility>
#include <vector>

using namespace usher;
using namespace usher::codec;
using namespace usher::gateway;
using namespace std::chrono_literals;

namespace {

struct fixture {
  const domain::event_id rock{"rock"};
  const domain::buyer_id anna{"anna"}, bert{"bert"};
  const domain::instant start{std::chrono::hours{24 * 365 * 50}};

  codec::tokens signer{{"0123456789abcdef0123456789abcdef", {}, true, 5s}};
  std::vector<domain::buyer_id> ended;
  pass_book book{signer, 600s, 2, [this](const domain::event_id&, std::vector<domain::buyer_id> buyers) {
                   ended.insert(ended.end(), buyers.begin(), buyers.end());
                 }};
};

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("an admitted buyer's time runs once, however often the pass is asked for") {
  book.admitted(rock, anna, start);
  CHECK(book.sign(rock, anna, start).expires_at == start + 600s);
  CHECK(book.sign(rock, anna, start + 300s).expires_at == start + 600s);
  book.sweep(start + 599s);
  CHECK(ended.empty());
  book.sweep(start + 600s);
  CHECK((ended == std::vector{anna}));
  CHECK_EQ(book.size(), 0u);
}

SCENARIO("a buyer who was admitted once more has the whole time again") {
  book.admitted(rock, anna, start);
  book.admitted(rock, anna, start + 590s);
  CHECK(book.sign(rock, anna, start + 595s).expires_at == start + 1190s);
  book.sweep(start + 600s);
  CHECK(ended.empty());
  book.sweep(start + 1190s);
  CHECK((ended == std::vector{anna}));
}

SCENARIO("a full book signs passes, and reports only the ends that it knows") {
  book.admitted(rock, anna, start);
  book.admitted(domain::event_id{"folk"}, anna, start);
  CHECK(book.sign(rock, bert, start + 10s).expires_at == start + 610s);
  CHECK_EQ(book.size(), 2u);
  book.sweep(start + 700s);
  CHECK((ended == std::vector{anna, anna}));
}

END_FIXTURE_SCOPE()
