#include "gateway/thread/pass_book.hpp"

#include <utility>

namespace usher::gateway {

pass_book::pass_book(const codec::tokens& signer, domain::seconds ttl, std::size_t passes_max, on_expired expired)
    : signer_(signer), ttl_(ttl), passes_max_(passes_max), expired_(std::move(expired)) {}

void pass_book::admitted(const domain::event_id& event, const domain::buyer_id& buyer, domain::instant now) {
  remember(event, buyer, std::chrono::floor<domain::seconds>(now + ttl_));
}

void pass_book::remember(const domain::event_id& event, const domain::buyer_id& buyer, domain::instant until) {
  // A pass that does not fit into a full book is valid, too. Only its end is not reported, and the room notices that by
  // itself.
  if (by_age_.size() >= passes_max_)
    return;
  until_[event].insert_or_assign(buyer, until);
  by_age_.push_back({event, buyer, until});
}

codec::granted_pass pass_book::sign(const domain::event_id& event, const domain::buyer_id& buyer, domain::instant now) {
  domain::instant until = std::chrono::floor<domain::seconds>(now + ttl_);
  auto buyers = until_.find(event);
  if (buyers != until_.end() && buyers->second.contains(buyer))
    until = buyers->second.at(buyer);
  else
    remember(event, buyer, until);
  return {signer_.sign(codec::pass_claims{event, buyer, until}), until};
}

void pass_book::sweep(domain::instant now) {
  std::map<domain::event_id, std::vector<domain::buyer_id>> ended;
  while (!by_age_.empty() && by_age_.front().until <= now) {
    auto& oldest = by_age_.front();
    if (forget(oldest))
      ended[oldest.event].push_back(std::move(oldest.buyer));
    by_age_.pop_front();
  }
  for (auto& [event, buyers] : ended)
    expired_(event, std::move(buyers));
}

bool pass_book::forget(const pass& over) {
  auto buyers = until_.find(over.event);
  if (buyers == until_.end())
    return false;
  auto latest = buyers->second.find(over.buyer);
  if (latest == buyers->second.end() || latest->second != over.until)
    return false;
  buyers->second.erase(latest);
  if (buyers->second.empty())
    until_.erase(buyers);
  return true;
}

} // namespace usher::gateway
