#pragma once

#include "messages/type_ids.hpp"

#include <map>
#include <vector>

namespace usher::cluster {

/// The doors of one event's shards.
struct event_homes {
  messages::event_actor event;
  std::vector<messages::section_actor> sections; ///< by section number
  messages::waiting_room_actor room;

  /// The section with that number, or null.
  [[nodiscard]] const messages::section_actor* section(domain::section_no number) const;
};

/// The doors of all events' shards. Where a shard is at home, its door knows.
class shard_map {
public:
  /// From now on the event's shards are these.
  void put(const domain::event_id& event, event_homes homes);
  /// Where an event's shards are, or null when there is no such event.
  [[nodiscard]] const event_homes* find(const domain::event_id& event) const;
  /// Every event, sorted.
  [[nodiscard]] std::vector<domain::event_id> events() const;

private:
  std::map<domain::event_id, event_homes> homes_;
};

} // namespace usher::cluster
