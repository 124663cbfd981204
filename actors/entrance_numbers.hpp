#pragma once

#include "domain/waiting_room.hpp"
#include "messages/type_ids.hpp"

#include <caf/actor_addr.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <vector>

namespace usher::actors {

/// Which of a waiting room's entrances each gateway uses.
///
/// Each has its own while there are no more gateways than entrances. Beyond that some share one: then somebody who is
/// connected to two of these and leaves one counts as absent until they ask again.
class entrance_numbers {
public:
  struct found {
    std::size_t entrance;
    bool is_new; ///< the gateway was not known before
  };

  /// The entrance of `gateway`, assigned now if it has none.
  [[nodiscard]] found of(const caf::actor_addr& gateway) {
    if (auto known = find(gateway); known != gateways_.end())
      return {known->entrance, false};
    auto fewest = std::min_element(gateways_at_.begin(), gateways_at_.end());
    ++*fewest;
    gateways_.push_back({gateway, static_cast<std::size_t>(fewest - gateways_at_.begin())});
    return {gateways_.back().entrance, true};
  }

  /// Forgets a gateway that is gone. Returns its entrance if nobody else uses it.
  [[nodiscard]] std::optional<std::size_t> close(const caf::actor_addr& gateway) {
    auto known = find(gateway);
    if (known == gateways_.end())
      return std::nullopt;
    auto entrance = known->entrance;
    gateways_.erase(known);
    return --gateways_at_[entrance] == 0 ? std::optional{entrance} : std::nullopt;
  }

private:
  struct entry {
    caf::actor_addr gateway;
    std::size_t entrance;
  };

  [[nodiscard]] std::vector<entry>::iterator find(const caf::actor_addr& gateway) {
    return std::find_if(gateways_.begin(), gateways_.end(), [&](const entry& each) { return each.gateway == gateway; });
  }

  std::vector<entry> gateways_;
  std::array<std::size_t, domain::waiting_room::entrances> gateways_at_{};
};

} // namespace usher::actors
