#pragma once

#include "codec/encode.hpp"
#include "codec/tokens.hpp"
#include "domain/bounded_by_end.hpp"
#include "domain/ids.hpp"
#include "domain/instant.hpp"

#include <cstddef>
#include <string_view>
#include <utility>

namespace usher::gateway {

/// What a pass is good for. With one that is `over`, nothing new is held; repeats get their answers.
enum class pass_standing { none, over, valid };

/// Signs passes, whose end the waiting room decides, and remembers which of them are void before their end, because
/// their owners have left.
class pass_book {
public:
  /// Remembers at most `void_max` passes; of more, it forgets those that end first.
  pass_book(const codec::tokens& signer, std::size_t void_max);

  /// A pass that ends at `until`, a whole second.
  [[nodiscard]] codec::granted_pass sign(const domain::event_id& event, const domain::buyer_id& buyer,
                                         domain::instant until) const;

  /// The buyer has left: the passes that they have are void, and the last of them ends at `until`.
  void give_up(const domain::event_id& event, const domain::buyer_id& buyer, domain::instant until);
  /// The buyer was let in again: what they have is valid until it ends.
  void admitted(const domain::event_id& event, const domain::buyer_id& buyer);
  /// Whether a pass of the buyer's that ends at `until` is void: it is none that they got after they had left.
  [[nodiscard]] bool is_void(const domain::event_id& event, const domain::buyer_id& buyer, domain::instant until) const;

  /// What the token is to this buyer at this event; `none` if it is no pass of theirs.
  [[nodiscard]] pass_standing standing(std::string_view token, const domain::event_id& event,
                                       const domain::buyer_id& buyer, domain::instant now) const;

  /// Forgets passes that have ended.
  void sweep(domain::instant now);

  /// How many are remembered.
  [[nodiscard]] std::size_t size() const noexcept { return void_.size(); }

private:
  using owner = std::pair<domain::event_id, domain::buyer_id>;

  const codec::tokens& signer_;
  domain::bounded_by_end<owner> void_;
};

} // namespace usher::gateway
