#pragma once

#include "codec/encode.hpp"
#include "codec/frames.hpp"
#include "codec/problem.hpp"
#include "messages/trace.hpp"

#include <cstddef>
#include <functional>
#include <optional>

namespace usher::gateway {

class directory;
class outbox;
class queue_answers;

/// Finds out what a buyer has: places in line, holds and orders. Nobody keeps a list of that over all events, so each
/// event that is known here is asked, and its waiting room. What one of them does not say is named in the answer.
class own_things {
public:
  /// So many events are asked for one answer; a client goes on after the last of them.
  static constexpr std::size_t events_max = 16;
  /// The answer, valid during the call.
  using told = std::function<void(const codec::own_answer&)>;

  own_things(outbox& requests, const directory& events, const queue_answers& places)
      : requests_(requests), events_(events), places_(places) {}

  /// Calls `then` once, perhaps before this returns; or returns the problem with the question.
  [[nodiscard]] std::optional<codec::problem> gather(const domain::buyer_id& buyer, messages::trace_id trace,
                                                     const codec::frames::list_own& question, told then);

private:
  outbox& requests_;
  const directory& events_;
  const queue_answers& places_;
};

} // namespace usher::gateway
