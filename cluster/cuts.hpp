#pragma once

#include "cluster/member_watch.hpp"

#include <cstdint>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

namespace usher::cluster {

struct cuts_limits {
  /// A node that others cannot reach, or that says that it does not reach the store, goes if its beat has stood still
  /// for so long, as somebody saw who read the store all the while. So nobody goes because the store was away.
  std::chrono::milliseconds stillness{1'500};
  /// The cuts among nodes that beat must be the same for so long before some of the nodes go.
  std::chrono::milliseconds stable{1'000};
};

/// What a node knows by itself, beside the rows of the store.
struct own_view {
  incarnation me;
  std::set<incarnation> linked{};  ///< nodes that it reaches
  std::set<incarnation> cut_off{}; ///< nodes that say themselves that they cannot reach the store
};

/// A node that must go. It is ended only if its beat is still this one.
struct accusation {
  incarnation who;
  std::uint64_t beat = 0;
  std::string_view why;
  std::string_view kind; ///< the same in a word, for counting
};

/// Judges from the store's rows who must go, so that those who stay all reach each other and the store. Every node
/// judges by itself, and all by the same rows; whoever ends a node compares its beat, so a node that is better off than
/// the rows said stays.
///
/// 1. Refused: its port refuses this node and everybody whom this node reaches. Its process is gone.
/// 2. Silent to its peers and to the store: two nodes say that they cannot reach it (one, if there is only one who
///    could), and its beat stands still.
/// 3. Cut off from some, while all beat: the largest set of nodes that all reach each other stays; of equal ones that
///    of the oldest node. Not before everybody who is cut off has beaten since: whoever does not is a case of 2 or 5.
/// 4. Cut off from the store: it says so itself, and its beat stands still.
/// 5. Silent to the store alone, nobody knows why. The one rule for a node that is still joining, since it may be the
///    only one left.
class cuts {
public:
  explicit cuts(cuts_limits limits = {}) : limits_(limits) {}

  /// Call after each look at the store, with what was read.
  [[nodiscard]] std::vector<accusation> who_must_go(const membership& all, const own_view& own,
                                                    const member_watch& watch, tick now);

  /// The nodes that stay, by the third rule: all that serve, if none is cut off.
  [[nodiscard]] static std::vector<incarnation> survivors(const membership& all);

private:
  using pair_of_nodes = std::pair<incarnation, incarnation>;

  void notice(const membership& all, tick now);

  cuts_limits limits_;
  std::set<pair_of_nodes> present_; ///< as of the last look
  tick changed_;                    ///< the set of them
};

} // namespace usher::cluster
