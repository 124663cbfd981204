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
class buyer_session;

/// The place of `number`, given the room's state in `moved`.
[[nodiscard]] domain::queue_place estimate(const messages::queue_moved& moved, domain::queue_number number);

/// How often somebody with that long to wait is told: every second when near, up to every half minute when far.
[[nodiscard]] domain::seconds telling_period(domain::seconds eta_low);

/// Tells one thread's people in waiting rooms their places.
///
/// A room says four times a second how far it is; each person's place follows from that. Everybody has a slot in a
/// wheel that turns once in 32 seconds, so even millions are told in an even stream.
class queue_board {
public:
  queue_board(outbox& requests, const buyer_index& buyers, pass_book& passes);

  /// `session` waits in `event` from now on, and is told its place. `visit` distinguishes this stay from earlier ones.
  void enter(const domain::event_id& event, const std::shared_ptr<buyer_session>& session, std::uint64_t visit);
  /// Notes that a connection of the buyer is gone. The room hears of it with the next turn, unless another of the
  /// buyer's connections here waits there by then; a connection with an open request is given time to be answered.
  void left(const domain::event_id& event, const domain::buyer_id& buyer);

  void moved(messages::queue_moved&& news);
  void admitted(messages::people_admitted&& news, domain::instant now);
  /// Tells the buyer's other connections, which still wait.
  void given_up(const messages::place_given_up& news);

  /// Turns the wheel by one slot and tells whoever is in it; called four times a second.
  void turn();

  static constexpr int turns_per_s = 4;

private:
  struct room {
    std::optional<messages::queue_moved> last;
    std::unordered_set<domain::buyer_id> gone; ///< perhaps: those who lost a connection
  };
  struct spot {
    std::weak_ptr<buyer_session> session;
    domain::event_id event;
    std::uint64_t visit = 0; ///< which of the session's stays in that room
  };

  static constexpr std::size_t slots = 128;

  void tell_who_left(const domain::event_id& event, room& one);
  void place(spot&& one, domain::seconds period);

  outbox& requests_;
  const buyer_index& buyers_;
  pass_book& passes_;
  std::map<domain::event_id, room> rooms_;
  std::array<std::vector<spot>, slots> wheel_;
  std::size_t hand_ = 0;
  std::size_t spread_ = 0; ///< puts people who join together into neighbouring slots
};

} // namespace usher::gateway
