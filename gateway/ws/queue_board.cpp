#include "gateway/ws/queue_board.hpp"

#include "gateway/thread/buyer_index.hpp"
#include "gateway/thread/connected_session.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace usher::gateway {
namespace {

constexpr domain::seconds poll_min{1};
constexpr domain::seconds poll_max{30};
/// Polling ten times until one's turn shows progress and costs little.
constexpr int polls_until_turn = 10;
/// How soon whoever asks hears that the event is no longer sold out; that it is sold out they hear within `poll_min`.
constexpr domain::seconds poll_max_sold_out{2};
/// Unless more people wait than can be answered so often.
constexpr std::uint64_t polls_per_s_max = 20'000;

} // namespace

domain::seconds poll_after(const domain::queue_place& place, const messages::queue_moved* room) {
  if (!domain::in_line(place.state))
    return poll_max;
  auto usual = std::clamp(place.eta_low / polls_until_turn, poll_min, poll_max);
  auto is_sold_out = place.state == domain::queue_state::sold_out;
  if (!is_sold_out && !(room && room->few_left))
    return usual;
  auto people = room && !room->line.marks.empty() ? room->line.marks.back().waiting : 0;
  auto bearable = domain::seconds{static_cast<domain::seconds::rep>(people / polls_per_s_max)};
  return std::min(usual, std::max(is_sold_out ? poll_max_sold_out : poll_min, bearable));
}

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

void queue_board::enter(const domain::event_id& event, const std::shared_ptr<connected_session>& session,
                        std::uint64_t visit) {
  place({session, event, visit}, domain::seconds{1});
}

void queue_board::left(const domain::event_id& event, const domain::buyer_id& buyer) {
  rooms_[event].gone.insert(buyer);
}

void queue_board::moved(messages::queue_moved&& news) {
  auto& one = rooms_[news.event];
  one.state_is_news |= one.last && one.last->state != news.state;
  one.last = std::move(news);
}

domain::seconds queue_board::poll_after(const domain::event_id& event, const domain::queue_place& place) const {
  auto known = rooms_.find(event);
  return gateway::poll_after(place, known != rooms_.end() && known->second.last ? &*known->second.last : nullptr);
}

void queue_board::admitted(const messages::people_admitted& news) {
  for (const auto& person : news.people) {
    passes_.admitted(news.event, person.buyer);
    auto sessions = buyers_.sessions_of(person.buyer);
    if (sessions.empty())
      continue;
    auto pass = passes_.sign(news.event, person.buyer, news.until);
    for (auto* session : sessions)
      session->admitted(news.event, pass);
  }
}

void queue_board::given_up(const messages::place_given_up& news) {
  if (news.pass_until)
    passes_.give_up(news.event, news.buyer, *news.pass_until);
  for (auto* session : buyers_.sessions_of(news.buyer))
    session->given_up(news);
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
  ++turns_;
  for (auto& [event, one] : rooms_) {
    tell_who_left(event, one);
    if (!one.state_is_news || turns_ < one.told_all + news_slots)
      continue;
    one.state_is_news = false;
    one.told_all = turns_;
    bring_forward(event);
  }
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

void queue_board::bring_forward(const domain::event_id& event) {
  std::vector<spot> all;
  for (auto& slot : wheel_) {
    auto theirs = std::partition(slot.begin(), slot.end(), [&](const spot& one) { return one.event != event; });
    std::move(theirs, slot.end(), std::back_inserter(all));
    slot.erase(theirs, slot.end());
  }
  for (std::size_t i = 0; i < all.size(); ++i)
    wheel_[(hand_ + 1 + i % news_slots) % slots].push_back(std::move(all[i]));
}

void queue_board::place(spot&& one, domain::seconds period) {
  auto turns = static_cast<std::size_t>(period.count()) * turns_per_s;
  // The spread delays nobody by more than a quarter of the period.
  auto later = spread_++ % (turns / 4 + 1);
  wheel_[(hand_ + std::min(turns + later, slots - 1)) % slots].push_back(std::move(one));
}

} // namespace usher::gateway
