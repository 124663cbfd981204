#include "catalog/plan_change_saga.hpp"

#include "catalog/plan_change.hpp"
#include "domain/event.hpp"
#include "messages/refusal.hpp"

#include <caf/policy/select_all.hpp>

#include <cstddef>
#include <utility>
#include <variant>

namespace usher::catalog {

namespace {

constexpr std::size_t sections_max = 65'535;

using domain::rejection;
using messages::to_error;

} // namespace

plan_change_saga::plan_change_saga(keeper_common& core, event_loader& starts) : core_(core), starts_(starts) {}

caf::result<messages::event_view> plan_change_saga::put(messages::put_event& wish) {
  if (!wish.plan_text)
    if (auto wrong = keep_plan(wish))
      return to_error(*wrong);
  const auto& categories = wish.plan->categories();
  auto is_running = core_.running.runs(wish.id);
  if (auto why = why_not_here(wish.id))
    return to_error(*why);
  if (!is_running && !wish.settings.name)
    wish.settings.name = domain::unnamed(wish.id, *wish.plan);
  if (wish.settings.prices.size() > categories.size())
    return to_error(domain::refusal{.reason = rejection::bad_request,
                                    .detail = "There are more prices than categories in the plan.",
                                    .setting = "prices"});
  auto alone = domain::changed({}, wish.settings, {}, categories);
  if (auto wrong = is_running ? domain::check(alone, categories.size())
                              : domain::event{}.may_become(alone, categories.size(), wish.state))
    return to_error(*wrong);
  if (wish.plan->sections().empty() || wish.plan->sections().size() > sections_max)
    return to_error(domain::refusal{.reason = rejection::bad_request, .detail = "A plan has 1 to 65535 sections."});
  if (core_.in_work.contains(wish.id))
    return to_error(rejection::in_progress);
  auto asked = core_.self->make_response_promise<messages::event_view>();
  core_.in_work.insert(wish.id);
  if (!is_running)
    create(wish, asked);
  else if (*core_.running.at(wish.id).plan_text == *wish.plan_text)
    define(wish, asked);
  else
    ask_whether_it_may(wish, asked);
  return asked;
}

/// A node that shares its store changes only events of which it serves every shard.
std::optional<domain::refusal> plan_change_saga::why_not_here(const domain::event_id& id) const {
  if (!core_.settings.shares)
    return std::nullopt;
  if (core_.me == 0)
    return domain::refusal{.reason = rejection::store_unavailable};
  if (!core_.running.knows(id) || core_.running.runs(id))
    return std::nullopt;
  return domain::refusal{.reason = rejection::overloaded, .detail = "Other nodes serve parts of this event."};
}

/// The event keeps the plan that runs, whichever plan the asker knew last, so that an old one cannot come back. But its
/// categories must be the ones that the prices were meant for.
std::optional<domain::refusal> plan_change_saga::keep_plan(messages::put_event& wish) const {
  if (core_.in_work.contains(wish.id) || !core_.running.runs(wish.id))
    return domain::refusal{.reason = rejection::in_progress};
  const auto& running = core_.running.at(wish.id);
  if (running.plan->categories() != wish.plan->categories())
    return domain::refusal{.reason = rejection::in_progress, .detail = "The event has just been given another plan."};
  wish.plan = running.plan;
  wish.plan_text = running.plan_text;
  return std::nullopt;
}

void plan_change_saga::refuse(const domain::event_id& id, const domain::refusal& why, answer asked) {
  core_.in_work.erase(id);
  asked.deliver(to_error(why));
}

/// A node that shares its store goes on, and its next look at the store says what it still has.
void plan_change_saga::lose(const domain::event_id& id) {
  if (!core_.settings.shares)
    core_.store.lose(id);
}

void plan_change_saga::create(const messages::put_event& wish, answer asked) {
  auto refused = core_.store.use([&](cluster::shard_claims& claims) {
    if (!claims.store().add_event({wish.id, *wish.plan_text}, cluster::section_count(*wish.plan)))
      return; // it is in the store but could not be started yet, or another process has just added it
    if (auto histories = claims.take_over(wish.id, cluster::section_count(*wish.plan)))
      core_.running.serve(wish.trace, wish.id, wish.plan, wish.plan_text, *std::move(histories));
    else
      lose(wish.id);
  });
  if (core_.running.runs(wish.id))
    return define(wish, asked);
  // Perhaps it was created, although the store did not say so.
  starts_.start_again_later();
  refuse(wish.id, refused.value_or(domain::refusal{.reason = rejection::overloaded}), asked);
}

void plan_change_saga::define(const messages::put_event& wish, answer asked, std::string_view done_already) {
  core_.self
      ->request(core_.running.at(wish.id).event.actor, caf::infinite,
                messages::define_event{wish.trace, wish.settings, wish.state})
      .then([this, asked](const messages::event_view& view) { defined(view, asked); },
            [this, id = wish.id, asked, done_already](const caf::error& error) {
              auto why = messages::to_refusal(error);
              if (!done_already.empty()) {
                if (why.detail.empty())
                  why.detail = domain::sentence(why.reason);
                why.detail += done_already;
              }
              not_defined(id, why, asked);
            });
}

void plan_change_saga::defined(const messages::event_view& view, answer asked) {
  core_.in_work.erase(view.id);
  core_.running.announce(view.id, view.settings, [asked, view]() mutable { asked.deliver(view); });
}

/// The plan may be a new one even so, and whoever reads plans must have it.
void plan_change_saga::not_defined(const domain::event_id& id, const domain::refusal& why, answer asked) {
  core_.self->request(core_.running.at(id).event.actor, caf::infinite, messages::describe_event{{}, id})
      .then([this](const messages::event_view& view) { core_.running.announce(view.id, view.settings, [] {}); },
            [](const caf::error&) {});
  refuse(id, why, asked);
}

/// A plan is refused without interrupting the sale if somebody's seat stands in its way or its settings are invalid.
/// But what the event and the sections say here may change: `replace_plan` looks again when nobody can order or take
/// seats any more.
void plan_change_saga::ask_whether_it_may(const messages::put_event& wish, answer asked) {
  core_.self
      ->request(core_.running.at(wish.id).event.actor, caf::infinite,
                messages::check_settings{wish.settings, wish.plan->categories(), wish.state})
      .then([this, wish, asked] { ask_how_places_stand(wish, asked); },
            [this, id = wish.id, asked](const caf::error& why) { refuse(id, messages::to_refusal(why), asked); });
}

void plan_change_saga::ask_how_places_stand(const messages::put_event& wish, answer asked) {
  std::vector<messages::section_actor> sections;
  for (const auto& section : core_.running.at(wish.id).sections)
    sections.push_back(section.door.address());
  core_.self->fan_out_request<caf::policy::select_all>(sections, caf::infinite, messages::list_places{})
      .then([this, wish, asked](std::vector<messages::section_places> all) { places_stand(wish, asked, all); },
            [this, id = wish.id, asked](const caf::error& why) { refuse(id, messages::to_refusal(why), asked); });
}

void plan_change_saga::places_stand(const messages::put_event& wish, answer asked,
                                    std::vector<messages::section_places>& all) {
  std::vector<domain::section_standing> standings(all.size());
  for (auto& section : all)
    standings.at(section.section.value()) = std::move(section.places);
  std::variant<domain::plan_numbering, domain::refusal> numbering;
  if (auto refused = core_.store.use([&](cluster::shard_claims& claims) {
        numbering = domain::renumber(*core_.running.at(wish.id).plan, *wish.plan, standings, claims.store().now());
      }))
    return refuse(wish.id, *refused, asked);
  if (auto* why = std::get_if<domain::refusal>(&numbering))
    return refuse(wish.id, *why, asked);
  core_.running.stand_down(wish.id, [this, wish, asked](bool at_rest) {
    if (at_rest)
      return replace_plan(wish, asked);
    core_.running.carry_on(wish.id);
    refuse(wish.id,
           {.reason = rejection::store_unavailable,
            .detail = "What the event has under way could not be written in time. Its plan is the old one."},
           asked);
  });
}

/// Restarts the event on another plan. Its shards are at rest.
///
/// Once all shards are claimed nobody can hold, sell or block a seat, so what their histories say is final. The plan,
/// the numbers of its places and its settings are replaced in one step: a process that dies before it leaves the old
/// ones to whoever comes next, one that dies after it the new ones.
void plan_change_saga::replace_plan(const messages::put_event& wish, answer asked) {
  const old_plan old{core_.running.at(wish.id).plan, core_.running.at(wish.id).plan_text};
  core_.running.stop(wish.id);
  std::optional<domain::refusal> in_the_way;
  auto is_replaced = false;
  auto refused = core_.store.use(
      [&](cluster::shard_claims& claims) { in_the_way = exchange_plan(claims, wish, old, is_replaced); });
  if (!core_.running.runs(wish.id)) {
    starts_.start_again_later();
    auto why = refused.value_or(domain::refusal{.reason = rejection::store_unavailable});
    if (is_replaced)
      why.detail = "The plan and its settings are stored; the event goes on with them once the store answers again.";
    return refuse(wish.id, why, asked);
  }
  if (in_the_way)
    return not_defined(wish.id, *in_the_way, asked);
  define(wish, asked, " The plan and its settings are in place.");
}

/// Serves the event on its next plan or, if a seat is in the way, on the old one, and says so. Does not serve it at all
/// when another process has taken it over.
std::optional<domain::refusal> plan_change_saga::exchange_plan(cluster::shard_claims& claims,
                                                               const messages::put_event& wish, const old_plan& old,
                                                               bool& is_replaced) {
  auto taken = claims.take_over(wish.id, cluster::section_count(*old.plan));
  if (!taken) { // and the plan in the store may have changed by now
    lose(wish.id);
    return std::nullopt;
  }
  auto& histories = *taken;
  auto decided = change_plan(old.plan, wish, histories, claims.store().now());
  if (auto* why = std::get_if<domain::refusal>(&decided)) {
    core_.running.serve(wish.trace, wish.id, old.plan, old.text, std::move(histories));
    return std::move(*why);
  }
  auto& next = std::get<next_plan>(decided);
  auto count = cluster::section_count(*next.plan);
  is_replaced = claims.store().replace_plan(next.stored, count, histories.event.epoch);
  if (!is_replaced || !write_due_settings(claims.store(), next.stored, histories.event)) {
    lose(wish.id);
    return std::nullopt;
  }
  while (histories.sections.size() < count) {
    domain::section_no added{static_cast<std::uint16_t>(histories.sections.size())};
    auto history = claims.take_over_section(wish.id, added);
    if (!history) {
      lose(wish.id);
      return std::nullopt;
    }
    histories.sections.push_back(*std::move(history));
  }
  core_.running.serve(wish.trace, wish.id, next.plan, wish.plan_text, std::move(histories));
  return std::nullopt;
}

} // namespace usher::catalog
