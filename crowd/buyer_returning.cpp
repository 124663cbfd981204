#include "crowd/buyer.hpp"

#include "crowd/frame_reader.hpp"
#include "crowd/frames.hpp"

#include <algorithm>
#include <string>
#include <utility>

/// How a simulated buyer comes back after its connection has ended, perhaps to another server, and sees whether all
/// that it had is still there.
namespace usher::crowd {

using steady = std::chrono::steady_clock;

namespace {

/// The server's close codes by which a client comes back at once.
constexpr std::uint16_t back_at_once = 4200;
constexpr std::uint16_t back_at_once_end = 4300;
/// Codes from here on up to `back_at_once` ask to come back later; those below do not.
constexpr std::uint16_t back_later = 4100;
constexpr std::uint16_t gone_for_good = 4000;

/// The object of the array `name` whose member `key` is `value`.
std::optional<std::string_view> find_in(std::string_view frame, std::string_view name, std::string_view key,
                                        std::string_view value) {
  for (auto one : elements(member(frame, name).value_or(std::string_view())))
    if (member(one, key) == value)
      return one;
  return std::nullopt;
}

bool has_unknown(std::string_view own) {
  return !elements(member(own, "unknown").value_or(std::string_view())).empty();
}

} // namespace

void crowd_buyer::on_closed(std::uint16_t code, const std::string& why) {
  if (std::exchange(at_door_, false))
    floor_.door.leave();
  if (stage_ == stage::leaving)
    return go();
  auto is_told = code >= back_at_once && code < back_at_once_end;
  if (is_told)
    ++floor_.report.moved;
  else if (floor_.options.may_lose_servers && (code < gone_for_good || code >= back_later))
    ++floor_.report.lost;
  else
    fail(code == 0 ? "connection lost: " + why : "closed with " + std::to_string(code) + ": " + why);
  if (code >= gone_for_good && code < back_later)
    return go();
  interrupt();
  server_ = (server_ + 1) % floor_.servers.size();
  wait(is_told ? std::chrono::milliseconds(0) : about(pause_when_busy), &crowd_buyer::reconnect);
}

/// Notes what the buyer was about to do.
void crowd_buyer::interrupt() {
  if (greeted_ && open_.id.empty())
    interrupted_ = due_;
  greeted_ = false;
}

void crowd_buyer::reconnect() {
  client_.reset();
  if (stage_ == stage::leaving || ++reconnects_ > reconnects_max) {
    if (stage_ != stage::leaving)
      fail("connection lost too often");
    return go();
  }
  connect();
}

void crowd_buyer::move_within(double seconds) {
  move_timer_.expires_after(std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1'000 * chance_.unit())));
  move_timer_.async_wait([this, connection = connections_](boost::system::error_code error) {
    if (!error)
      move(connection);
  });
}

/// Goes elsewhere before the server insists, unless an answer is still to come: then the server waits for that, too.
void crowd_buyer::move(std::uint64_t connection) {
  if (connection != connections_ || !greeted_ || !open_.id.empty() || stage_ == stage::leaving || stage_ == stage::gone)
    return;
  ++floor_.report.moved;
  interrupt();
  stop_waiting();
  server_ = (server_ + 1) % floor_.servers.size();
  reconnect();
}

/// Says who the buyer is, and all that they had.
std::string crowd_buyer::hello() const {
  std::string frame = R"({"type":"hello","id":"hello")";
  if (!token_.empty())
    frame += member_text("token", token_);
  if (!session_.empty())
    frame += R"(,"resume":{"session":")" + session_ + R"(","seen":)" + std::to_string(seen_) + '}';
  if (!place_.empty())
    frame += R"(,"places":[")" + place_ + "\"]";
  if (!watched_.empty())
    frame += R"(,"watch":[{"event":")" + floor_.options.event + R"(","sections":[)" + watched_ + "]}]";
  return frame + '}';
}

void crowd_buyer::came_back(std::string_view welcome) {
  auto is_resumed = member(welcome, "resumed") == "true";
  if (!is_resumed && !floor_.options.may_lose_servers)
    fail("not resumed");
  if (!place_.empty()) {
    auto places = elements(member(welcome, "places").value_or(std::string_view()));
    if (places.empty() || (!member(places.front(), "problem") && member(places.front(), "number") != place_number_))
      fail("a place was lost");
    else if (member(places.front(), "problem"))
      return ask(R"("queue.join","event":")" + floor_.options.event + '"' + member_text("token", place_),
                 &crowd_buyer::rejoined, &crowd_buyer::refused);
  }
  if (!is_resumed && open_.id.empty() && !(hold_.empty() && order_.empty()))
    return ask_what_is_mine();
  go_on();
}

void crowd_buyer::rejoined(std::string_view frame) {
  auto state = text_of(frame, "state");
  if (state == "admitted")
    return admitted(member(frame, "pass").value_or(std::string_view()));
  if (state == "closed" || state == "expired")
    return turn_away();
  if (text_of(frame, "number") != place_number_)
    fail("a place was lost");
}

void crowd_buyer::ask_what_is_mine() {
  ask(R"("me","event":")" + floor_.options.event + '"', &crowd_buyer::heard_what_is_mine, &crowd_buyer::refused);
}

void crowd_buyer::heard_what_is_mine(std::string_view frame) {
  order_.empty() ? heard_of_hold(frame) : heard_of_order(frame);
}

void crowd_buyer::heard_of_order(std::string_view own) {
  if (auto mine = find_in(own, "orders", "order", order_)) {
    go_on();
    return settle(*mine);
  }
  if (has_unknown(own))
    return wait(about(pause_when_busy), &crowd_buyer::ask_what_is_mine);
  fail("an order was lost");
  leave();
}

void crowd_buyer::heard_of_hold(std::string_view own) {
  if (find_in(own, "holds", "hold", hold_))
    return go_on();
  if (has_unknown(own))
    return wait(about(pause_when_busy), &crowd_buyer::ask_what_is_mine);
  if (steady::now() < hold_ends_)
    fail("a hold was lost");
  hold_ran_out();
}

/// Does what was interrupted.
void crowd_buyer::go_on() {
  auto due = std::exchange(interrupted_, nullptr);
  if (!open_.id.empty())
    send_open_request();
  else if (due == &crowd_buyer::unsettled || due == &crowd_buyer::not_expired)
    wait(payment_patience, due);
  else if (due != nullptr)
    wait(about(floor_.options.habits.thinks_for), due);
}

} // namespace usher::crowd
