#include "crowd/buyer.hpp"

#include "crowd/frame_reader.hpp"
#include "crowd/frames.hpp"

#include <string>
#include <utility>

namespace usher::crowd {

using steady = std::chrono::steady_clock;

crowd_buyer::crowd_buyer(crowd_floor& floor, std::uint64_t number)
    : floor_(floor), number_(number), chance_(floor.options.seed, number), timer_(floor.context),
      move_timer_(floor.context), server_(number % floor.servers.size()) {}

// ---- coming and waiting -------------------------------------------------------

void crowd_buyer::arrive() {
  floor_.places.enter([this] { connect(); });
}

void crowd_buyer::connect() {
  greeted_ = false;
  ++connections_;
  client_ = std::make_unique<websocket_client>(floor_.context, *this);
  floor_.door.enter([this] {
    at_door_ = true;
    client_->open(floor_.servers[server_]);
  });
}

void crowd_buyer::on_open() {
  at_door_ = false;
  floor_.door.leave();
  client_->send(hello());
  wait(answer_patience, &crowd_buyer::no_answer);
}

void crowd_buyer::greeted(std::string_view frame) {
  greeted_ = true;
  reconnects_ = 0;
  bool is_first = session_.empty();
  session_ = text_of(frame, "session");
  if (auto token = member(frame, "token"))
    token_ = *token;
  is_first ? join() : came_back(frame);
}

void crowd_buyer::join() {
  ask(R"("queue.join","event":")" + floor_.options.event + '"', &crowd_buyer::joined, &crowd_buyer::refused);
}

void crowd_buyer::joined(std::string_view frame) {
  ++floor_.report.joined;
  auto state = text_of(frame, "state");
  if (state == "admitted")
    return admitted(member(frame, "pass").value_or(std::string_view()));
  if (state == "waiting" || state == "drawing" || state == "sold_out") {
    place_ = text_of(frame, "token");
    place_number_ = text_of(frame, "number");
    return enter(stage::waiting);
  }
  turn_away();
}

void crowd_buyer::turn_away() {
  ++floor_.report.turned_away;
  leave();
}

void crowd_buyer::admitted(std::string_view pass) {
  pass_ = pass;
  place_.clear();
  ++floor_.report.admitted;
  enter(stage::shopping);
  section_ = floor_.hall.choose_section(chance_);
  quantity_ = 1 + chance_.below(4);
  look();
}

// ---- choosing and holding -----------------------------------------------------

void crowd_buyer::look() {
  if (++tries_ > floor_.options.habits.tries)
    return turn_away();
  if (chance_.happens(floor_.options.habits.takes_best))
    return hold(R"("best":{"quantity":)" + std::to_string(quantity_) + '}');
  const auto& section = floor_.hall.section(section_);
  if (section.general)
    return hold("\"section\":" + section.id + ",\"quantity\":" + std::to_string(quantity_));
  ask(R"("seats.watch","event":")" + floor_.options.event + R"(","section":)" + section.id, &crowd_buyer::looked,
      &crowd_buyer::refused);
}

void crowd_buyer::look_elsewhere() {
  auto before = section_;
  if (!chance_.happens(floor_.options.habits.stays_in_section))
    section_ = floor_.hall.choose_section(chance_);
  if (before == section_ || floor_.hall.section(before).general)
    return look();
  watched_.clear();
  // Nobody waits for this answer: `seats.unwatched` says nothing new.
  client_->send(R"({"type":"seats.unwatch","id":"unwatch","event":")" + floor_.options.event + R"(","section":)"
                + floor_.hall.section(before).id + '}');
  look();
}

void crowd_buyer::looked(std::string_view frame) {
  status_ = text_of(frame, "status");
  watched_ = floor_.hall.section(section_).id;
  wait(about(floor_.options.habits.looks_for), &crowd_buyer::pick);
}

void crowd_buyer::pick() {
  const auto& section = floor_.hall.section(section_);
  auto chosen = floor_.hall.choose_seats(chance_, std::string_view(status_).substr(0, section.guids.size()), quantity_);
  if (chosen.empty()) {
    // Everything here is gone: try another section, whatever the habit.
    section_ = floor_.hall.choose_section(chance_);
    return look();
  }
  std::string places = "\"seats\":[";
  for (std::size_t i = 0; i < chosen.size(); ++i)
    places.append(i == 0 ? "" : ",").append(section.guids[chosen[i]]);
  hold(places + ']');
}

void crowd_buyer::hold(const std::string& places) {
  std::string members = R"("hold","event":")" + floor_.options.event + '"';
  members += member_text("key", "hold-" + std::to_string(requests_));
  if (!pass_.empty())
    members += member_text("pass", pass_);
  ask_with_key(members + ',' + places, &crowd_buyer::held, &crowd_buyer::hold_refused);
}

void crowd_buyer::held(std::string_view frame) {
  ++floor_.report.held;
  hold_ = text_of(frame, "hold");
  std::chrono::seconds left(number_of(member(frame, "expires_in_s").value_or(std::string_view())));
  hold_ends_ = steady::now() + left;
  const auto& habits = floor_.options.habits;
  if (chance_.happens(habits.pays))
    return wait(about(habits.thinks_for), &crowd_buyer::order);
  if (chance_.happens(habits.releases))
    return wait(about(habits.thinks_for), &crowd_buyer::release);
  if (!chance_.happens(habits.watches_end))
    return leave();
  wait(left + expiry_patience, &crowd_buyer::not_expired);
}

void crowd_buyer::hold_refused(const std::string& slug) {
  if (slug == "seat-taken" || slug == "sold-out" || slug == "would-orphan") {
    ++floor_.report.taken;
    return look_elsewhere();
  }
  if (is_busy(slug))
    return wait(pause_when_busy, &crowd_buyer::look);
  refused(slug);
}

void crowd_buyer::hold_ran_out() {
  ++floor_.report.expired;
  hold_.clear();
  leave();
}

// ---- paying, or not -----------------------------------------------------------

void crowd_buyer::order() {
  ordering_since_ = steady::now();
  ask_with_key(R"("order","hold":")" + hold_ + '"' + member_text("key", "order-" + std::to_string(requests_))
                   + R"(,"payment":{"method":"card"})",
               &crowd_buyer::ordered, &crowd_buyer::order_refused);
}

void crowd_buyer::ordered(std::string_view frame) {
  order_ = text_of(frame, "order");
  wait(payment_patience, &crowd_buyer::unsettled);
  settle(frame);
}

void crowd_buyer::settle(std::string_view frame) {
  auto state = member(frame, "state").value_or(std::string_view());
  if (state == "confirmed")
    return confirmed(frame);
  if (state == "failed")
    return declined();
  if (state == "refunded") {
    ++floor_.report.refunded;
    order_.clear();
    leave();
  }
}

void crowd_buyer::confirmed(std::string_view frame) {
  auto& report = floor_.report;
  ++report.ordered;
  report.sold_seats += seats_of(frame);
  report.revenue += total_of(frame);
  report.order.record(std::chrono::duration_cast<std::chrono::microseconds>(steady::now() - ordering_since_));
  hold_.clear();
  if (chance_.happens(floor_.options.habits.cancels))
    return cancel();
  order_.clear();
  leave();
}

void crowd_buyer::declined() {
  ++floor_.report.declined;
  order_.clear();
  release();
}

void crowd_buyer::order_refused(const std::string& slug) {
  if (slug == "payment-declined")
    return declined();
  if (slug == "hold-expired")
    return hold_ran_out();
  if (is_busy(slug))
    return wait(pause_when_busy, &crowd_buyer::order);
  refused(slug);
}

void crowd_buyer::cancel() {
  stop_waiting();
  floor_.http.call({.method = "POST",
                    .target = "/v1/orders/" + std::exchange(order_, {}) + "/cancel",
                    .headers = {{"Authorization", "Bearer " + token_}}},
                   [this](const http_answer& answer) {
                     if (answer.status / 100 == 2)
                       ++floor_.report.cancelled;
                     else
                       fail("cancelling: " + std::to_string(answer.status) + ' ' + answer.body);
                     if (stage_ == stage::shopping)
                       leave();
                   });
}

void crowd_buyer::release() {
  ask(R"("release","hold":")" + hold_ + '"', &crowd_buyer::released, &crowd_buyer::refused);
}

void crowd_buyer::released(std::string_view) {
  ++floor_.report.released;
  hold_.clear();
  leave();
}

// ---- leaving ------------------------------------------------------------------

void crowd_buyer::leave() {
  enter(stage::leaving);
  ask(R"("queue.leave","event":")" + floor_.options.event + '"', &crowd_buyer::left, &crowd_buyer::left_anyhow);
}

void crowd_buyer::left(std::string_view) {
  client_->close();
  wait(answer_patience, &crowd_buyer::go);
}

void crowd_buyer::left_anyhow(const std::string& slug) {
  if (put_off(slug))
    return;
  fail("queue.leave: " + slug);
  left({});
}

void crowd_buyer::go() {
  if (stage_ == stage::gone)
    return;
  stop_waiting();
  move_timer_.cancel();
  client_.reset();
  open_ = {};
  enter(stage::gone);
  ++floor_.report.gone;
  floor_.places.leave();
}

} // namespace usher::crowd
