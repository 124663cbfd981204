#include "node/ready_notice.hpp"

#include "log/log.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/datagram_protocol.hpp>
#include <boost/system/system_error.hpp>

#include <cstdlib>
#include <string>
#include <string_view>

namespace usher::node {

void tell_ready() {
  using boost::asio::local::datagram_protocol;
  const char* place = std::getenv("NOTIFY_SOCKET");
  if (place == nullptr || *place == '\0')
    return;
  std::string name{place};
  if (name.front() == '@') // an abstract name, not a file
    name.front() = '\0';
  try {
    boost::asio::io_context context;
    datagram_protocol::socket socket{context, datagram_protocol{}};
    socket.send_to(boost::asio::buffer(std::string_view{"READY=1"}), datagram_protocol::endpoint{name});
  } catch (const boost::system::system_error& error) {
    log::of("node").warn("cannot notify {} that this process is ready: {}", place, error.what());
  }
}

} // namespace usher::node
