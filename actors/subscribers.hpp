#pragma once

#include "messages/type_ids.hpp"

#include <caf/actor_addr.hpp>

#include <algorithm>
#include <vector>

namespace usher::actors {

/// The gateways that a shard reports to: one per session thread of a node, so at most some dozens.
class subscribers {
public:
  /// True when the gateway is new here.
  bool add(const messages::gateway_actor& gateway) {
    if (std::find(gateways_.begin(), gateways_.end(), gateway) != gateways_.end())
      return false;
    gateways_.push_back(gateway);
    return true;
  }

  void remove(const messages::gateway_actor& gateway) { std::erase(gateways_, gateway); }

  /// Forgets a gateway that is gone.
  void remove(const caf::actor_addr& gone) {
    std::erase_if(gateways_, [&](const auto& gateway) { return gateway.address() == gone; });
  }

  [[nodiscard]] bool empty() const noexcept { return gateways_.empty(); }
  [[nodiscard]] auto begin() const noexcept { return gateways_.begin(); }
  [[nodiscard]] auto end() const noexcept { return gateways_.end(); }

private:
  std::vector<messages::gateway_actor> gateways_;
};

} // namespace usher::actors
