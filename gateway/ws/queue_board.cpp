#include "gateway/ws/queue_board.hpp"

#include "gateway/thread/buyer_index.hpp"
#include "gateway/ws/buyer_session.hpp"

#include <algorithm>
#include <utility>

namespace usher::gateway {

domain::seconds telling_period(domain::seconds eta_low) {
  return std::clamp(eta_low / 20, domain::seconds{1}, domain::seconds{30});
}

domain::queue_place estimate(const messages::queue_moved& moved, domain::queue_number number) {
  if (moved.state == domain::queue_state::closed)
    return {.number = number, .state = moved.state};
  auto place = domain::place_behind(moved.line.before(number), moved.pace);
  place.state = moved.state;
  return place;
}

queue_board::queue_board(outbox& requests, const buyer_index& buyers, pass_book& passes)
    : requests_(requests), buyers_(buyers), passes_(passes) {}

void queue_board::enter(const domain::event_id& event, const std::shared_ptr<buyer_session>& session,
                        std::uint64_t visit) {
  place({session, event, visit}, domain::seconds{1});
}

void queue_board::left(const domain::event_id& event, const domain::buyer_id& buyer) {
  rooms_[event].gone.insert(buyer);
}

void queue_board::moved(messages::queue_moved&& news) {
  auto& last = rooms_[news.event].last;
  last = std::move(news);
}

void queue_board::admitted(messages::people_admitted&& news, domain::instant now) {
  for (const auto& person : news.people) {
    passes_.admitted(news.event, person.buyer, now);
    auto sessions = buyers_.sessions_of(person.buyer);
    if (sessions.empty())
      continue;
    auto pass = passes_.sign(news.event, person.buyer, now);
    for (auto* session : sessions)
      session->admitted(news.event, pass);
  }
}

void queue_board::given_up(const messages::place_given_up& news) {
  for (auto* session : buyers_.sessions_of(news.buyer))
    session->given_up(news.event, news.number);
}

void queue_board::tell_who_left(const domain::event_id& event, room& one) {
  std::vector<domain::buyer_id> left;
  std::erase_if(one.gone, [&](const domain::buyer_id& buyer) {
    auto here = buyers_.sessions_of(buyer);
    if (std::any_of(here.begin(), here.end(), [&](const auto* session) { return session->waits_in(event); }))
      return true;
    // A connection with an open request may just be joining the queue. If the buyer were now reported as gone, the room
    // could get that report after the join, and drop somebody who is here.
    if (std::any_of(here.begin(), here.end(), [](const auto* session) { return session->pending() > 0; }))
      return false;
    left.push_back(buyer);
    return true;
  });
  if (!left.empty())
    requests_.tell(messages::people_left{event, std::move(left)});
}

void queue_board::turn() {
  for (auto& [event, one] : rooms_)
    tell_who_left(event, one);
  hand_ = (hand_ + 1) % slots;
  for (auto& one : std::exchange(wheel_[hand_], {})) {
    auto session = one.session.lock();
    auto number = session ? session->waits_in(one.event, one.visit) : std::nullopt;
    if (!number)
      continue;
    auto period = domain::seconds{1};
    if (auto known = rooms_.find(one.event); known != rooms_.end() && known->second.last) {
      auto told = estimate(*known->second.last, *number);
      session->tell_place(one.event, told);
      period = telling_period(told.eta_low);
    }
    place(std::move(one), period);
  }
}

void queue_board::place(spot&& one, domain::seconds period) {
  auto turns = static_cast<std::size_t>(period.count()) * turns_per_s;
  // The spread delays nobody by more than a quarter of the period.
  auto later = spread_++ % (turns / 4 + 1);
  wheel_[(hand_ + std::min(turns + later, slots - 1)) % slots].push_back(std::move(one));
}

} // namespace usher::gateway
