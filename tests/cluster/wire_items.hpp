#pragma once

#include "cluster/wire/frames.hpp"

#include <string>
#include <vector>

namespace usher::tests {

namespace wire = cluster::wire;

/// An item of each kind, with nothing in it that is as it is by default.
[[nodiscard]] inline std::vector<wire::item> one_of_each_item() {
  const domain::shard_id section{domain::shard_kind::section, domain::event_id{"rock"}, domain::section_no{300}};
  const domain::shard_id room{domain::shard_kind::waiting_room, domain::event_id{"jazz"}, {}};
  const domain::refusal why{domain::rejection::would_orphan,
                            {domain::seat_no{4}},
                            {domain::seat_no{5}},
                            "so close",
                            domain::section_no{2},
                            {"A-4"},
                            "seats"};
  return {
      wire::request{1'000'000, 2, section, {1, "a hold"}},
      wire::told{room, {73, "settings"}},
      wire::answer{1'000'001, {128, std::string("\0\xff", 2)}},
      wire::refused{1'000'002, why},
      wire::unknown{1'000'003},
      wire::news{{0, 3, 200}, {192, "seats"}},
      wire::home{section, domain::epoch{12}, false},
      wire::gateways{5},
      wire::lost{99},
      wire::given{room, domain::epoch{13}},
      wire::store_state{true},
      wire::look{7, domain::event_id{"rock"}},
      wire::looked{300},
  };
}

} // namespace usher::tests
