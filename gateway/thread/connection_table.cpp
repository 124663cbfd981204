#include "gateway/thread/connection_table.hpp"

#include <utility>

namespace usher::gateway {

connection::connection(connection_table& table) : table_(table) {
  table_.enter(*this);
}

connection::~connection() {
  table_.leave(*this);
}

void connection_table::enter(connection& one) {
  one.place_ = connections_.size();
  connections_.push_back(&one);
}

void connection_table::leave(connection& one) {
  set_idle(one, false);
  connections_.back()->place_ = one.place_;
  connections_[one.place_] = connections_.back();
  connections_.pop_back();
  tell_none();
}

void connection_table::set_idle(connection& one, bool idle) {
  if (idle == one.idle_.has_value())
    return;
  if (idle) {
    one.idle_ = idle_.insert(idle_.end(), &one);
  } else {
    idle_.erase(*one.idle_);
    one.idle_.reset();
  }
}

bool connection_table::close_longest_idle() {
  if (idle_.empty())
    return false;
  auto& one = *idle_.front();
  set_idle(one, false);
  one.abort();
  return true;
}

void connection_table::tell_none() {
  if (connections_.empty() && when_none_)
    std::exchange(when_none_, nullptr)();
}

template <class Visit>
void connection_table::visit_all(Visit visit) {
  for (auto index = connections_.size(); index-- > 0;)
    if (index < connections_.size())
      visit(*connections_[index]);
}

void connection_table::sweep(moment now) {
  visit_all([now](connection& one) { one.sweep(now); });
}

void connection_table::drain_some(std::size_t most) {
  visit_all([&most](connection& one) {
    if (most == 0 || std::exchange(one.told_to_end_, true))
      return;
    --most;
    one.drain();
  });
}

void connection_table::await_none(std::function<void()> when_none) {
  when_none_ = std::move(when_none);
  tell_none();
}

void connection_table::abort() {
  visit_all([](connection& one) { one.abort(); });
}

} // namespace usher::gateway
