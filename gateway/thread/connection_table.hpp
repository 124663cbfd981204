#pragma once

#include "gateway/thread/connection.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <list>
#include <vector>

namespace usher::gateway {

/// The open connections of one thread. They enter and leave by themselves.
class connection_table {
public:
  [[nodiscard]] std::size_t size() const noexcept { return connections_.size(); }

  /// Notes that a connection waits for its client to want something again, or that it does no longer.
  void set_idle(connection& one, bool idle);
  /// Closes the connection that has been idle for longest; false when none is idle.
  bool close_longest_idle();

  void sweep(moment now);
  /// Has those that last, and have not been told so before, leave: the last of them within `spread`, the others evenly
  /// before that. Call again for those that have come since.
  void send_away(moment now, std::chrono::milliseconds spread);
  /// Closes those that should have left by now.
  void end_stays(moment now);
  /// Nobody has to leave any more.
  void let_stay();
  /// Whether any connection is left that lasts.
  [[nodiscard]] bool any_lasts() const;
  /// Has up to `most` connections end that have not been told so before.
  void drain_some(std::size_t most);
  /// Calls `when_none` once none is left: at once, or when the last one leaves.
  void await_none(std::function<void()> when_none);
  void abort();
  /// Has those with the most to send give way, one after the other, until `enough` or nobody is left. Returns how many
  /// did.
  std::size_t make_room(const std::function<bool()>& enough);

private:
  friend class connection;
  void enter(connection& one);
  void leave(connection& one);
  void tell_none();

  /// From the last to the first: a connection that ends during a visit is replaced by one already visited.
  template <class Visit>
  void visit_all(Visit visit);

  std::vector<connection*> connections_;
  std::list<connection*> idle_; ///< the longest idle one first
  std::function<void()> when_none_;
};

} // namespace usher::gateway
