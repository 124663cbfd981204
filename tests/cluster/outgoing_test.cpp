#define CAF_SUITE cluster.outgoing

#include "cluster/outgoing.hpp"

#include <caf/test/bdd_dsl.hpp>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

using namespace usher;
using namespace usher::cluster;

namespace {

wire::item answer(std::uint64_t number, std::size_t length = 1) {
  return wire::answer{number, {7, std::string(length, 'x')}};
}

wire::encoded told(const std::string& what) {
  return {9, what};
}

std::vector<wire::item> items_in(const std::optional<std::string>& frame) {
  if (!frame)
    return {};
  auto read = wire::read(*frame);
  CAF_REQUIRE(read.has_value());
  return read->items;
}

std::vector<wire::item> all_of(outgoing& out) {
  std::vector<wire::item> result;
  while (auto frame = out.next_frame(0, false))
    for (auto& item : items_in(frame))
      result.push_back(std::move(item));
  return result;
}

} // namespace

SCENARIO("items leave in their order, many in one frame") {
  outgoing out;
  CHECK(!out.next_frame(0, false).has_value());
  std::vector<wire::item> expected;
  for (std::uint64_t i = 1; i <= 100; ++i) {
    CHECK(out.push(answer(i)));
    expected.push_back(answer(i));
  }
  auto frame = out.next_frame(17, false);
  CHECK((items_in(frame) == expected));
  CHECK_EQ(wire::read(*frame)->consumed, 17u);
  CHECK(!out.next_frame(17, false).has_value());
  CHECK_EQ(wire::read(*out.next_frame(18, true))->consumed, 18u);
  CHECK_EQ(out.waiting_bytes(), 0u);
}

SCENARIO("no more is under way than the other end reads") {
  outgoing out{{.window = 1'000, .frame_bytes = 300}};
  std::uint64_t sent = 0;
  std::size_t items = 0;
  for (std::uint64_t i = 1; i <= 100; ++i)
    CHECK(out.push(answer(i, 50)));
  while (auto frame = out.next_frame(0, false)) {
    sent += frame->size();
    items += items_in(frame).size();
  }
  CHECK_GE(sent, 1'000u);
  CHECK_LT(sent, 1'400u); // one frame beyond the window, at most
  CHECK_GT(out.waiting_items(), 50u);
  CHECK(items_in(out.next_frame(5, true)).empty()); // what was consumed is said all the same
  CHECK(!out.consumed(sent + 1'000));
  CHECK(out.consumed(sent));
  CHECK(out.consumed(sent - 1)); // said before, and heard later
  auto next = out.next_frame(0, false);
  REQUIRE(next.has_value());
  CHECK_GE(next->size(), 300u);
  CHECK_LT(next->size(), 300u + 60u); // one item beyond what a frame should have, at most
}

SCENARIO("there is a bound on what waits") {
  GIVEN("one by items") {
    outgoing out{{.waiting_items_max = 3}};
    CHECK(out.push(answer(1)));
    CHECK(out.push(answer(2)));
    CHECK(out.push(answer(3)));
    CHECK(!out.push(answer(4)));
    CHECK(!out.push_news(0, told("news")));
    CHECK_EQ(all_of(out).size(), 3u);
    CHECK(out.push(answer(4)));
  }
  GIVEN("one by bytes") {
    outgoing out{{.waiting_bytes_max = 1'000}};
    CHECK(out.push(answer(1, 600)));
    CHECK(out.push(answer(2, 600)));
    CHECK(!out.push(answer(3)));
  }
}

SCENARIO("the same news for several gateways travel once") {
  outgoing out;
  for (std::uint32_t gateway : {0u, 1u, 2u})
    CHECK(out.push_news(gateway, told("a")));
  CHECK(out.push_news(0, told("b")));
  CHECK(out.push(answer(1)));
  CHECK(out.push_news(1, told("b")));
  CHECK(out.push_news(1, told("b"))); // said twice: heard twice
  std::vector<wire::item> expected{wire::news{{0, 1, 2}, told("a")}, wire::news{{0}, told("b")}, answer(1),
                                   wire::news{{1}, told("b")}, wire::news{{1}, told("b")}};
  CHECK((all_of(out) == expected));
}

SCENARIO("of news of one name only the newest travel") {
  outgoing out;
  CHECK(out.push_newest("rock", 0, told("1")));
  CHECK(out.push_newest("rock", 1, told("1")));
  CHECK(out.push_newest("jazz", 0, told("1")));
  CHECK(out.push_newest("rock", 0, told("2")));
  std::vector<wire::item> expected{wire::news{{0}, told("1")}, wire::news{{0, 1}, told("2")}};
  CHECK((all_of(out) == expected));
  CHECK(all_of(out).empty());
}

SCENARIO("whatever happens, what was taken arrives once and in order") {
  std::size_t wrong = 0;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    std::mt19937_64 draw{seed};
    outgoing out{{.waiting_bytes_max = 5'000, .waiting_items_max = 40, .window = 2'000, .frame_bytes = 500}};
    std::vector<wire::item> taken;
    std::vector<wire::item> come;
    std::uint64_t read = 0;
    auto transmit = [&](std::optional<std::string> frame) {
      if (!frame)
        return;
      read += frame->size();
      for (auto& item : items_in(frame))
        come.push_back(std::move(item));
    };
    for (std::uint64_t i = 1; i < 2'000; ++i) {
      if (auto what = answer(i, draw() % 200); draw() % 3 != 0 && out.push(what))
        taken.push_back(what);
      if (draw() % 4 == 0)
        transmit(out.next_frame(0, draw() % 8 == 0));
      if (draw() % 6 == 0)
        wrong += out.consumed(read) ? 0 : 1;
    }
    for (int i = 0; i < 100; ++i) {
      wrong += out.consumed(read) ? 0 : 1;
      transmit(out.next_frame(0, false));
    }
    wrong += come == taken ? 0 : 1;
  }
  CHECK_EQ(wrong, 0u);
}
