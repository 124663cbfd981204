// Whole HTTP connections: the header, the body, the exchange and the call, in one thread and without a network.
#include "gateway/http/http_session.hpp"
#include "messages/type_ids.hpp"
#include "tests/codec/hall.hpp"
#include "tests/fuzz/target.hpp"
#include "tests/gateway/still_thread.hpp"

#include <caf/init_global_meta_objects.hpp>

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <iostream>

namespace usher::fuzz {
namespace {

using namespace std::chrono_literals;

const std::string admin_key = "the operator's key";

domain::instant now() {
  return domain::instant{} + 24h * 365 * 60;
}

gateway::options options() {
  gateway::options configured;
  configured.admin_key = admin_key;
  configured.body_bytes_max = 4096;
  configured.plan_bytes_max = 8192;
  configured.header_bytes_max = 2048;
  configured.per_address = {1e9, 1e9, 1000};
  configured.per_buyer = {1e9, 1e9, 1000};
  return configured;
}

struct known_messages {
  known_messages() {
    caf::init_global_meta_objects<caf::id_block::usher>();
    caf::core::init_global_meta_objects();
  }
};

/// A gateway's thread that runs when it is told to, knows one event, and gets no answer from any actor.
struct still_gateway {
  still_gateway() {
    thread.parts.directory.announced({tests::rock, tests::small_hall(), std::make_shared<const std::string>("{}"),
                                      "EUR", false, false, domain::epoch{1}});
  }

  known_messages messages;
  tests::still_thread thread{options(), now};
};

still_gateway& usher() {
  // Never destroyed: an actor system needs the library's own globals, which may end before it at the program's exit.
  static auto& one = *new still_gateway;
  return one;
}

void must(bool so, const char* what) {
  if (so)
    return;
  std::cerr << what << '\n';
  std::abort();
}

/// Sends a text as a client that says nothing more, and reads all that comes back.
void converse(std::string_view text, gateway::http_port port) {
  std::array<int, 2> ends{};
  must(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()) == 0, "no sockets");
  gateway::tcp_socket served{usher().thread.context};
  served.assign(boost::asio::ip::tcp::v4(), ends[0]); // only the address of its other end is not what it seems
  auto& shared = usher().thread.shared;
  auto& all = port == gateway::http_port::buyers ? shared.places : shared.operators_places;
  gateway::serve_http(usher().thread.parts.services, std::move(served), port, all.take(std::nullopt),
                      gateway::reception::served);
  (void)::send(ends[1], text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  ::shutdown(ends[1], SHUT_WR);
  std::string answer;
  std::array<char, 16 * 1024> piece{};
  for (bool goes_on = true; goes_on;) {
    goes_on = usher().thread.run();
    for (ssize_t size = 0; (size = ::recv(ends[1], piece.data(), piece.size(), MSG_DONTWAIT)) > 0; goes_on = true)
      answer.append(piece.data(), static_cast<std::size_t>(size));
  }
  ::close(ends[1]);
  must(answer.empty() || answer.starts_with("HTTP/1.1 "), "an answer that is none");
  // Only those whose question an actor would answer are still there.
  usher().thread.parts.connections.abort();
  usher().thread.parts.requests.forget_all();
  (void)usher().thread.asked();
  while (usher().thread.run()) {
  }
  must(usher().thread.parts.connections.size() == 0, "a connection does not end");
  must(usher().thread.parts.outgoing.bytes() == 0, "memory of answers is not given back");
  must(usher().thread.parts.incoming.bytes() == 0, "memory of requests is not given back");
}

} // namespace

std::vector<std::string> seeds() {
  auto bearer = "Authorization: Bearer "
                + usher().thread.shared.tokens.sign(codec::buyer_claims{domain::buyer_id{"b"}, now() + 24h});
  auto operators = "Authorization: Bearer " + admin_key;
  auto request = [](const std::string& line, const std::string& more = {}, const std::string& body = {}) {
    auto length = body.empty() ? "" : "Content-Length: " + std::to_string(body.size()) + "\r\n";
    return line + " HTTP/1.1\r\nHost: x\r\n" + more + (more.empty() ? "" : "\r\n") + length + "\r\n" + body;
  };
  return {
      request("GET /v1/events/rock"),
      request("GET /healthz") + request("HEAD /v1/events/rock/plan", "If-None-Match: *") + request("GET /readyz"),
      request("POST /v1/sessions", "Content-Type: application/json", "{}"),
      request("POST /v1/sessions", "Transfer-Encoding: chunked") + "2;a=b\r\n{}\r\n0\r\nX-Trailer: y\r\n\r\n",
      request("POST /v1/events/rock/holds", bearer + "\r\nExpect: 100-continue\r\nIdempotency-Key: k",
              R"({"seats":["S-A-1","S-A-2"]})"),
      request("POST /v1/events/rock/queue", bearer + "\r\nUsher-Queue: a.b.c\r\nX-Forwarded-For: 1.2.3.4, ::1"),
      request("POST /v1/orders", bearer + "\r\nIdempotency-Key: k",
              R"({"hold":"rock~0~0123456789abcdeffedcba9876543210","payment":{"method":"card"}})"),
      request("GET http://x/v1/tickets/rock~0123456789abcdeffedcba9876543210~1.svg?q", bearer + "\r\nOrigin: http://x"),
      request("GET /v1/ws", "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                            "Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\nSec-WebSocket-Protocol: usher.v1"),
      request("PUT /admin/v1/events/rock", operators,
              R"({"prices":{"Gold":1},"plan":{"name":"H","categories":[{"name":"Gold"}],"zones":[]}})"),
      request("PATCH /admin/v1/events/rock", operators, R"({"state":"open"})"),
      request("POST /admin/v1/events/rock/seats/block", operators, R"({"seats":["S-A-1"]})"),
  };
}

void try_out(std::string_view text) {
  converse(text, gateway::http_port::buyers);
  converse(text, gateway::http_port::operators);
}

} // namespace usher::fuzz
