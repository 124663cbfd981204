#include "gateway/buyer_places.hpp"

#include "gateway/client_address.hpp"

#include <algorithm>
#include <utility>

namespace usher::gateway {

buyer_places::place::place(buyer_places& all) : all_(&all) {}

buyer_places::place::place(place&& other) noexcept
    : all_(std::exchange(other.all_, nullptr)), customer_(std::move(other.customer_)), site_(std::move(other.site_)),
      newcomer_(other.newcomer_) {}

buyer_places::place::~place() {
  if (all_ == nullptr)
    return;
  std::lock_guard guard{all_->lock_};
  --all_->taken_;
  all_->leave(*this);
}

void buyer_places::place::belong_to(const owner& whose) {
  auto customer = whose ? customer_of(*whose) : std::string{};
  auto site = whose ? site_of(*whose) : std::string{};
  if (all_ == nullptr || customer == customer_)
    return;
  std::lock_guard guard{all_->lock_};
  all_->leave(*this);
  customer_ = std::move(customer);
  site_ = std::move(site);
  all_->enter(*this);
}

void buyer_places::place::be_newcomers(bool newcomer) {
  if (all_ == nullptr || newcomer == newcomer_)
    return;
  std::lock_guard guard{all_->lock_};
  all_->leave(*this);
  newcomer_ = newcomer;
  all_->enter(*this);
}

buyer_places::place buyer_places::take(const owner& whose) {
  place one{*this};
  {
    std::lock_guard guard{lock_};
    ++taken_;
  }
  one.belong_to(whose);
  return one;
}

std::size_t buyer_places::taken() const {
  std::lock_guard guard{lock_};
  return taken_;
}

std::ptrdiff_t buyer_places::excess_of(const place& one, const limits& most) const {
  std::lock_guard guard{lock_};
  std::ptrdiff_t excess = 0;
  auto compare = [&](const std::string& name, std::size_t share) {
    auto found = counts_.find(name);
    if (found == counts_.end())
      return;
    auto above = [](std::size_t here, std::size_t allowed) {
      return static_cast<std::ptrdiff_t>(here) - static_cast<std::ptrdiff_t>(allowed);
    };
    excess = std::max({excess, above(found->second.all, most.customer_max * share),
                       above(found->second.newcomers, most.newcomers_max * share)});
  };
  compare(one.customer_, 1);
  compare(one.site_, customers_per_site);
  return excess;
}

void buyer_places::enter(const place& one) {
  for (const auto* name : {&one.customer_, &one.site_})
    if (!name->empty()) {
      auto& mine = counts_[*name];
      ++mine.all;
      mine.newcomers += one.newcomer_ ? 1 : 0;
    }
}

void buyer_places::leave(const place& one) {
  for (const auto* name : {&one.customer_, &one.site_})
    if (!name->empty())
      leave(*name, one.newcomer_);
}

void buyer_places::leave(const std::string& name, bool newcomer) {
  auto found = counts_.find(name);
  found->second.newcomers -= newcomer ? 1 : 0;
  if (--found->second.all == 0)
    counts_.erase(found);
}

} // namespace usher::gateway
