#pragma once

#include "cluster/cuts.hpp"
#include "messages/cluster.hpp"

#include <map>
#include <optional>
#include <set>
#include <vector>

namespace usher::cluster {

/// Which nodes this one reaches, as its links say, and which of them say over their links that they cannot reach the
/// store. A node that joins again is another one, with a link of its own.
class link_watch {
public:
  /// What the store is to be told, so that it says of a link what the link says.
  struct correction {
    incarnation other;
    std::optional<persistence::cut_kind> cut; ///< none: it is lifted

    friend bool operator==(const correction&, const correction&) = default;
  };

  /// Whether this is news.
  bool note(const messages::link_changed& said);
  bool note(const messages::store_cut_off& said);
  /// This node begins another life, with new links.
  void start_over();
  /// Nobody else lives.
  void keep_only(const std::vector<member>& living);

  [[nodiscard]] own_view seen_by(incarnation me) const;
  /// The cuts that `me` has to note and to lift. Nodes that are still joining are left out: nobody judges by their
  /// cuts, and each change would put off the judgement of the others'.
  [[nodiscard]] std::vector<correction> corrections(const membership& all, incarnation me) const;
  /// Who serves and is not linked to `me`.
  [[nodiscard]] std::vector<member> missing(const membership& all, incarnation me) const;

private:
  [[nodiscard]] bool is_linked(incarnation node) const;

  std::map<incarnation, messages::link_state> states_;
  std::set<incarnation> cut_off_; ///< those that say so
};

} // namespace usher::cluster
