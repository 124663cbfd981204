#include "gateway/ws/queue_answers.hpp"

#include "codec/tokens.hpp"
#include "gateway/thread/pass_book.hpp"
#include "gateway/ws/queue_board.hpp"

namespace usher::gateway {

codec::queue_answer queue_answers::of(const domain::event_id& event, const domain::buyer_id& buyer,
                                      const domain::queue_place& place) const {
  codec::queue_answer told{.event = event,
                           .place = place,
                           .token = tokens_.sign(codec::queue_claims{event, buyer, place.number}),
                           .pass = std::nullopt,
                           .poll_after = board_.poll_after(event, place)};
  // Where there is no waiting room, nobody says how long a pass lasts.
  if (place.state == domain::queue_state::admitted)
    told.pass =
        passes_.sign(event, buyer, place.pass_until.value_or(std::chrono::floor<domain::seconds>(now_() + pass_ttl_)));
  return told;
}

} // namespace usher::gateway
