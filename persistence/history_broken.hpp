#pragma once

#include "persistence/booking_store.hpp"

namespace usher::persistence {

/// The history of one shard cannot be used: some of it is gone, or is not what this program has written. Whatever else
/// is in the store may be well.
class history_broken : public store_broken {
public:
  using store_broken::store_broken;
};

} // namespace usher::persistence
