#pragma once

#include "catalog/event_loader.hpp"
#include "catalog/keeper_common.hpp"

#include <caf/typed_response_promise.hpp>

#include <optional>
#include <string_view>
#include <vector>

namespace usher::catalog {

/// Creates events and changes them: their settings, and their plan, even in the middle of a sale.
class plan_change_saga {
public:
  plan_change_saga(keeper_common& core, event_loader& starts);

  /// A wish without a plan's text keeps the plan that runs; its prices are for the categories of the plan in the wish.
  /// What it does not say of a running event's settings stays, too.
  caf::result<messages::event_view> put(messages::put_event& wish);

private:
  using answer = caf::typed_response_promise<messages::event_view>;

  struct old_plan {
    domain::shared_plan plan;
    std::shared_ptr<const std::string> text;
  };

  [[nodiscard]] std::optional<domain::refusal> why_not_here(const domain::event_id& id) const;
  [[nodiscard]] std::optional<domain::refusal> keep_plan(messages::put_event& wish) const;
  void refuse(const domain::event_id& id, const domain::refusal& why, answer asked);
  void lose(const domain::event_id& id);
  void create(const messages::put_event& wish, answer asked);
  /// If the event refuses after its plan was replaced, `done_already` is added to the refusal. Only a view of it is
  /// kept: pass a literal.
  void define(const messages::put_event& wish, answer asked, std::string_view done_already = {});
  void defined(const messages::event_view& view, answer asked);
  void not_defined(const domain::event_id& id, const domain::refusal& why, answer asked);

  // with a new plan
  void ask_whether_it_may(const messages::put_event& wish, answer asked);
  void ask_how_places_stand(const messages::put_event& wish, answer asked);
  void places_stand(const messages::put_event& wish, answer asked, std::vector<messages::section_places>& all);
  void replace_plan(const messages::put_event& wish, answer asked);
  std::optional<domain::refusal> exchange_plan(cluster::shard_claims& claims, const messages::put_event& wish,
                                               const old_plan& old, bool& is_replaced);

  keeper_common& core_;
  event_loader& starts_;
};

} // namespace usher::catalog
