#include "gateway/thread/pass_book.hpp"

namespace usher::gateway {

pass_book::pass_book(const codec::tokens& signer, std::size_t void_max) : signer_(signer), void_(void_max) {}

codec::granted_pass pass_book::sign(const domain::event_id& event, const domain::buyer_id& buyer,
                                    domain::instant until) const {
  return {signer_.sign(codec::pass_claims{event, buyer, until}), until};
}

void pass_book::give_up(const domain::event_id& event, const domain::buyer_id& buyer, domain::instant until) {
  void_.put({event, buyer}, until);
}

void pass_book::admitted(const domain::event_id& event, const domain::buyer_id& buyer) {
  void_.erase({event, buyer});
}

bool pass_book::is_void(const domain::event_id& event, const domain::buyer_id& buyer, domain::instant until) const {
  const auto* known = void_.find({event, buyer});
  return known != nullptr && until <= known->end;
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
  void_.take_ended(now);
}

} // namespace usher::gateway
