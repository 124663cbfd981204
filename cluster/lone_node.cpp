#include "cluster/lone_node.hpp"

#include "log/log.hpp"

#include <exception>
#include <utility>
#include <variant>

namespace usher::cluster {

namespace {

std::string sentence(const persistence::join_refused& refused) {
  if (refused.why == persistence::join_obstacle::level)
    return "the cluster of this store is on a level that this program does not know";
  std::string who = refused.in_the_way ? " (" + refused.in_the_way->card.name + ")" : "";
  return "nodes of a cluster serve this store" + who + ": a node without a name cannot serve it beside them";
}

} // namespace

lone_node::lone_node(opener open, std::string owner) : open_(std::move(open)), owner_(std::move(owner)) {}

lone_node::~lone_node() {
  if (!number_)
    return;
  try {
    open_()->change_status(*number_, persistence::node_status::left);
  } catch (const std::exception& why) {
    log::of("cluster").warn("the store was not told that this node has left: {}", why.what());
  }
}

void lone_node::enter() {
  if (!open_ || number_)
    return;
  persistence::node_card card;
  card.owner = owner_;
  auto answer = open_()->join(card);
  if (const auto* refused = std::get_if<persistence::join_refused>(&answer))
    throw persistence::store_broken{sentence(*refused)};
  number_ = std::get<persistence::incarnation>(answer);
}

} // namespace usher::cluster
