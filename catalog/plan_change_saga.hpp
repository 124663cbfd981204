#pragma once

#include "catalog/event_loader.hpp"
#include "catalog/keeper_common.hpp"

#include <caf/typed_response_promise.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace usher::catalog {

/// Creates events and changes them: their settings, and their plan, even in the middle of a sale.
///
/// On a node that shares its store, the node that has an event's own shard changes the event; others pass wishes on to
/// it. Before it replaces the plan it gathers all shards of the event; after that they go back to where they belong. No
/// shard answers under a new plan before the gateways of all nodes have it that can be reached.
class plan_change_saga {
public:
  plan_change_saga(keeper_common& core, event_loader& starts);

  /// A wish without a plan's text keeps the plan that runs; its prices are for the categories of the plan in the wish.
  /// What it does not say of a running event's settings stays, too.
  caf::result<messages::event_view> put(messages::put_event& wish);
  /// The same, asked at another node.
  caf::result<messages::event_view> put(messages::put_known_event& asked);

  /// Shards may have come here that are being gathered.
  void look_at_gathered();

private:
  using answer = caf::typed_response_promise<messages::event_view>;

  struct old_plan {
    domain::shared_plan plan;
    std::shared_ptr<const std::string> text;
  };
  struct gathering {
    messages::put_event wish;
    answer asked;
    std::uint64_t times; ///< that anything was gathered, with this
  };
  /// What came of the attempt to put an event on another plan: its shards are claimed, and not served yet.
  struct exchanged {
    domain::shared_plan plan;
    std::shared_ptr<const std::string> text;
    cluster::event_histories histories;
    std::optional<domain::refusal> in_the_way; ///< then it is the old plan
  };

  // who does it
  void pass_on(const messages::put_event& wish, answer asked);
  caf::result<messages::event_view> put_here(messages::put_event& wish, const std::vector<std::string>& categories);
  [[nodiscard]] bool is_running(const domain::event_id& id) const;
  [[nodiscard]] std::optional<domain::refusal> complete(messages::put_event& wish,
                                                        const std::vector<std::string>& categories) const;
  [[nodiscard]] std::optional<domain::refusal> why_not(const messages::put_event& wish) const;
  void finish(const domain::event_id& id);
  void refuse(const domain::event_id& id, const domain::refusal& why, answer asked);
  void lose(const domain::event_id& id);
  void tell_others(const domain::event_id& id, std::function<void()> then);

  void create(const messages::put_event& wish, answer asked);
  /// If the event refuses after its plan was replaced, `done_already` is added to the refusal. Only a view of it is
  /// kept: pass a literal.
  void define(const messages::put_event& wish, answer asked, std::string_view done_already = {});
  void defined(const messages::event_view& view, answer asked);
  void not_defined(const domain::event_id& id, const domain::refusal& why, answer asked);

  // with a new plan
  void ask_whether_it_may(const messages::put_event& wish, answer asked);
  void gather(const messages::put_event& wish, answer asked);
  void give_up_gathering(const domain::event_id& id, std::uint64_t times);
  void let_go(const domain::event_id& id);
  void look_again(const domain::event_id& id);
  void ask_how_places_stand(const messages::put_event& wish, answer asked);
  void places_stand(const messages::put_event& wish, answer asked, std::vector<messages::section_places>& all);
  void replace_plan(const messages::put_event& wish, answer asked);
  std::optional<exchanged> exchange_plan(cluster::shard_claims& claims, const messages::put_event& wish,
                                         const old_plan& old, bool& is_replaced);
  void announce_then_serve(const messages::put_event& wish, answer asked, std::shared_ptr<exchanged> what);
  void serve(const messages::put_event& wish, answer asked, exchanged& what);

  keeper_common& core_;
  event_loader& starts_;
  std::set<domain::event_id> busy_; ///< with a wish
  std::map<domain::event_id, gathering> gathering_;
  std::set<domain::event_id> gathered_; ///< here, and not let go yet
  std::uint64_t times_gathered_ = 0;
};

} // namespace usher::catalog
