#define CAF_SUITE cluster.caf_link

#include "cluster/link/caf_link.hpp"

#include "cluster/link/link_address.hpp"
#include "cluster/link/probe.hpp"
#include "log/captured_log.hpp"
#include "tests/cluster/cutting_proxy.hpp"
#include "tests/cluster/link_fixture.hpp"

#include <caf/test/bdd_dsl.hpp>

#include <algorithm>
#include <set>

using namespace usher;
using namespace usher::tests;
using namespace std::chrono_literals;

using cluster::incarnation;

namespace {

using clock = std::chrono::steady_clock;

double ms_between(clock::time_point begin, clock::time_point end) {
  return std::chrono::duration<double, std::milli>(end - begin).count();
}

double ms_since(clock::time_point begin) {
  return ms_between(begin, clock::now());
}

std::vector<std::string> numbers(int count) {
  std::vector<std::string> result;
  for (auto i = 0; i < count; ++i)
    result.push_back(std::to_string(i));
  return result;
}

} // namespace

SCENARIO("two nodes that seek each other are linked, and frames go both ways in order") {
  linked_node a{1, "a"};
  linked_node b{2, "b"};
  auto begin = clock::now();
  introduce(a, b);
  CAF_REQUIRE(await_up(a, b) && await_up(b, a));
  CAF_MESSAGE("up at both ends after " << ms_since(begin) << " ms");
  begin = clock::now();
  const auto sent = numbers(10'000);
  for (const auto& one : sent) {
    a.send(b, one);
    b.send(a, one);
  }
  for (auto* one : {&a, &b}) {
    CAF_REQUIRE(one->book().await([&](const auto& pages) { return pages.frames.size() >= sent.size(); }));
    CHECK((one->book().read().frames == sent));
  }
  CAF_MESSAGE("10,000 frames each way in " << ms_since(begin) << " ms");
  CHECK_EQ(a.book().read().news.size(), 1u);
  CHECK_EQ(b.book().read().news.size(), 1u);
}

SCENARIO("long frames arrive whole, and one that is too long ends the session") {
  linked_node a{1, "a"};
  linked_node b{2, "b"};
  introduce(a, b);
  CAF_REQUIRE(await_up(a, b) && await_up(b, a));
  std::string longest(cluster::link::frame_max, '\0');
  std::ranges::generate(longest, [i = 0]() mutable { return static_cast<char>(++i * 7); });
  a.send(b, longest);
  CAF_REQUIRE(b.book().await([](const auto& pages) { return !pages.frames.empty(); }));
  CHECK((b.book().read().frames.front() == longest));
  a.send(b, longest + "x");
  for (auto* one : {&a, &b}) {
    auto other = one == &a ? 2u : 1u;
    CHECK(one->book().await([&](const auto& pages) { return pages.count(told_news::up, other) == 2; }));
    CHECK_EQ(one->book().read().count(told_news::down, other), 1);
  }
  CHECK_EQ(b.book().read().frames.size(), 1u);
}

SCENARIO("three nodes are linked in pairs, and one that goes is told as refused") {
  linked_node a{1, "a"};
  linked_node b{2, "b"};
  std::optional<linked_node> c;
  c.emplace(3, "c");
  introduce(a, b, *c);
  for (auto& [one, other] : {std::pair{&a, &b}, {&a, &*c}, {&b, &a}, {&b, &*c}, {&*c, &a}, {&*c, &b}})
    CAF_REQUIRE(await_up(*one, *other));
  auto begin = clock::now();
  c.reset();
  auto ended = clock::now();
  for (auto* one : {&a, &b}) {
    CAF_REQUIRE(one->book().await([](const auto& pages) { return pages.last(3)->what == told_news::refused; }));
    auto news = one->book().read();
    CHECK_EQ(news.count(told_news::down, 3), 0);
    CHECK_LE(news.last(3)->when - ended, 500ms);
    CAF_MESSAGE("told " << ms_between(begin, news.last(3)->when) << " ms after the end had begun");
  }
  CHECK(a.book().read().is_up(2));
}

SCENARIO("a session that is ended on purpose is made anew, under other numbers") {
  linked_node a{1, "a"};
  linked_node b{2, "b"};
  introduce(a, b);
  CAF_REQUIRE(await_up(a, b) && await_up(b, a));
  for (auto i = 0; i < 3; ++i) {
    b.link().end(incarnation{1}, b.book().last(1)->session);
    for (auto* one : {&a, &b}) {
      auto other = one == &a ? 2u : 1u;
      CAF_REQUIRE(one->book().await([&](const auto& pages) { return pages.count(told_news::up, other) == i + 2; }));
    }
  }
  for (auto* one : {&a, &b}) {
    std::set<std::uint64_t> ups;
    for (const auto& news : one->book().read().news)
      if (news.what == told_news::up)
        ups.insert(news.session);
    CHECK_EQ(ups.size(), 4u);
  }
}

SCENARIO("a node in another life gets another session, under its new incarnation") {
  linked_node a{1, "a"};
  linked_node b{2, "b"};
  introduce(a, b);
  CAF_REQUIRE(await_up(a, b) && await_up(b, a));
  b.link().seek(incarnation{5}, {a.card()});
  CAF_REQUIRE(a.book().await([](const auto& pages) { return !pages.is_up(2); }));
  auto later = b.card();
  later.node = incarnation{5};
  a.seek({later});
  CHECK(a.book().await([](const auto& pages) { return pages.is_up(5); }));
  CHECK(b.book().await([](const auto& pages) { return pages.count(told_news::up, 1) == 2; }));
}

SCENARIO("nodes that do not fit get nothing, and say nothing") {
  log::captured_log lines{"cluster"};
  linked_node a{1, "a"};
  linked_node stranger{2, "b", {}, {.cluster = "another cluster"}};
  linked_node misnamed{3, "another name"};
  linked_node unexpected{4, "d"};
  linked_node older{5, "e"};
  auto card = misnamed.card();
  card.name = "c";
  a.seek({stranger.card(), card, older.card()});
  stranger.seek({a.card()});
  misnamed.seek({a.card()});
  unexpected.seek({a.card()});
  auto past = a.card();
  past.node = incarnation{0};
  older.seek({past});
  for (auto* one : {&stranger, &misnamed, &unexpected, &older}) {
    auto looked_for = one == &older ? 0u : 1u;
    CHECK(one->book().await([&](const auto& pages) { return pages.last(looked_for).has_value(); }));
    CHECK_EQ(one->book().read().count(told_news::up, looked_for), 0);
  }
  for (std::uint64_t node = 2; node <= 5; ++node)
    CHECK_EQ(a.book().read().count(told_news::up, node), 0);
  CHECK_EQ(lines.count("turned away"), 1); // and no line for each
}

SCENARIO("whoever listens nowhere is told as refused from the beginning") {
  linked_node a{1, "a"};
  std::uint16_t free = 0;
  {
    linked_node gone{2, "b"};
    free = gone.port();
  }
  a.seek({{incarnation{2}, "b", "127.0.0.1:" + std::to_string(free)}, {incarnation{3}, "c", "no address"}});
  CHECK(a.book().await([](const auto& pages) { return pages.last(2) && pages.last(3); }));
  CHECK(a.book().last(2)->what == told_news::refused);
  CHECK_EQ(a.book().last(2)->session, 0u);
  CHECK(a.book().last(3)->what == told_news::down);
}

SCENARIO("a cut in one direction is told at both ends within two and a half seconds, and heals") {
  for (auto to_target : {true, false}) {
    linked_node a{1, "a"};
    linked_node b{2, "b"};
    cutting_proxy proxy{a.port()};
    a.seek({b.card()});
    b.seek({a.card_at(proxy.port())});
    CAF_REQUIRE(await_up(a, b) && await_up(b, a));
    auto cut_at = clock::now();
    proxy.cut(to_target);
    for (auto* one : {&a, &b}) {
      auto other = one == &a ? 2u : 1u;
      CAF_REQUIRE(one->book().await([&](const auto& pages) { return !pages.is_up(other); }));
      auto news = *one->book().last(other);
      CHECK(news.what == told_news::down);
      CHECK_LE(news.when - cut_at, 2500ms);
      CAF_MESSAGE("down after " << ms_between(cut_at, news.when) << " ms");
    }
    proxy.heal();
    CHECK(await_up(a, b) && await_up(b, a));
  }
}

SCENARIO("a link with an end that is not used any more does not keep a node from ending") {
  linked_node a{1, "a"};
  {
    linked_node b{2, "b"};
    introduce(a, b);
    CAF_REQUIRE(await_up(a, b) && await_up(b, a));
    for (auto i = 0; i < 1000; ++i)
      b.send(a, std::string(1000, 'x'));
  }
  CHECK(a.book().await([](const auto& pages) { return !pages.is_up(2); }));
}
