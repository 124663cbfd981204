#include "cluster/store_access.hpp"

#include "log/log.hpp"

#include <exception>
#include <utility>

namespace usher::cluster {

store_access::store_access(const caf::actor_clock& clock, store_openers open, store_access_settings settings)
    : clock_(clock), settings_(std::move(settings)), claims_(std::move(open), settings_.owner) {}

std::optional<domain::refusal> store_access::use(const std::function<void(shard_claims& claims)>& work) {
  if (clock_.now() < away_until_)
    return domain::refusal{.reason = domain::rejection::store_unavailable};
  try {
    work(claims_);
    away_ = false;
    return std::nullopt;
  } catch (const persistence::store_unavailable& away) {
    if (!std::exchange(away_, true))
      log::of("cluster").warn("the store is out of reach: {}", away.what());
    away_until_ = clock_.now() + settings_.patience;
  } catch (const persistence::data_refused& refused) {
    return domain::refusal{.reason = domain::rejection::bad_request,
                           .detail = std::string{"The store does not take this. "} + refused.what()};
  } catch (const persistence::store_broken& broken) {
    return give_up_for(std::string{"The store cannot be used: "} + broken.what());
  } catch (const std::exception& unexpected) {
    // If it got out, it would end the keeper's actor, and every event with it, while the process stays up.
    return give_up_for(std::string{"The store's content cannot be used: "} + unexpected.what());
  }
  return domain::refusal{.reason = domain::rejection::store_unavailable};
}

void store_access::lose(const domain::shard_id& shard, domain::epoch present) {
  lose(shard, " (its epoch is now " + std::to_string(present.value()) + ")");
}

void store_access::lose(const domain::shard_id& shard) {
  std::optional<domain::epoch> present;
  use([&](shard_claims& claims) {
    for (const auto& row : claims.store().shards(shard.event))
      if (row.shard == shard)
        present = row.epoch;
  });
  if (present)
    lose(shard, *present);
  else
    lose(shard, std::string{});
}

void store_access::lose(const domain::event_id& event) {
  lose({domain::shard_kind::event, event, {}}, std::string{});
}

void store_access::lose(const domain::shard_id& shard, const std::string& at) {
  give_up("Shard " + domain::to_string(shard) + " was taken over by another process on the same store" + at
          + ". This process stops.");
}

domain::refusal store_access::give_up_for(const std::string& sentence) {
  give_up(sentence);
  return {.reason = domain::rejection::store_unavailable, .detail = sentence};
}

void store_access::give_up(const std::string& sentence) {
  log::of("cluster").critical("{}", sentence);
  if (!std::exchange(gave_up_, true))
    settings_.on_fatal(sentence);
}

} // namespace usher::cluster
