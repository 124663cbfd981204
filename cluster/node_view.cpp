#include "cluster/node_view.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace usher::cluster {

void node_view::see(std::vector<messages::node_seen> nodes) {
  nodes_ = std::move(nodes);
  candidates_.clear();
  numbers_.clear();
  for (const auto& node : nodes_)
    if (node.may_take) {
      candidates_.push_back({node.name, node.weight});
      numbers_.push_back(node.number);
    }
}

bool node_view::may_take(std::uint64_t node) const {
  return std::ranges::find(numbers_, node) != numbers_.end();
}

bool node_view::lives(const std::string& owner) const {
  return std::any_of(nodes_.begin(), nodes_.end(), [&](const auto& node) { return node.owner == owner; });
}

std::vector<std::uint64_t> node_view::homes(const domain::event_id& event, std::uint16_t sections) const {
  auto places = place(event, sections, candidates_);
  std::vector<std::uint64_t> result(places.size());
  std::transform(places.begin(), places.end(), result.begin(), [this](std::size_t which) { return numbers_[which]; });
  return result;
}

} // namespace usher::cluster
