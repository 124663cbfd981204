#pragma once

#include "gateway/thread/connection.hpp"

#include <cstddef>
#include <functional>
#include <vector>

namespace usher::gateway {

/// The open connections of one thread. They enter and leave by themselves.
class connection_table {
public:
  [[nodiscard]] std::size_t size() const noexcept { return connections_.size(); }

  void sweep(moment now);
  /// Has every connection end, and calls `when_none` once none is left: at once, or when the last one leaves.
  void drain(std::function<void()> when_none);
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
  std::function<void()> when_none_;
};

} // namespace usher::gateway
