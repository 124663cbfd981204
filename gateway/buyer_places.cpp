#include "gateway/buyer_places.hpp"

#include "gateway/client_address.hpp"

#include <utility>

namespace usher::gateway {

buyer_places::place::place(buyer_places& all, std::string customer) : all_(&all), customer_(std::move(customer)) {}

buyer_places::place::place(place&& other) noexcept
    : all_(std::exchange(other.all_, nullptr)), customer_(std::move(other.customer_)) {}

buyer_places::place::~place() {
  if (all_ != nullptr)
    all_->leave(customer_);
}

buyer_places::place buyer_places::take(const boost::asio::ip::address& peer) {
  auto customer = customer_of(peer);
  std::lock_guard guard{lock_};
  ++taken_;
  ++by_customer_[customer];
  return {*this, std::move(customer)};
}

std::size_t buyer_places::taken() const {
  std::lock_guard guard{lock_};
  return taken_;
}

std::size_t buyer_places::taken_by(const boost::asio::ip::address& peer) const {
  auto customer = customer_of(peer);
  std::lock_guard guard{lock_};
  auto found = by_customer_.find(customer);
  return found == by_customer_.end() ? 0 : found->second;
}

void buyer_places::leave(const std::string& customer) {
  std::lock_guard guard{lock_};
  --taken_;
  if (auto found = by_customer_.find(customer); --found->second == 0)
    by_customer_.erase(found);
}

} // namespace usher::gateway
