#pragma once

#include "gateway/moment.hpp"

#include <cstddef>
#include <list>
#include <optional>

namespace usher::gateway {

class connection_table;

/// A socket of one thread, as the thread sees it: something that has time limits and must end some day.
class connection {
public:
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;

  /// Called every second, in place of a timer for each deadline.
  virtual void sweep(moment now) = 0;
  /// Whether it lasts until its client or the node ends it, and its client can be told to go: a WebSocket after
  /// `hello`. Others end by themselves with an answer, or soon.
  [[nodiscard]] virtual bool lasts() const { return false; }
  // Only those that last do anything of the next three.

  /// The client is to go on at another node: tells it so, and serves it until it goes, or until `at`.
  virtual void leave_by(moment at, moment now);
  /// Closes if the client should have gone by `now`, and does not wait for an answer.
  virtual void leave_if_due(moment now);
  /// The node's clients may stay after all.
  virtual void stay();
  /// The node is going away: finish what was begun, accept nothing new, and close.
  virtual void drain() = 0;
  /// Closes the socket without ceremony.
  virtual void abort() = 0;
  /// How much of its thread's budget its unsent answers take, in bytes; 0 when it cannot give them up.
  [[nodiscard]] virtual std::size_t outgoing_bytes() const = 0;
  /// Gives its unsent answers up, and closes: the thread has more of them than it may. No connection is destroyed
  /// before the loop's next turn.
  virtual void give_way() = 0;

protected:
  explicit connection(connection_table& table);
  virtual ~connection();

private:
  friend class connection_table;
  connection_table& table_;
  std::size_t place_ = 0;                                ///< in the table
  bool told_to_leave_ = false;                           ///< by `connection_table::send_away`
  bool told_to_end_ = false;                             ///< by `connection_table::drain_some`
  std::optional<std::list<connection*>::iterator> idle_; ///< its place among the idle ones
};

} // namespace usher::gateway
