#include "catalog/plan_change_saga.hpp"

#include "catalog/plan_change.hpp"
#include "digest/sha256.hpp"
#include "domain/event.hpp"
#include "domain/replay.hpp"
#include "log/log.hpp"
#include "messages/refusal.hpp"

#include <caf/policy/select_all.hpp>
#include <caf/send.hpp>

#include <chrono>
#include <cstddef>
#include <cstring>
#include <exception>
#include <memory>
#include <utility>
#include <variant>

namespace usher::catalog {

namespace {

constexpr std::size_t sections_max = 65'535;
/// How long other nodes may take to give an event's shards away. With what follows it is less than an operator's
/// request, and one that another node has passed on, may last.
constexpr std::chrono::seconds longest_gathering{4};

using domain::rejection;
using messages::to_error;

/// The same plan has the same id, so that a wish that is repeated leaves nothing behind.
domain::draft_id draft_of(const domain::event_id& event, const std::string& plan) {
  auto digest = digest::sha256({event.value(), "\n", plan});
  domain::draft_id id;
  std::memcpy(&id.high, digest.data(), sizeof id.high);
  std::memcpy(&id.low, digest.data() + sizeof id.high, sizeof id.low);
  return id;
}

} // namespace

plan_change_saga::plan_change_saga(keeper_common& core, event_loader& starts) : core_(core), starts_(starts) {}

// ---- who does it -------------------------------------------------------------------

caf::result<messages::event_view> plan_change_saga::put(messages::put_event& wish) {
  if (!core_.settings.shares)
    return put_here(wish, wish.plan->categories());
  if (core_.me == 0)
    return to_error(rejection::store_unavailable);
  if (!core_.running.knows(wish.id))
    if (auto refused = core_.store.use([this](cluster::shard_claims& claims) { starts_.learn_events(claims); }))
      return to_error(*refused);
  if (!core_.running.knows(wish.id) || is_running(wish.id))
    return put_here(wish, wish.plan->categories());
  auto asked = core_.self->make_response_promise<messages::event_view>();
  pass_on(wish, asked);
  return asked;
}

/// By way of the event's own shard, wherever that is.
void plan_change_saga::pass_on(const messages::put_event& wish, answer asked) {
  messages::put_known_event known{wish.trace, wish.id, wish.settings, wish.state, std::nullopt, {}};
  if (wish.plan_text) {
    known.draft = draft_of(wish.id, *wish.plan_text);
    if (auto refused = core_.store.use([&](cluster::shard_claims& claims) {
          claims.coordination().keep_draft(*known.draft, {wish.id, *wish.plan_text, {}});
        }))
      return asked.deliver(to_error(*refused));
  } else
    known.categories = wish.plan->categories();
  auto drop_draft = [this, draft = known.draft] {
    if (draft) // else it is gone in a day
      core_.store.use([&](cluster::shard_claims& claims) { claims.coordination().drop_draft(*draft); });
  };
  core_.self->request(core_.running.at(wish.id).event.door.address(), caf::infinite, std::move(known))
      .then(
          [asked, drop_draft](const messages::event_view& view) mutable {
            drop_draft();
            asked.deliver(view);
          },
          [asked](caf::error& why) mutable { asked.deliver(std::move(why)); });
}

caf::result<messages::event_view> plan_change_saga::put(messages::put_known_event& asked) {
  if (core_.me == 0 || !core_.running.knows(asked.id) || !is_running(asked.id))
    return to_error(rejection::moved);
  messages::put_event wish{asked.trace, asked.id, std::move(asked.settings), nullptr, nullptr, asked.state};
  if (!asked.draft)
    return put_here(wish, asked.categories);
  std::optional<persistence::plan_draft> draft;
  if (auto refused =
          core_.store.use([&](cluster::shard_claims& claims) { draft = claims.coordination().draft(*asked.draft); }))
    return to_error(*refused);
  if (!draft || draft->event != asked.id) // somebody has wished for the same meanwhile, and is done
    return to_error(rejection::moved);
  try {
    wish.plan = core_.factories.read_plan(draft->plan);
  } catch (const std::exception& unreadable) {
    return to_error(domain::refusal{.reason = rejection::bad_request, .detail = unreadable.what()});
  }
  wish.plan_text = std::make_shared<const std::string>(std::move(draft->plan));
  return put_here(wish, wish.plan->categories());
}

/// Whether this node can change the event. One that shares its store can if it has the event's own shard.
bool plan_change_saga::is_running(const domain::event_id& id) const {
  if (!core_.settings.shares)
    return core_.running.runs(id);
  return core_.running.knows(id) && core_.running.at(id).event.cycle.state() == cluster::cycle_state::serving;
}

caf::result<messages::event_view> plan_change_saga::put_here(messages::put_event& wish,
                                                             const std::vector<std::string>& categories) {
  if (busy_.contains(wish.id) || core_.in_work.contains(wish.id))
    return to_error(rejection::in_progress);
  if (!wish.plan_text)
    if (auto wrong = complete(wish, categories))
      return to_error(*wrong);
  auto runs = is_running(wish.id);
  if (!runs && !wish.settings.name)
    wish.settings.name = domain::unnamed(wish.id, *wish.plan);
  if (auto wrong = why_not(wish))
    return to_error(*wrong);
  auto asked = core_.self->make_response_promise<messages::event_view>();
  busy_.insert(wish.id);
  core_.in_work.insert(wish.id);
  if (!runs)
    create(wish, asked);
  else if (*core_.running.at(wish.id).plan_text == *wish.plan_text)
    define(wish, asked);
  else
    ask_whether_it_may(wish, asked);
  return asked;
}

/// The event keeps the plan that runs, whichever plan the asker knew last, so that an old one cannot come back. But its
/// categories must be the ones that the prices were meant for.
std::optional<domain::refusal> plan_change_saga::complete(messages::put_event& wish,
                                                          const std::vector<std::string>& categories) const {
  if (!is_running(wish.id))
    return domain::refusal{.reason = rejection::in_progress};
  const auto& running = core_.running.at(wish.id);
  if (running.plan->categories() != categories)
    return domain::refusal{.reason = rejection::in_progress, .detail = "The event has just been given another plan."};
  wish.plan = running.plan;
  wish.plan_text = running.plan_text;
  return std::nullopt;
}

/// What is wrong with a wish, whatever the event says.
std::optional<domain::refusal> plan_change_saga::why_not(const messages::put_event& wish) const {
  const auto& categories = wish.plan->categories();
  if (wish.settings.prices.size() > categories.size())
    return domain::refusal{.reason = rejection::bad_request,
                           .detail = "There are more prices than categories in the plan.",
                           .setting = "prices"};
  auto alone = domain::changed({}, wish.settings, {}, categories);
  if (auto wrong = is_running(wish.id) ? domain::check(alone, categories.size())
                                       : domain::event{}.may_become(alone, categories.size(), wish.state))
    return wrong;
  if (wish.plan->sections().empty() || wish.plan->sections().size() > sections_max)
    return domain::refusal{.reason = rejection::bad_request, .detail = "A plan has 1 to 65535 sections."};
  return std::nullopt;
}

/// Nothing more is done to the event.
void plan_change_saga::finish(const domain::event_id& id) {
  core_.in_work.erase(id);
  busy_.erase(id);
  if (gathered_.contains(id))
    let_go(id);
}

void plan_change_saga::refuse(const domain::event_id& id, const domain::refusal& why, answer asked) {
  finish(id);
  asked.deliver(to_error(why));
}

/// A node that shares its store goes on, and its next look at the store says what it still has.
void plan_change_saga::lose(const domain::event_id& id) {
  if (!core_.settings.shares)
    core_.store.lose(id);
}

/// Has all other nodes look at the event in the store, and calls `then` when their gateways know it as it is there; or
/// after a while, for those that do not answer.
void plan_change_saga::tell_others(const domain::event_id& id, std::function<void()> then) {
  if (!core_.settings.switchboard)
    return then();
  core_.self->request(core_.settings.switchboard, caf::infinite, messages::event_written{id})
      .then([then] { then(); }, [then](const caf::error&) { then(); });
}

// ---- creating and defining ---------------------------------------------------------

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
  if (!refused && core_.settings.shares) { // others have claimed some of it at once
    finish(wish.id);
    core_.store.use([this](cluster::shard_claims& claims) { starts_.learn_events(claims); });
    if (core_.running.knows(wish.id))
      return pass_on(wish, asked);
  }
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
  core_.running.announce(view.id, view.settings, [this, asked, view] {
    tell_others(view.id, [this, asked, view]() mutable {
      finish(view.id);
      asked.deliver(view);
    });
  });
}

/// The plan may be a new one even so, and whoever reads plans must have it.
void plan_change_saga::not_defined(const domain::event_id& id, const domain::refusal& why, answer asked) {
  core_.self->request(core_.running.at(id).event.actor, caf::infinite, messages::describe_event{{}, id})
      .then([this](const messages::event_view& view) { core_.running.announce(view.id, view.settings, [] {}); },
            [](const caf::error&) {});
  refuse(id, why, asked);
}

// ---- with a new plan ---------------------------------------------------------------

/// A plan is refused without interrupting the sale if somebody's seat stands in its way or its settings are invalid.
/// But what the event and the sections say here may change: `replace_plan` looks again when nobody can order or take
/// seats any more.
void plan_change_saga::ask_whether_it_may(const messages::put_event& wish, answer asked) {
  core_.self
      ->request(core_.running.at(wish.id).event.actor, caf::infinite,
                messages::check_settings{wish.settings, wish.plan->categories(), wish.state})
      .then([this, wish, asked] { core_.settings.shares ? gather(wish, asked) : ask_how_places_stand(wish, asked); },
            [this, id = wish.id, asked](const caf::error& why) { refuse(id, messages::to_refusal(why), asked); });
}

/// Brings all shards of the event to this node, by the usual way.
void plan_change_saga::gather(const messages::put_event& wish, answer asked) {
  const auto& id = wish.id;
  auto is_mine = false;
  auto refused = core_.store.use(
      [&](cluster::shard_claims& claims) { is_mine = claims.gather(id, core_.running.at(id).event.cycle.epoch()); });
  gathered_.insert(id); // perhaps even if the store did not say so
  if (refused || !is_mine)
    return refuse(id, refused.value_or(domain::refusal{.reason = rejection::moved}), asked);
  core_.running.at(id).gatherer = core_.me;
  gathering_.insert_or_assign(id, gathering{wish, asked, ++times_gathered_});
  core_.in_work.erase(id);
  core_.self->run_delayed(longest_gathering, [this, id, times = times_gathered_] { give_up_gathering(id, times); });
  look_again(id); // and then `look_at_gathered`
  tell_others(id, [] {});
}

/// Has this node compare where the event's shards are with where they belong. It is nobody who asks: the answer to an
/// actor that does not await it would be an error of its own.
void plan_change_saga::look_again(const domain::event_id& id) {
  caf::anon_send(core_.handle(), messages::event_written{id});
}

void plan_change_saga::look_at_gathered() {
  for (auto each = gathering_.begin(); each != gathering_.end();) {
    if (!core_.running.runs(each->first)) {
      ++each;
      continue;
    }
    auto [wish, asked, times] = std::move(each->second);
    each = gathering_.erase(each);
    core_.in_work.insert(wish.id);
    ask_how_places_stand(wish, asked);
  }
}

void plan_change_saga::give_up_gathering(const domain::event_id& id, std::uint64_t times) {
  auto found = gathering_.find(id);
  if (found == gathering_.end() || found->second.times != times)
    return;
  auto asked = std::move(gathering_.extract(found).mapped().asked);
  refuse(id,
         {.reason = rejection::store_unavailable,
          .detail = "The event's sections could not be brought to one node in time. Its plan is the old one."},
         asked);
}

/// The event's shards go where they belong. Tried until it is done: else they would stay here.
void plan_change_saga::let_go(const domain::event_id& id) {
  if (core_.running.knows(id))
    core_.running.at(id).gatherer = 0;
  auto refused = core_.store.use([&](cluster::shard_claims& claims) { claims.let_go(id); });
  if (refused && !core_.store.gave_up()) {
    core_.self->run_delayed(core_.settings.patience, [this, id] {
      if (gathered_.contains(id) && !busy_.contains(id))
        let_go(id);
    });
    return;
  }
  gathered_.erase(id);
  look_again(id);
  tell_others(id, [] {});
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
  std::optional<exchanged> what;
  auto is_replaced = false;
  auto refused =
      core_.store.use([&](cluster::shard_claims& claims) { what = exchange_plan(claims, wish, old, is_replaced); });
  if (what && !what->in_the_way)
    return announce_then_serve(wish, asked, std::make_shared<exchanged>(*std::move(what)));
  if (what)
    return serve(wish, asked, *what);
  starts_.start_again_later();
  auto why = refused.value_or(domain::refusal{.reason = rejection::store_unavailable});
  if (is_replaced)
    why.detail = "The plan and its settings are stored; the event goes on with them once the store answers again.";
  refuse(wish.id, why, asked);
}

/// What the event is to be served on: its next plan or, if a seat is in the way, the old one. Nothing when another
/// process has taken it over.
std::optional<plan_change_saga::exchanged> plan_change_saga::exchange_plan(cluster::shard_claims& claims,
                                                                           const messages::put_event& wish,
                                                                           const old_plan& old, bool& is_replaced) {
  auto taken = claims.take_over(wish.id, cluster::section_count(*old.plan));
  if (!taken) { // and the plan in the store may have changed by now
    lose(wish.id);
    return std::nullopt;
  }
  auto& histories = *taken;
  auto decided = change_plan(old.plan, wish, histories, claims.store().now());
  if (auto* why = std::get_if<domain::refusal>(&decided))
    return exchanged{old.plan, old.text, std::move(histories), std::move(*why)};
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
  return exchanged{next.plan, wish.plan_text, std::move(histories), std::nullopt};
}

/// The gateways of all nodes have the plan before a shard answers under it.
void plan_change_saga::announce_then_serve(const messages::put_event& wish, answer asked,
                                           std::shared_ptr<exchanged> what) {
  const auto& history = what->histories.event;
  auto settings = domain::replay(domain::event{}, history.snapshot, history.facts).settings();
  core_.running.know(wish.id, what->plan, what->text);
  for (const auto& shard : core_.running.at(wish.id).shards(wish.id))
    core_.running.keep_waiting(shard);
  auto serve_now = [this, wish, asked, what, as = core_.me] {
    if (core_.me == as && !core_.store.gave_up())
      return serve(wish, asked, *what);
    // This node was ended meanwhile, and has none of the shards: whoever waits for one is led to its next home.
    if (core_.settings.shares)
      for (const auto& shard : core_.running.at(wish.id).shards(wish.id))
        if (core_.running.cycle(shard).state() == cluster::cycle_state::elsewhere)
          core_.running.end(shard);
    starts_.start_again_later();
    refuse(wish.id, {.reason = rejection::store_unavailable, .detail = "The plan and its settings are stored."}, asked);
  };
  core_.running.announce(wish.id, settings, [this, id = wish.id, serve_now] { tell_others(id, serve_now); });
}

void plan_change_saga::serve(const messages::put_event& wish, answer asked, exchanged& what) {
  core_.running.serve(wish.trace, wish.id, what.plan, what.text, std::move(what.histories));
  if (what.in_the_way)
    return not_defined(wish.id, *what.in_the_way, asked);
  define(wish, asked, " The plan and its settings are in place.");
}

} // namespace usher::catalog
