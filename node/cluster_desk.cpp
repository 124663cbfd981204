#include "node/cluster_desk.hpp"

#include "log/log.hpp"
#include "node/node_figures.hpp"

#include <algorithm>
#include <exception>
#include <utility>

namespace usher::node {
namespace {

using gateway::cluster_answer;
using gateway::cluster_call;
using gateway::cluster_conflict;
using persistence::member;
using persistence::membership;
using persistence::node_status;

/// Ends a wish that cannot be carried out.
struct no_such_wish {
  cluster_answer why;
};

[[noreturn]] void object(std::string why) {
  throw no_such_wish{cluster_conflict{std::move(why)}};
}

const member& find(const membership& all, const std::string& name) {
  auto found = std::ranges::find_if(all.members, [&](const member& one) { return one.card.name == name; });
  if (found == all.members.end())
    throw no_such_wish{domain::refusal{.reason = domain::rejection::not_found,
                                       .detail = "No node that lives is called " + name + "."}};
  return *found;
}

domain::refusal busy(const char* detail) {
  return {.reason = domain::rejection::overloaded, .detail = detail};
}

} // namespace

void cluster_desk::ask(const gateway::cluster_request& wish, completion done) {
  auto is_taken =
      desk_.add({[this, wish, done] { done(serve(wish)); }, [done] { done(busy("The node is stopping.")); }});
  if (!is_taken)
    done(busy("Too many requests about the cluster are waiting."));
}

gateway::cluster_answer cluster_desk::serve(const gateway::cluster_request& wish) {
  try {
    return carry_out(wish);
  } catch (const no_such_wish& none) {
    return none.why;
  } catch (const std::exception& error) { // whatever is wrong with the store, the sale goes on
    store_.reset();
    log::of("node").warn("{}the store does not say how the nodes stand: {}", messages::line_start(wish.trace),
                         error.what());
    return domain::refusal{.reason = domain::rejection::store_unavailable,
                           .detail = "The store does not say how the nodes stand; the log of this node says why."};
  }
}

gateway::cluster_answer cluster_desk::carry_out(const gateway::cluster_request& wish) {
  if (wish.what != cluster_call::status && with_.name.empty())
    object("This node serves its store alone: there are no others.");
  if (with_.open && !store_)
    store_ = with_.open();
  switch (wish.what) {
    case cluster_call::status:
      break;
    case cluster_call::drain:
      drain(wish.node);
      break;
    case cluster_call::undrain:
      undrain(wish.node);
      break;
    case cluster_call::rebalance:
      store_->rebalance();
      break;
  }
  return encode(look());
}

cluster_picture cluster_desk::look() {
  if (!store_)
    return with_.alone();
  cluster_picture result;
  result.seen_by = with_.name;
  auto asked = std::chrono::steady_clock::now();
  result.all = store_->members();
  result.answered = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - asked);
  result.card = store_->cluster();
  result.shards = store_->owners();
  return result;
}

void cluster_desk::drain(const std::string& node) {
  auto all = store_->members();
  const auto& it = find(all, node);
  if (it.status == node_status::draining)
    return;
  if (it.status != node_status::up)
    object("Node " + node + " is still joining the others: it has nothing to give.");
  auto could_take = [&it](const member& one) { return one.status == node_status::up && one.number != it.number; };
  if (std::ranges::none_of(all.members, could_take))
    object("Node " + node + " is the last one that is up: nobody could take its shards.");
  if (!store_->change_status(it.number, node_status::draining))
    object("Node " + node + " has just ended, or another operator was faster: look at it again.");
}

void cluster_desk::undrain(const std::string& node) {
  auto all = store_->members();
  const auto& it = find(all, node);
  if (it.status == node_status::up)
    return;
  if (it.status != node_status::draining)
    object("Node " + node + " is still joining the others: it does not drain.");
  if (auto figures = read_figures(it.figures); figures && figures->is_stopping)
    object("Node " + node + " is stopping: it drains until it has ended.");
  if (!store_->change_status(it.number, node_status::up))
    object("Node " + node + " has just ended, or another operator was faster: look at it again.");
}

} // namespace usher::node
