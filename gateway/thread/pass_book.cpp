#include "gateway/thread/pass_book.hpp"

namespace usher::gateway {

pass_book::pass_book(const codec::tokens& signer, std::size_t void_max) : signer_(signer), void_max_(void_max) {}

codec::granted_pass pass_book::sign(const domain::event_id& event, const domain::buyer_id& buyer,
                                    domain::instant until) const {
  return {signer_.sign(codec::pass_claims{event, buyer, until}), until};
}

void pass_book::give_up(const domain::event_id& event, const domain::buyer_id& buyer, domain::instant until) {
  admitted(event, buyer); // an earlier end is forgotten
  void_.emplace(owner{event, buyer}, until);
  by_end_.emplace(until, owner{event, buyer});
  if (void_.size() > void_max_) {
    void_.erase(by_end_.begin()->second);
    by_end_.erase(by_end_.begin());
  }
}

void pass_book::admitted(const domain::event_id& event, const domain::buyer_id& buyer) {
  auto known = void_.find({event, buyer});
  if (known == void_.end())
    return;
  by_end_.erase({known->second, known->first});
  void_.erase(known);
}

bool pass_book::is_void(const domain::event_id& event, const domain::buyer_id& buyer, domain::instant until) const {
  auto known = void_.find({event, buyer});
  return known != void_.end() && until <= known->second;
}

pass_standing pass_book::standing(std::string_view token, const domain::event_id& event, const domain::buyer_id& buyer,
                                  domain::instant now) const {
  // At the beginning of time every genuine pass is valid.
  auto until = signer_.admitted_until(token, event, buyer, domain::instant{});
  if (!until)
    return pass_standing::none;
  return *until <= now || is_void(event, buyer, *until) ? pass_standing::over : pass_standing::valid;
}

void pass_book::sweep(domain::instant now) {
  while (!by_end_.empty() && by_end_.begin()->first <= now) {
    void_.erase(by_end_.begin()->second);
    by_end_.erase(by_end_.begin());
  }
}

} // namespace usher::gateway
