#define CAF_SUITE bench.tcp_relay

#include "bench/tcp_relay.hpp"
#include "crowd/address.hpp"

#include <boost/asio.hpp>
#include <caf/test/bdd_dsl.hpp>

#include <optional>
#include <string>

using namespace usher::bench;
using namespace std::chrono_literals;

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

/// A server and a client on one thread, with the relay between them.
struct two_ends {
  [[nodiscard]] tcp::endpoint near() const { return {asio::ip::address_v4::loopback(), relay.port()}; }

  void connect() {
    client.connect(near());
    server = door.accept();
  }

  /// What arrives within that time; empty if nothing does. An end arrives as `end`.
  std::string hear(tcp::socket& at, std::chrono::milliseconds patience) {
    std::string text(100, '\0');
    std::optional<std::string> heard;
    at.async_read_some(asio::buffer(text), [&](boost::system::error_code error, std::size_t size) {
      if (error == asio::error::operation_aborted)
        heard = "";
      else
        heard = error ? "end" : text.substr(0, size);
    });
    context.restart();
    context.run_for(patience);
    if (!heard) {
      at.cancel();
      context.restart();
      context.run();
    }
    return *heard;
  }

  asio::io_context context;
  tcp::acceptor door{context, tcp::endpoint{asio::ip::address_v4::loopback(), 0}};
  tcp_relay relay{{"127.0.0.1", door.local_endpoint().port()}};
  tcp::socket client{context};
  tcp::socket server{context};
};

} // namespace

SCENARIO("a relay carries bytes and ends in both directions") {
  two_ends ends;
  ends.connect();
  asio::write(ends.client, asio::buffer(std::string("question")));
  CHECK_EQ(ends.hear(ends.server, 10s), "question");
  asio::write(ends.server, asio::buffer(std::string("answer")));
  CHECK_EQ(ends.hear(ends.client, 10s), "answer");
  ends.client.shutdown(tcp::socket::shutdown_send);
  CHECK_EQ(ends.hear(ends.server, 10s), "end");
  asio::write(ends.server, asio::buffer(std::string("last")));
  CHECK_EQ(ends.hear(ends.client, 10s), "last");
  ends.server.close();
  CHECK_EQ(ends.hear(ends.client, 10s), "end");
}

SCENARIO("nothing passes a cut, no connection is closed, and everything goes on when it is mended") {
  two_ends ends;
  ends.connect();
  ends.relay.cut();
  asio::write(ends.client, asio::buffer(std::string("question")));
  ends.client.shutdown(tcp::socket::shutdown_send);
  CHECK_EQ(ends.hear(ends.server, 100ms), "");
  tcp::socket another{ends.context};
  another.connect(ends.near());
  asio::write(another, asio::buffer(std::string("anybody?")));
  CHECK_EQ(ends.hear(another, 100ms), "");
  ends.relay.mend();
  CHECK_EQ(ends.hear(ends.server, 10s), "question");
  CHECK_EQ(ends.hear(ends.server, 10s), "end");
  auto second = ends.door.accept();
  CHECK_EQ(ends.hear(second, 10s), "anybody?");
}

SCENARIO("a relay to nobody closes what it accepts") {
  two_ends ends;
  auto port = usher::crowd::free_port();
  tcp_relay nowhere({"127.0.0.1", port});
  ends.client.connect({asio::ip::address_v4::loopback(), nowhere.port()});
  CHECK_EQ(ends.hear(ends.client, 10s), "end");
}
