#pragma once

#include "codec/encode.hpp"
#include "gateway/thread/directory.hpp"
#include "gateway/thread/outgoing_queue.hpp"
#include "messages/order.hpp"
#include "messages/queue.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace usher::gateway {

/// A buyer's session over a WebSocket, as the other parts of its thread see it: somebody to tell news.
class connected_session {
public:
  [[nodiscard]] virtual const std::string& name() const noexcept = 0;
  /// How many requests are being worked on.
  [[nodiscard]] virtual std::size_t pending() const noexcept = 0;
  virtual void send(outgoing_frame frame) = 0;
  /// Ends the session, whose client goes on with another one; `keep`: so that this other one finds it.
  virtual void replace(bool keep) = 0;

  /// Tells the client by `frame` that an order of the buyer's has changed.
  virtual void tell_order(const messages::order_view& order, const shared_frame& frame) = 0;

  /// Whether this session waits in a room.
  [[nodiscard]] virtual bool waits_in(const domain::event_id& event) const = 0;
  /// The number with which it waits, if `visit` is its present stay there.
  [[nodiscard]] virtual std::optional<domain::queue_number> waits_in(const domain::event_id& event,
                                                                     std::uint64_t visit) const = 0;
  /// Tells the client its place, if that is news.
  virtual void tell_place(const domain::event_id& event, const domain::queue_place& place) = 0;
  /// Tells the client that the buyer may go in.
  virtual void admitted(const domain::event_id& event, const codec::granted_pass& pass) = 0;
  /// If the event's waiting room was started anew, e.g. with another plan, and does not know who is here: takes the
  /// place again. When that has to wait, the next call does it.
  virtual void keep_place(const known_event_ptr& event) = 0;
  /// Ends the wait for a place, or the pass that the buyer got for it, which was given up on another connection.
  virtual void given_up(const messages::place_given_up& news) = 0;

protected:
  ~connected_session() = default;
};

} // namespace usher::gateway
