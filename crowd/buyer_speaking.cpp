#include "crowd/buyer.hpp"

#include "crowd/frame_reader.hpp"
#include "crowd/frames.hpp"

#include <string>
#include <utility>

/// How a simulated buyer speaks: one request at a time, its answer, and unsolicited frames.
namespace usher::crowd {

using steady = std::chrono::steady_clock;

void crowd_buyer::ask(std::string members, frame_step granted, refusal_step denied) {
  open_ = {std::move(members), {}, granted, denied, steady::now()};
  repeats_ = 0;
  busy_ = 0;
  send_open_request();
}

void crowd_buyer::ask_with_key(std::string members, frame_step granted, refusal_step denied) {
  bool loses = chance_.happens(floor_.options.habits.loses_answer);
  ask(std::move(members), granted, denied);
  if (!loses)
    return;
  ++floor_.report.repeated;
  repeats_ = 2;
  client_->drop_after_sending([this] { reconnect(); });
}

void crowd_buyer::send_open_request() {
  open_.id = std::to_string(++requests_);
  client_->send("{\"type\":" + open_.members + member_text("id", open_.id) + '}');
  wait(answer_patience, &crowd_buyer::no_answer);
}

void crowd_buyer::on_frame(std::string_view text) {
  ++seen_;
  auto [type, re] = head_of(text);
  if (re.empty())
    return heard(type, text);
  if (re == "hello") {
    stop_waiting();
    if (type == "welcome")
      return greeted(text);
    fail("hello: " + std::string(slug_of(text)));
    return go();
  }
  if (!open_.id.empty() && re == open_.id)
    return answered(type, text);
  if (re != "unwatch")
    fail("answer to nothing");
}

void crowd_buyer::answered(std::string_view type, std::string_view frame) {
  stop_waiting();
  auto asked = open_;
  open_.id.clear();
  if (type == "problem") {
    std::string slug(slug_of(frame));
    // The lost request may still be on its way through the server.
    if (slug == "in-progress" && repeats_ > 0)
      return wait(pause_when_busy, &crowd_buyer::send_open_request);
    repeats_ = 0;
    return (this->*asked.denied)(slug);
  }
  if (repeats_ == 2) {
    first_answer_ = identity_of(frame);
    repeats_ = 1;
    return send_open_request();
  }
  if (repeats_ == 1) {
    repeats_ = 0;
    if (identity_of(frame) != first_answer_) {
      ++floor_.report.differences;
      fail("a repeated key got another answer");
    }
  } else if (type == "held") {
    floor_.report.hold.record(std::chrono::duration_cast<std::chrono::microseconds>(steady::now() - asked.since));
  }
  (this->*asked.granted)(frame);
}

void crowd_buyer::heard(std::string_view type, std::string_view frame) {
  if (type == "reconnect")
    return move_within(real_of(member(frame, "within_s").value_or(std::string_view())));
  if (type == "queue.admitted" && stage_ == stage::waiting && open_.id.empty())
    return admitted(member(frame, "pass").value_or(std::string_view()));
  if (type == "queue.state" && stage_ == stage::waiting && open_.id.empty()) {
    auto state = member(frame, "state");
    if (state == "admitted" && member(frame, "pass"))
      return admitted(*member(frame, "pass"));
    if (state == "closed" || state == "expired")
      return turn_away();
  }
  if (type == "order" && stage_ == stage::shopping && open_.id.empty() && !order_.empty()
      && member(frame, "order") == order_)
    return settle(frame);
  // A hold may run out while its buyer is making up their mind; if a request is open, its answer will say so.
  if (type == "hold.expired" && stage_ == stage::shopping && open_.id.empty() && !hold_.empty()
      && member(frame, "hold") == hold_)
    return hold_ran_out();
}

void crowd_buyer::wait(std::chrono::milliseconds for_how_long, step then) {
  due_ = then;
  timer_.expires_after(for_how_long);
  timer_.async_wait([this, then](boost::system::error_code error) {
    // A timer that has expired already cannot be cancelled: its handler is on its way.
    if (error || due_ != then || timer_.expiry() > steady::now())
      return;
    due_ = nullptr;
    (this->*then)();
  });
}

void crowd_buyer::stop_waiting() {
  due_ = nullptr;
  timer_.cancel();
}

void crowd_buyer::no_answer() {
  auto type = std::string_view(open_.members).substr(0, open_.members.find(','));
  fail("unanswered: " + (open_.id.empty() ? std::string("hello") : std::string(type)));
  go();
}

void crowd_buyer::unsettled() {
  fail("an order was not settled");
  leave();
}

void crowd_buyer::not_expired() {
  fail("a hold did not run out");
  leave();
}

std::chrono::milliseconds crowd_buyer::about(std::chrono::milliseconds mean) {
  return std::chrono::milliseconds(static_cast<std::int64_t>(static_cast<double>(mean.count()) * 2 * chance_.unit()));
}

void crowd_buyer::enter(stage next) {
  auto count = [this](stage which) -> std::uint64_t* {
    if (which == stage::waiting)
      return &floor_.report.waiting;
    return which == stage::shopping ? &floor_.report.shopping : nullptr;
  };
  if (auto* before = count(stage_))
    --*before;
  stage_ = next;
  if (auto* now = count(stage_))
    ++*now;
}

void crowd_buyer::fail(const std::string& what) {
  auto& errors = floor_.report.errors;
  constexpr std::size_t kinds_max = 100;
  ++errors[errors.contains(what) || errors.size() < kinds_max ? what : "others"];
}

bool crowd_buyer::put_off(const std::string& slug) {
  if (!is_busy(slug) || ++busy_ > busy_max)
    return false;
  wait(about(pause_when_busy), &crowd_buyer::send_open_request);
  return true;
}

void crowd_buyer::refused(const std::string& slug) {
  if (put_off(slug))
    return;
  auto type = std::string_view(open_.members).substr(0, open_.members.find(','));
  fail(slug + " for " + std::string(type));
  stage_ == stage::shopping || stage_ == stage::waiting ? leave() : go();
}

} // namespace usher::crowd
