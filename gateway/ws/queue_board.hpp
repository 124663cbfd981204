#pragma once

#include "codec/encode.hpp"
#include "gateway/thread/outbox.hpp"
#include "gateway/thread/pass_book.hpp"
#include "messages/queue.hpp"

#include <array>
#include <cstddef>
#include <map>
#include <memory>
#include <unordered_set>
#include <vector>

namespace usher::gateway {

class buyer_index;
class connected_session;

/// The place of `number`, given the room's state in `moved`.
[[nodiscard]] domain::queue_place estimate(const messages::queue_moved& moved, domain::queue_number number);

/// When somebody who asks by and by should ask again: the sooner, the nearer their turn. While the event
/// may soon be sold out, within 1 s, and while it is, within 2 s: later only if very many would ask so often. `room` is
/// what their waiting room said last; null if it has said nothing yet.
[[nodiscard]] domain::seconds poll_after(const domain::queue_place& place, const messages::queue_moved* room);

/// How often somebody with that long to wait is told: every second when near, up to every half minute when far.
[[nodiscard]] domain::seconds telling_period(domain::seconds eta_low);

/// Tells one thread's people in waiting rooms their places.
///
/// A room says four times a second how far it is; each person's place follows from that. Everybody has a slot in a
/// wheel that turns once in 32 seconds, so even millions are told in an even stream. When a room's state changes (it is
/// sold out, or no longer, or closed), everybody in it comes forward in the wheel and is told at once.
class queue_board {
public:
  queue_board(outbox& requests, const buyer_index& buyers, pass_book& passes);

  /// `session` waits in `event` from now on, and is told its place. `visit` distinguishes this stay from earlier ones.
  void enter(const domain::event_id& event, const std::shared_ptr<connected_session>& session, std::uint64_t visit);
  /// Notes that a connection of the buyer is gone. The room hears of it with the next turn, unless another of the
  /// buyer's connections here waits there by then; a connection with an open request is given time to be answered.
  void left(const domain::event_id& event, const domain::buyer_id& buyer);

  void moved(messages::queue_moved&& news);
  void admitted(const messages::people_admitted& news);
  /// Tells the buyer's other connections, which still wait or have a pass. The pass is void.
  void given_up(const messages::place_given_up& news);

  /// Turns the wheel by one slot and tells whoever is in it; called four times a second.
  void turn();

  /// See the function of this name.
  [[nodiscard]] domain::seconds poll_after(const domain::event_id& event, const domain::queue_place& place) const;

  static constexpr int turns_per_s = 4;

private:
  struct room {
    std::optional<messages::queue_moved> last;
    std::unordered_set<domain::buyer_id> gone; ///< perhaps: those who lost a connection
    bool state_is_news = false;                ///< not everybody there was told the room's present state
    std::uint64_t told_all = 0;                ///< at which turn everybody came forward last
  };
  struct spot {
    std::weak_ptr<connected_session> session;
    domain::event_id event;
    std::uint64_t visit = 0; ///< which of the session's stays in that room
  };

  static constexpr std::size_t slots = 128;
  /// News for all is spread over so many turns; until then there is no other.
  static constexpr std::size_t news_slots = 3;

  void tell_who_left(const domain::event_id& event, room& one);
  /// Puts everybody who waits for this event into the next slots.
  void bring_forward(const domain::event_id& event);
  void place(spot&& one, domain::seconds period);

  outbox& requests_;
  const buyer_index& buyers_;
  pass_book& passes_;
  std::map<domain::event_id, room> rooms_;
  std::array<std::vector<spot>, slots> wheel_;
  std::size_t hand_ = 0;
  std::uint64_t turns_ = news_slots;
  std::size_t spread_ = 0; ///< puts people who join together into neighbouring slots
};

} // namespace usher::gateway
