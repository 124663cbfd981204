#define CAF_SUITE gateway.pass_book

#include "gateway/thread/pass_book.hpp"

#include <caf/test/dsl.hpp>

#include <caf/test/bdd_dsl.hpp>

#include <string>

using namespace usher;
using namespace usher::codec;
using namespace usher::gateway;
using namespace std::chrono_literals;

namespace {

struct fixture {
  const domain::event_id rock{"rock"}, folk{"folk"};
  const domain::buyer_id anna{"anna"}, bert{"bert"}, cleo{"cleo"};
  const domain::instant start{std::chrono::hours{24 * 365 * 50}};

  codec::tokens signer{{"0123456789abcdef0123456789abcdef", {}, true, 5s}};
  pass_book book{signer, 2};
};

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("a pass is its buyer's, for its event, until its end") {
  auto pass = book.sign(rock, anna, start + 600s);
  CHECK(pass.expires_at == start + 600s);
  CHECK(book.standing(pass.token, rock, anna, start + 599s) == pass_standing::valid);
  CHECK(book.standing(pass.token, rock, anna, start + 600s) == pass_standing::over);
  CHECK(book.standing(pass.token, rock, bert, start) == pass_standing::none);
  CHECK(book.standing(pass.token, folk, anna, start) == pass_standing::none);
  CHECK(book.standing("no pass", rock, anna, start) == pass_standing::none);
  CHECK(book.standing("", rock, anna, start) == pass_standing::none);
}

SCENARIO("a pass is void once its owner has left, until they are let in again") {
  auto pass = book.sign(rock, anna, start + 600s);
  book.give_up(rock, anna, start + 600s);
  CHECK(book.is_void(rock, anna, start));
  CHECK(!book.is_void(folk, anna, start));
  CHECK(!book.is_void(rock, bert, start));
  CHECK(book.standing(pass.token, rock, anna, start) == pass_standing::over);
  // While everybody is let in, they get another one.
  CHECK(book.standing(book.sign(rock, anna, start + 601s).token, rock, anna, start) == pass_standing::valid);
  book.admitted(rock, anna);
  CHECK(book.standing(pass.token, rock, anna, start) == pass_standing::valid);
  CHECK_EQ(book.size(), 0u);
}

SCENARIO("a void pass is remembered until it ends by itself") {
  book.give_up(rock, anna, start + 600s);
  book.give_up(rock, anna, start + 700s); // left once more
  book.give_up(rock, bert, start + 650s);
  CHECK_EQ(book.size(), 2u);
  book.sweep(start + 699s);
  CHECK(book.is_void(rock, anna, start));
  CHECK(!book.is_void(rock, bert, start));
  book.sweep(start + 700s);
  CHECK_EQ(book.size(), 0u);
}

SCENARIO("a full book forgets the pass that ends first") {
  book.give_up(rock, anna, start + 600s);
  book.give_up(rock, bert, start + 500s);
  book.give_up(rock, cleo, start + 700s);
  CHECK_EQ(book.size(), 2u);
  CHECK(book.is_void(rock, anna, start));
  CHECK(!book.is_void(rock, bert, start));
  CHECK(book.is_void(rock, cleo, start));
}

END_FIXTURE_SCOPE()
