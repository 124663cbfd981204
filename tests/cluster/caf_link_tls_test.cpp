#define CAF_SUITE cluster.caf_link_tls

#include "cluster/link/caf_link.hpp"

#include "log/captured_log.hpp"
#include "tests/cluster/certificates.hpp"
#include "tests/cluster/link_fixture.hpp"

#include <caf/test/bdd_dsl.hpp>

#include <functional>
#include <list>
#include <stdexcept>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace usher;
using namespace usher::tests;
using namespace std::chrono_literals;

using cluster::incarnation;
using cluster::link_settings;
using cluster::tls_settings;

namespace {

using clock = std::chrono::steady_clock;

/// The sentence with which these settings are refused; empty if they are not.
std::string refusal_of(const link_settings& settings) {
  caf::actor_system_config config;
  try {
    static_cast<void>(cluster::prepare(config, settings));
    return {};
  } catch (const std::exception& why) {
    return why.what();
  }
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// A connection of somebody who is no node, and what is said there first.
int say(const std::string& what, std::uint16_t port) {
  sockaddr_in there{};
  there.sin_family = AF_INET;
  there.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  there.sin_port = htons(port);
  auto fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  timeval patience{20, 0};
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  CAF_REQUIRE_EQUAL(::connect(fd, reinterpret_cast<sockaddr*>(&there), sizeof there), 0);
  CAF_REQUIRE_EQUAL(::send(fd, what.data(), what.size(), MSG_NOSIGNAL), static_cast<ssize_t>(what.size()));
  return fd;
}

/// What is answered there until the connection is broken off.
std::string answer_in(int fd) {
  std::string result;
  char part[1000];
  ssize_t size = 0;
  while ((size = ::recv(fd, part, sizeof part, 0)) > 0)
    result.append(part, static_cast<std::size_t>(size));
  CAF_CHECK(size == 0 || errno == ECONNRESET); // it is broken off in time
  ::close(fd);
  return result;
}

std::vector<std::string> answers_to(const std::vector<std::string>& said, std::uint16_t port) {
  std::vector<int> open;
  for (const auto& what : said)
    open.push_back(say(what, port));
  std::vector<std::string> result;
  for (auto fd : open)
    result.push_back(answer_in(fd));
  return result;
}

} // namespace

SCENARIO("nodes with certificates of one authority are linked") {
  certificates made;
  linked_node a{1, "a", made.issue("a")};
  linked_node b{2, "b", made.issue("b")};
  introduce(a, b);
  CAF_REQUIRE(await_up(a, b) && await_up(b, a));
  for (auto i = 0; i < 1000; ++i) {
    a.send(b, std::string(1000, 'x'));
    b.send(a, std::string(1000, 'x'));
  }
  for (auto* one : {&a, &b})
    CHECK(one->book().await([](const auto& pages) { return pages.frames.size() == 1000; }));
}

SCENARIO("a certificate may be replaced or lost while the node runs") {
  certificates made;
  auto of_a = made.issue("a");
  linked_node a{1, "a", of_a};
  linked_node b{2, "b", made.issue("b")};
  for (const auto& file : {of_a.certificate, of_a.key, of_a.authorities})
    std::filesystem::remove(file);
  introduce(a, b);
  CHECK(await_up(a, b) && await_up(b, a));
}

SCENARIO("whoever has no certificate of the authority gets nothing, whether it dials or is dialled") {
  log::captured_log lines{"cluster"};
  certificates made;
  made.make_authority("another");
  made.make_authority("self-signed");
  static_cast<void>(made.issue("node"));
  static_cast<void>(made.issue("issued-by-a-node", "node"));
  made.append("issued-by-a-node", "node");
  auto of_another_cluster = made.issue("another-cluster");
  const std::vector<std::pair<std::string, disguise>> worn{
      {"another authority's", {.unchecked_tls = made.issue("b", "another")}},
      {"expired", {.unchecked_tls = made.issue("expired", "authority", -1)}},
      {"self-signed", {.unchecked_tls = made.files_of("self-signed")}},
      {"issued by a node", {.unchecked_tls = made.files_of("issued-by-a-node")}},
      {"none", {.unchecked_tls = tls_settings{}}},
      {"no TLS", {}},
  };
  linked_node right{100, "right", made.issue("right")};
  std::list<linked_node> all;
  std::vector<cluster::link_peer> cards;
  for (std::uint64_t age : {1, 200}) // the older one is dialled, the younger one dials
    for (const auto& [what, as] : worn) {
      all.emplace_back(age + all.size(), what, tls_settings{}, as);
      cards.push_back(all.back().card());
    }
  all.emplace_back(300, "another cluster", of_another_cluster, disguise{.cluster = "another cluster"});
  cards.push_back(all.back().card());
  right.seek(cards);
  for (auto& one : all)
    one.seek({right.card()});
  for (auto& one : all) {
    CAF_MESSAGE(one.card().name << " (" << one.number() << ")");
    CHECK(one.book().await([](const auto& pages) { return pages.last(100).has_value(); }));
    CHECK(right.book().await([&one](const auto& pages) { return pages.last(one.number()).has_value(); }));
    CHECK_EQ(one.book().read().count(told_news::up, 100), 0);
    CHECK_EQ(right.book().read().count(told_news::up, one.number()), 0);
  }
  CHECK_GE(lines.count("of another authority"), 1);
  linked_node good{400, "good", made.issue("good")};
  right.seek({good.card()});
  good.seek({right.card()});
  CHECK(await_up(right, good) && await_up(good, right));
}

SCENARIO("what is no TLS is answered by an alert at most, and broken off in time") {
  certificates made;
  linked_node a{1, "a", made.issue("a")};
  auto begin = clock::now();
  for (const auto& answer :
       answers_to({"", "GET / HTTP/1.1\r\n\r\n", std::string(100'000, '\0'), "\x16\x03\x01"}, a.port()))
    CHECK_LE(answer.size(), 7u);
  CHECK_LE(clock::now() - begin, 8s);
}

SCENARIO("connections of strangers are broken off in time, and do not keep a node from being linked") {
  linked_node a{1, "a"};
  linked_node b{2, "b"};
  auto begin = clock::now();
  std::vector<int> open{say("GET / HTTP/1.1\r\n\r\n", a.port()), say(std::string(100'000, '\xff'), a.port())};
  for (auto i = 0; i < 300; ++i)
    open.push_back(say("", a.port()));
  introduce(a, b);
  CHECK(await_up(a, b) && await_up(b, a));
  for (auto fd : open)
    static_cast<void>(answer_in(fd)); // the node's name in CAF's network, which that tells everybody
  CHECK_LE(clock::now() - begin, 8s);
  CHECK_EQ(a.book().read().news.size(), 1u);
}

SCENARIO("settings that would not work, or let anybody in, are refused with a sentence") {
  certificates made;
  made.make_authority("another");
  auto good = made.issue("good");
  auto with = [&good](auto change) {
    link_settings result{"127.0.0.1:0", good, false};
    change(result);
    return refusal_of(result);
  };
  CHECK_EQ(with([](auto&) {}), "");
  CHECK_EQ(with([](auto& s) { s.listen = "10.0.0.1:7000"; }), "");
  CHECK_EQ(with([](auto& s) { s.tls = {}; }), "");
  CHECK(contains(with([](auto& s) { s.tls.key = {}; }), "all three, or none"));
  CHECK(contains(with([](auto& s) { s.tls.certificate = {}; }), "all three, or none"));
  CHECK(contains(with([](auto& s) { s.tls.authorities = {}; }), "all three, or none"));
  CHECK(contains(with([](auto& s) { s = {"10.0.0.1:7000", {}, false}; }), "cluster.insecure"));
  CHECK(contains(with([](auto& s) { s = {"0.0.0.0:7000", {}, false}; }), "cluster.insecure"));
  CHECK(contains(with([](auto& s) { s = {"localhost:7000", {}, false}; }), "cluster.insecure"));
  CHECK_EQ(with([](auto& s) { s = {"10.0.0.1:7000", {}, true}; }), "");
  CHECK(contains(with([](auto& s) { s.listen = "7000"; }), "HOST:PORT"));
  auto with_files = [&](const tls_settings& files) { return with([&files](auto& s) { s.tls = files; }); };
  auto other = made.issue("other");
  CHECK(contains(with_files({good.certificate, other.key, good.authorities}), "not that of"));
  CHECK(contains(with_files({good.certificate, good.certificate, good.authorities}), "no key"));
  CHECK(contains(with_files({good.key, good.key, good.authorities}), "no certificate"));
  CHECK(contains(with_files({good.certificate, good.key, good.key}), "no certificates"));
  CHECK(contains(with_files({made.file("absent"), good.key, good.authorities}), "absent: cannot be read"));
  CHECK(contains(with_files(made.issue("late", "authority", -1)), "expired"));
  CHECK(contains(with_files(made.issue("foreign", "another")), "would not accept it"));
}
