#include "crowd/address.hpp"

#include "crowd/http_client.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/tcp_stream.hpp>

#include <chrono>
#include <utility>

namespace usher::crowd {

using boost::asio::ip::tcp;

address find_server(const std::string& name, std::uint16_t port, std::shared_ptr<trust> whom) {
  address result{name, port, name, std::move(whom)};
  boost::asio::io_context context;
  boost::system::error_code error;
  auto places = tcp::resolver{context}.resolve(name, std::to_string(port), error);
  if (!error) {
    boost::beast::tcp_stream probe{context};
    probe.expires_after(std::chrono::seconds{10});
    probe.async_connect(places, [&](boost::system::error_code failed, const tcp::endpoint& place) {
      error = failed;
      result.host = place.address().to_string();
    });
    context.run();
  }
  if (error)
    throw unreachable{to_string(result) + ": " + error.message()};
  return result;
}

std::uint16_t free_port() {
  boost::asio::io_context context;
  tcp::acceptor acceptor(context, tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0));
  return acceptor.local_endpoint().port();
}

} // namespace usher::crowd
