#pragma once

#include "codec/encode.hpp"
#include "codec/tokens.hpp"
#include "domain/ids.hpp"
#include "domain/instant.hpp"

#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <unordered_map>
#include <vector>

namespace usher::gateway {

/// Signs passes, and remembers until when each is valid: asking again gives no more time.
class pass_book {
public:
  /// Called with those whose passes have run out, by event.
  using on_expired = std::function<void(const domain::event_id&, std::vector<domain::buyer_id>)>;

  pass_book(const codec::tokens& signer, domain::seconds ttl, std::size_t passes_max, on_expired expired);

  /// The buyer was admitted: their time starts now. Admitted once more, after another wait, they get the full time
  /// again.
  void admitted(const domain::event_id& event, const domain::buyer_id& buyer, domain::instant now);
  /// The pass of an admitted buyer.
  [[nodiscard]] codec::granted_pass sign(const domain::event_id& event, const domain::buyer_id& buyer,
                                         domain::instant now);
  void sweep(domain::instant now);

  [[nodiscard]] std::size_t size() const noexcept { return by_age_.size(); }

private:
  struct pass {
    domain::event_id event;
    domain::buyer_id buyer;
    domain::instant until;
  };

  void remember(const domain::event_id& event, const domain::buyer_id& buyer, domain::instant until);
  /// False for a pass that was renewed since.
  bool forget(const pass& over);

  const codec::tokens& signer_;
  domain::seconds ttl_;
  std::size_t passes_max_;
  on_expired expired_;
  std::deque<pass> by_age_; ///< also by end, as all last equally long; a renewed one is here twice
  std::map<domain::event_id, std::unordered_map<domain::buyer_id, domain::instant>> until_;
};

} // namespace usher::gateway
