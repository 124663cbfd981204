#include "gateway/pass_book.hpp"

#include <utility>

namespace usher::gateway {

pass_book::pass_book(const tokens& signer, domain::seconds ttl, std::size_t passes_max, on_expired expired)
    : signer_(signer), ttl_(ttl), passes_max_(passes_max), expired_(std::move(expired)) {}

void pass_book::admitted(const domain::event_id& event, const domain::buyer_id& buyer, domain::instant now) {
  // When the book is full the pass still counts; only its end is not reported, and the room notices by itself.
  if (by_age_.size() >= passes_max_)
    return;
  auto until = std::chrono::floor<domain::seconds>(now + ttl_);
  if (until_[event].emplace(buyer, until).second)
    by_age_.push_back({event, buyer, until});
}

granted_pass pass_book::sign(const domain::event_id& event, const domain::buyer_id& buyer, domain::instant now) {
  admitted(event, buyer, now);
  domain::instant until = std::chrono::floor<domain::seconds>(now + ttl_);
  if (auto buyers = until_.find(event); buyers != until_.end())
    if (auto known = buyers->second.find(buyer); known != buyers->second.end())
      until = known->second;
  return {signer_.sign(pass_claims{event, buyer, until}), until};
}

void pass_book::sweep(domain::instant now) {
  std::map<domain::event_id, std::vector<domain::buyer_id>> ended;
  while (!by_age_.empty() && by_age_.front().until <= now) {
    auto& oldest = by_age_.front();
    auto buyers = until_.find(oldest.event);
    buyers->second.erase(oldest.buyer);
    if (buyers->second.empty())
      until_.erase(buyers);
    ended[oldest.event].push_back(std::move(oldest.buyer));
    by_age_.pop_front();
  }
  for (auto& [event, buyers] : ended)
    expired_(event, std::move(buyers));
}

} // namespace usher::gateway
