#include "gateway/thread/connection_table.hpp"

#include <algorithm>
#include <utility>

namespace usher::gateway {

connection::connection(connection_table& table) : table_(table) {
  table_.enter(*this);
}

connection::~connection() {
  table_.leave(*this);
}

void connection::leave_by(moment, moment) {}
void connection::leave_if_due(moment) {}
void connection::stay() {}

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

void connection_table::send_away(moment now, std::chrono::milliseconds spread) {
  auto is_new = [](const connection* one) { return one->lasts() && !one->told_to_leave_; };
  auto left = std::ranges::count_if(connections_, is_new);
  if (left == 0)
    return;
  auto step = std::chrono::duration_cast<moment::duration>(spread) / left;
  auto at = now;
  visit_all([&](connection& one) {
    if (!is_new(&one))
      return;
    one.told_to_leave_ = true;
    one.leave_by(at += step, now);
  });
}

void connection_table::end_stays(moment now) {
  visit_all([now](connection& one) { one.leave_if_due(now); });
}

void connection_table::let_stay() {
  visit_all([](connection& one) {
    one.told_to_leave_ = false;
    one.stay();
  });
}

bool connection_table::any_lasts() const {
  return std::ranges::any_of(connections_, [](const connection* one) { return one->lasts(); });
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

std::size_t connection_table::make_room(const std::function<bool()>& enough) {
  std::vector<std::pair<std::size_t, connection*>> by_size;
  for (auto* one : connections_)
    if (auto bytes = one->outgoing_bytes(); bytes > 0)
      by_size.emplace_back(bytes, one);
  std::ranges::sort(by_size, std::ranges::greater{}, [](const auto& each) { return each.first; });
  std::size_t gone = 0;
  for (; gone < by_size.size() && !enough(); ++gone)
    by_size[gone].second->give_way();
  return gone;
}

} // namespace usher::gateway
