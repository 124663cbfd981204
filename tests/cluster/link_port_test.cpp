#define CAF_SUITE cluster.link_port

#include "cluster/link/complaints.hpp"
#include "cluster/link/link_address.hpp"
#include "cluster/link/probe.hpp"
#include "cluster/link/unfinished_connections.hpp"

#include <caf/test/bdd_dsl.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace usher::cluster;
using namespace std::chrono_literals;

namespace {

constexpr tick start = tick{} + 1h;

using connection = unfinished_connections::connection;
using connections = std::vector<connection>;

/// A port of this machine that is bound, and listened at if the test says so.
struct bound_port {
  explicit bound_port(int backlog) : fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in here{};
    here.sin_family = AF_INET;
    here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof here;
    auto* address = reinterpret_cast<sockaddr*>(&here);
    CAF_REQUIRE_EQUAL(::bind(fd, address, size), 0);
    CAF_REQUIRE_EQUAL(::getsockname(fd, address, &size), 0);
    CAF_REQUIRE(backlog < 0 || ::listen(fd, backlog) == 0);
    place.port = ntohs(here.sin_port);
  }
  ~bound_port() { ::close(fd); }

  int fd;
  link_address place{"127.0.0.1", 0};
};

} // namespace

SCENARIO("addresses are read and shown") {
  for (auto good : {"127.0.0.1:8080", "[::1]:0", "node-a.example:65535"})
    CHECK_EQ(to_string(parse_link_address(good).value()), good);
  for (auto bad :
       {"", "8080", ":80", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "::1:80", "host:80x", "a b:1", "[]:1"})
    CHECK(!parse_link_address(bad).has_value());
}

SCENARIO("it is known which addresses only this machine can reach, and which nobody else can use") {
  CHECK(is_loopback({"127.0.0.9", 1}));
  CHECK(is_loopback({"::1", 1}));
  for (auto reachable : {"10.0.0.1", "127.tickets.example", "localhost", "0.0.0.0", "::"})
    CHECK(!is_loopback({reachable, 1}));
  CHECK(is_everywhere({"0.0.0.0", 1}));
  CHECK(is_everywhere({"::", 1}));
  CHECK(!is_everywhere({"127.0.0.1", 1}));
  CHECK(!is_everywhere({"node-a", 1}));
}

SCENARIO("a probe tells who listens from who does not, and from who says nothing") {
  bound_port open{16};
  bound_port closed{-1};
  std::stop_source stop;
  auto answer = probe(open.place, 20s, stop.get_token());
  CHECK(answer.how == reach::open);
  CHECK_EQ(answer.host, "127.0.0.1");
  CHECK(probe(closed.place, 20s, stop.get_token()).how == reach::refused);
  CHECK(probe({"localhost", open.place.port}, 20s, stop.get_token()).how == reach::open);
  CHECK(probe({"nobody.invalid", 1}, 1s, stop.get_token()).how == reach::silent);
}

SCENARIO("a probe ends with its time, or when it is asked to") {
  GIVEN("a port whose queue of connections is full, so that the next one is not answered") {
    bound_port full{0};
    std::stop_source stop;
    while (probe(full.place, 100ms, stop.get_token()).how == reach::open)
      ;
    WHEN("it is probed for a while, and for long with a stop in between") {
      auto begin = std::chrono::steady_clock::now();
      CHECK(probe(full.place, 200ms, stop.get_token()).how == reach::silent);
      CHECK_GE(std::chrono::steady_clock::now() - begin, 200ms);
      stop.request_stop();
      CHECK(probe(full.place, 60s, stop.get_token()).how == reach::silent);
      CHECK_LE(std::chrono::steady_clock::now() - begin, 20s);
    }
  }
}

SCENARIO("a connection must become a node's in time") {
  unfinished_connections watch{64, 4s};
  const connection silent{7, 1000, false};
  const connection later{7, 1001, false}; // the handle is used again
  CHECK((watch.look({silent, {8, 1, true}}, start) == connections{}));
  CHECK((watch.look({silent, {8, 1, true}}, start + 3s) == connections{}));
  CHECK((watch.look({silent, {8, 1, true}}, start + 4s) == connections{silent}));
  CHECK((watch.look({later}, start + 5s) == connections{}));
  CHECK((watch.look({{7, 1001, true}}, start + 6s) == connections{}));
  CHECK((watch.look({later}, start + 9s) == connections{})); // its session has ended
  CHECK((watch.look({later}, start + 13s) == connections{later}));
}

SCENARIO("of too many connections the oldest go") {
  unfinished_connections watch{2, 4s};
  const connection first{1, 1, false}, second{2, 1, false}, third{3, 1, false}, fourth{4, 1, false};
  CHECK((watch.look({first}, start) == connections{}));
  CHECK((watch.look({first, second}, start + 1s) == connections{}));
  CHECK((watch.look({fourth, first, second, third}, start + 2s) == (connections{first, second})));
  CHECK((watch.look({fourth, third}, start + 3s) == connections{}));
  CHECK((watch.look({fourth, third}, start + 6s) == (connections{fourth, third})));
}

SCENARIO("strangers cannot fill the log") {
  complaints sparse{5s};
  CHECK_EQ(sparse.let_through("first", start).value_or(""), "first");
  CHECK(!sparse.let_through("second", start + 1s).has_value());
  CHECK(!sparse.let_through("third", start + 4s).has_value());
  CHECK_EQ(sparse.let_through("fourth", start + 5s).value_or(""), "fourth (and 2 lines like this since the last one)");
  CHECK_EQ(sparse.let_through("fifth", start + 10s).value_or(""), "fifth");
}
