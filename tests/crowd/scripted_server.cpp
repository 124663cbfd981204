#include "tests/crowd/scripted_server.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/json.hpp>

#include <algorithm>
#include <list>

namespace usher::tests {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace json = boost::json;
using asio::ip::tcp;

namespace {

std::string text(const json::object& from, std::string_view name) {
  const auto* found = from.if_contains(name);
  return found != nullptr && found->is_string() ? std::string(found->as_string()) : std::string();
}

json::object problem(std::string_view slug) {
  return {{"type", "problem"}, {"problem", {{"type", "https://example.org/problems/" + std::string(slug)}}}};
}

json::object money(std::size_t seats) {
  return {{"amount", 1'000 * seats}, {"currency", "EUR"}};
}

json::array seat_objects(const std::vector<std::size_t>& seats) {
  json::array all;
  for (auto seat : seats)
    all.push_back(json::object{{"guid", "A-" + std::to_string(seat)}});
  return all;
}

} // namespace

/// A thread that accepts, and one for each connection. They end when their sockets are shut down.
class scripted_server::network {
public:
  explicit network(scripted_server& owner)
      : owner_(owner), acceptor_(context_, {asio::ip::address_v4::loopback(), 0}), accepting_([this] { accept(); }) {}

  ~network() {
    ::shutdown(acceptor_.native_handle(), SHUT_RDWR);
    accepting_.join();
    for (auto& each : connections_)
      ::shutdown(each.socket.native_handle(), SHUT_RDWR);
    for (auto& each : connections_)
      each.thread.join();
  }

  [[nodiscard]] std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

private:
  struct connection {
    explicit connection(tcp::socket accepted) : socket(std::move(accepted)) {}
    tcp::socket socket;
    std::thread thread;
  };

  void accept() {
    for (;;) {
      beast::error_code error;
      auto socket = acceptor_.accept(error);
      if (error)
        return;
      auto& made = connections_.emplace_back(std::move(socket));
      made.thread = std::thread([this, &made] { serve(made.socket); });
    }
  }

  // Ends at the first error: the client is gone, or the test is over.
  void serve(tcp::socket& socket) {
    beast::error_code error;
    beast::flat_buffer buffer;
    for (;;) {
      http::request<http::string_body> request;
      http::read(socket, buffer, request, error);
      if (error)
        return;
      if (beast::websocket::is_upgrade(request))
        return speak(socket, request);
      http::response<http::string_body> answer{http::status::ok, 11};
      answer.body() = owner_.get(std::string(request.target()));
      answer.prepare_payload();
      http::write(socket, answer, error);
    }
  }

  void speak(tcp::socket& socket, const http::request<http::string_body>& request) {
    beast::error_code error;
    beast::websocket::stream<tcp::socket&> stream(socket);
    stream.accept(request, error);
    std::string buyer;
    beast::flat_buffer buffer;
    auto is_last = false;
    while (!error) {
      buffer.clear();
      stream.read(buffer, error);
      if (error)
        return;
      auto frame = json::parse({static_cast<const char*>(buffer.cdata().data()), buffer.size()}).as_object();
      auto answers = owner_.answer(frame, buyer);
      auto is_sent_away = owner_.is_sent_away(text(frame, "type"), buyer);
      if (is_sent_away && owner_.breaks_off)
        return socket.close();
      if (is_sent_away)
        answers.push_back(R"({"type":"reconnect","within_s":0.002})");
      for (const auto& answer : answers)
        if (!error)
          stream.write(asio::buffer(answer), error);
      if (std::exchange(is_last, is_sent_away))
        return stream.close(beast::websocket::close_reason{beast::websocket::close_code{4200}, "draining"}, error);
    }
  }

  scripted_server& owner_;
  asio::io_context context_;
  tcp::acceptor acceptor_;
  std::list<connection> connections_;
  std::thread accepting_;
};

scripted_server::scripted_server(std::size_t seats) : status_(seats, '.'), network_(std::make_unique<network>(*this)) {}

scripted_server::~scripted_server() {
  network_.reset();
}

std::uint16_t scripted_server::port() const {
  return network_->port();
}

std::size_t scripted_server::sold() const {
  std::lock_guard lock(mutex_);
  return static_cast<std::size_t>(std::count(status_.begin(), status_.end(), 'S'));
}

std::size_t scripted_server::held() const {
  std::lock_guard lock(mutex_);
  return static_cast<std::size_t>(std::count(status_.begin(), status_.end(), 'H'));
}

std::size_t scripted_server::orders() const {
  std::lock_guard lock(mutex_);
  return order_of_key_.size();
}

std::string scripted_server::get(const std::string& target) {
  std::lock_guard lock(mutex_);
  if (target.ends_with("/cancel"))
    return "{}";
  if (!target.ends_with("/seats"))
    return json::serialize(json::object{
        {"id", "rock"}, {"state", "open"}, {"sections", {json::object{{"id", "stalls"}, {"kind", "seated"}}}}});
  json::array guids;
  for (std::size_t i = 0; i < status_.size(); ++i)
    guids.push_back(json::value("A-" + std::to_string(i)));
  return json::serialize(json::object{{"section", "stalls"}, {"seats", guids}, {"status", status_}});
}

std::vector<std::string> scripted_server::answer(const json::object& frame, std::string& buyer) {
  std::lock_guard lock(mutex_);
  auto type = text(frame, "type");
  json::object first;
  json::object later;
  if (type == "hello") {
    first = hello(frame, buyer);
    if (admits && frame.contains("places"))
      later = {{"type", "queue.admitted"}, {"event", "rock"}, {"pass", "pass"}};
  } else if (type == "me") {
    first = own(buyer);
  } else if (type == "queue.join") {
    first = {{"type", "queue.state"}, {"state", state_of_line}, {"number", 7}, {"token", "place"}};
    if (admits)
      later = {{"type", "queue.admitted"}, {"event", "rock"}, {"pass", "pass"}};
  } else if (type == "seats.watch") {
    first = {{"type", "seats.snapshot"}, {"section", "stalls"}, {"status", status_}};
  } else if (type == "hold") {
    first = hold(frame, buyer);
  } else if (type == "order") {
    first = order(frame, buyer);
    later = first;
    later["state"] = "confirmed";
    if (text(first, "type") != "problem")
      orders_of_[buyer] = later;
  } else if (type == "release") {
    auto found = holds_.find(text(frame, "hold"));
    if (found != holds_.end())
      for (auto seat : found->second.seats)
        status_[seat] = '.';
    first = {{"type", "released"}, {"hold", text(frame, "hold")}};
  } else {
    first = {{"type", "queue.left"}};
  }
  first["re"] = text(frame, "id");
  std::vector<std::string> answers{json::serialize(first)};
  if (!later.empty() && text(first, "type") != "problem")
    answers.push_back(json::serialize(later));
  return answers;
}

bool scripted_server::is_sent_away(const std::string& type, const std::string& buyer) {
  std::lock_guard lock(mutex_);
  return type == sends_away_after && sent_away_.insert(buyer).second;
}

json::object scripted_server::hello(const json::object& frame, std::string& buyer) {
  const auto* resume = frame.if_contains("resume");
  auto token = text(frame, "token");
  if (resume && !forgets_sessions)
    buyer = text(resume->as_object(), "session");
  else
    buyer = token.empty() ? "buyer-" + std::to_string(++names_) : token;
  json::object welcome{
      {"type", "welcome"}, {"session", buyer}, {"token", buyer}, {"resumed", resume != nullptr && !forgets_sessions}};
  if (frame.contains("places"))
    welcome["places"] = json::array{json::object{{"event", "rock"}, {"number", mistakes_places ? 8 : 7}}};
  return welcome;
}

json::object scripted_server::own(const std::string& buyer) const {
  json::array holds;
  json::array orders;
  for (const auto& [name, kept] : holds_)
    if (kept.buyer == buyer && !forgets_what_is_whose)
      holds.push_back(json::object{{"hold", name}, {"event", "rock"}});
  if (auto known = orders_of_.find(buyer); known != orders_of_.end() && !forgets_what_is_whose)
    orders.push_back(known->second);
  return {{"type", "me"}, {"holds", holds}, {"orders", orders}, {"unknown", json::array{}}};
}

json::object scripted_server::hold(const json::object& frame, const std::string& buyer) {
  auto& name = hold_of_key_[buyer + '/' + text(frame, "key")];
  if (name.empty()) {
    std::vector<std::size_t> wanted;
    if (frame.contains("seats"))
      for (const auto& guid : frame.at("seats").as_array())
        wanted.push_back(std::stoul(std::string(guid.as_string()).substr(2)));
    else if (auto place = status_.find('.'); place != status_.npos)
      wanted.push_back(place);
    bool free = std::all_of(wanted.begin(), wanted.end(), [&](std::size_t seat) { return status_[seat] == '.'; });
    if (!free || wanted.empty())
      return problem(free ? "sold-out" : "seat-taken");
    for (auto seat : wanted)
      status_[seat] = 'H';
    name = "hold-" + std::to_string(++names_);
    holds_[name] = {buyer, wanted};
  }
  const auto& kept = holds_.at(name);
  return {{"type", "held"},
          {"hold", forgets_keys ? name + '-' + std::to_string(++names_) : name},
          {"seats", seat_objects(kept.seats)},
          {"total", money(kept.seats.size())},
          {"expires_in_s", 1}};
}

json::object scripted_server::order(const json::object& frame, const std::string& buyer) {
  auto found = holds_.find(text(frame, "hold"));
  if (found == holds_.end())
    return problem("hold-expired");
  auto& name = order_of_key_[buyer + '/' + text(frame, "key")];
  if (name.empty())
    name = "order-" + std::to_string(++names_);
  for (auto seat : found->second.seats)
    status_[seat] = 'S';
  return {{"type", "order"},
          {"order", name},
          {"hold", found->first},
          {"state", "charging"},
          {"seats", seat_objects(found->second.seats)},
          {"total", money(found->second.seats.size())}};
}

} // namespace usher::tests
