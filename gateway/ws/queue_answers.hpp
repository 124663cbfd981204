#pragma once

#include "codec/encode.hpp"
#include "domain/ids.hpp"
#include "gateway/node_functions.hpp"

#include <chrono>

namespace usher::codec {
class tokens;
}

namespace usher::gateway {

class pass_book;
class queue_board;

/// Makes what buyers are told of their places in waiting rooms, with the tokens that go with it.
class queue_answers {
public:
  /// A pass is good for `pass_ttl` where there is no waiting room.
  queue_answers(const codec::tokens& tokens, const pass_book& passes, const queue_board& board, const time_source& now,
                std::chrono::seconds pass_ttl)
      : tokens_(tokens), passes_(passes), board_(board), now_(now), pass_ttl_(pass_ttl) {}

  [[nodiscard]] codec::queue_answer of(const domain::event_id& event, const domain::buyer_id& buyer,
                                       const domain::queue_place& place) const;

private:
  const codec::tokens& tokens_;
  const pass_book& passes_;
  const queue_board& board_;
  const time_source& now_;
  std::chrono::seconds pass_ttl_;
};

} // namespace usher::gateway
