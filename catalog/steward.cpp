#include "catalog/steward.hpp"

#include "catalog/plan_change.hpp"
#include "failpoint/plant.hpp"
#include "log/log.hpp"
#include "messages/refusal.hpp"
#include "persistence/history_broken.hpp"

#include <caf/telemetry/metric_registry.hpp>

#include <algorithm>
#include <exception>
#include <map>
#include <string>
#include <utility>

namespace usher::catalog {

namespace {

using cluster::cycle_action;
using cluster::cycle_event;
using cluster::cycle_state;
using domain::rejection;
using messages::to_error;

/// So many shards are given away at a time, and by a node that gives all of them away.
constexpr std::size_t rests_max = 4;
constexpr std::size_t rests_max_when_draining = 8;
/// Between two attempts to give the same shard away.
constexpr std::chrono::seconds between_rests{10};

using rows_by_event = std::map<domain::event_id, std::vector<persistence::stored_shard>>;

const persistence::stored_shard* row_of(rows_by_event& rows, cluster::shard_claims& claims,
                                        const domain::shard_id& shard) {
  auto [of_event, is_new] = rows.try_emplace(shard.event);
  if (is_new)
    of_event->second = claims.store().shards(shard.event);
  auto found = std::find_if(of_event->second.begin(), of_event->second.end(),
                            [&](const auto& row) { return row.shard == shard; });
  return found == of_event->second.end() ? nullptr : &*found;
}

} // namespace

steward::steward(keeper_common& core, event_loader& loader)
    : core_(core), loader_(loader),
      stopped_(*core.self->system().metrics().gauge_singleton(
          "usher", "shards-stopped", "Shards that are not served at present because of a fault: the log says why.")),
      counter_(core.self->system().metrics(), core.settings.on_tally), record_(core.self->system().metrics()),
      rests_max_(rests_max), moves_(core.settings.auto_rebalance) {}

// ---- one shard's life ----------------------------------------------------------

template <class... At>
void steward::happened(const domain::shard_id& shard, cycle_event event, At... at) {
  auto& cycle = core_.running.cycle(shard);
  auto before = cycle.state();
  act(shard, cycle.on(event, at...));
  close_if_gone(shard, before);
}

/// Nobody waits for a shard that is not to be served here after all.
void steward::close_if_gone(const domain::shard_id& shard, cycle_state before) {
  auto now = core_.running.cycle(shard).state();
  if (now == before || now != cycle_state::elsewhere || failpoint::planted("lost_shard_still_served"))
    return;
  core_.running.end(shard);
  stopped_.gone(shard);
  record_.gone(shard);
}

void steward::act(const domain::shard_id& shard, cycle_action action) {
  switch (action) {
    case cycle_action::nothing:
    case cycle_action::serve: // `serve` does it, which has the history
      return;
    case cycle_action::claim:
      return to_claim_.push_back(shard);
    case cycle_action::load:
      core_.running.keep_waiting(shard);
      return to_load_.push_back(shard);
    case cycle_action::stand_down:
      return rest(shard);
    case cycle_action::carry_on:
      return core_.running.carry_on(shard);
    case cycle_action::give:
      return to_give_.push_back(shard);
    case cycle_action::end:
      if (core_.running.cycle(shard).state() == cycle_state::stopped)
        return core_.running.interrupt(shard); // whether it is served again, `stopped` decides
      if (failpoint::planted("lost_shard_still_served"))
        return core_.running.carry_on(shard);
      return core_.running.end(shard);
    case cycle_action::restart:
      core_.running.interrupt(shard);
      return to_load_.push_back(shard);
  }
}

/// It is given to the node on which it is placed.
void steward::rest(const domain::shard_id& shard) {
  record_.begun(shard, core_.self->clock().now());
  core_.running.stand_down(shard, [this, shard](bool at_rest) {
    auto epoch = core_.running.cycle(shard).epoch(); // a later one if its actor was in doubt meanwhile
    if (!at_rest) {
      not_before_[shard] = core_.self->clock().now() + between_rests;
      record_.ended(shard, hand_over::overdue);
    }
    happened(shard, at_rest ? cycle_event::rested : cycle_event::overdue, epoch);
    work();
    rest_next();
  });
}

/// Those that had to wait for others.
void steward::rest_next() {
  for (auto resting = count_resting(); resting < rests_max_ && !to_rest_.empty();) {
    auto [shard, home] = *to_rest_.begin();
    to_rest_.erase(to_rest_.begin());
    if (core_.in_work.contains(shard.event) || core_.running.cycle(shard).state() != cycle_state::serving)
      continue;
    takers_[shard] = home;
    happened(shard, cycle_event::placed_elsewhere);
    resting += core_.running.cycle(shard).state() == cycle_state::resting ? 1 : 0;
  }
}

// ---- what is due in the store --------------------------------------------------

void steward::work() {
  while (!to_claim_.empty() || !to_load_.empty() || !to_give_.empty()) {
    auto refused = core_.store.use([this](cluster::shard_claims& claims) {
      claim_due(claims);
      load_due(claims);
      give_due(claims);
    });
    if (!refused)
      continue;
    // Their states say what is still to be done.
    to_claim_.clear();
    to_load_.clear();
    to_give_.clear();
  }
  try_again_later();
  for (const auto& event : std::exchange(started_, {}))
    loader_.introduce(event);
  answer_if_left();
  counter_.count(core_.running, core_.settings.shares);
  if (core_.worked)
    core_.worked();
}

void steward::claim_due(cluster::shard_claims& claims) {
  auto due = std::exchange(to_claim_, {});
  rows_by_event rows;
  std::vector<persistence::owned_shard> seen;
  seen.reserve(due.size());
  for (const auto& shard : due) {
    const auto* row = row_of(rows, claims, shard);
    if (!row)
      continue;
    if (claims.is_own(*row) || (core_.settings.shares && !nodes_.lives(row->owner)))
      seen.push_back({shard, row->epoch});
    else if (!core_.settings.shares)
      return core_.store.lose(shard, row->epoch);
  }
  if (seen.empty())
    return;
  auto epochs = claims.claim(seen);
  std::vector<persistence::owned_shard> claimed;
  for (std::size_t i = 0; i < seen.size(); ++i)
    if (epochs[i]) {
      claimed.push_back({seen[i].shard, *epochs[i]});
      happened(seen[i].shard, cycle_event::claimed, *epochs[i]);
    }
  log_claims(claimed);
}

/// The first few by name, as there may be thousands.
void steward::log_claims(const std::vector<persistence::owned_shard>& claimed) const {
  constexpr std::size_t named_max = 8;
  if (claimed.empty())
    return;
  std::string list;
  for (std::size_t i = 0; i < std::min(claimed.size(), named_max); ++i)
    list += (i == 0 ? "" : ", ") + domain::to_string(claimed[i].shard) + " at epoch "
            + std::to_string(claimed[i].epoch.value());
  log::of("cluster").info("node {} has claimed {} shards: {}{}", core_.me, claimed.size(), list,
                          claimed.size() > named_max ? " and others" : "");
}

void steward::load_due(cluster::shard_claims& claims) {
  std::vector<persistence::owned_shard> own;
  for (const auto& shard : std::exchange(to_load_, {}))
    if (const auto& cycle = core_.running.cycle(shard); cycle.state() == cycle_state::loading)
      own.push_back({shard, cycle.epoch()});
  if (own.empty())
    return;
  if (core_.settings.shares)
    loader_.learn_events(claims); // whoever had the shards may have put their events on other plans
  // An event before its sections and its room, which tell it that they have started.
  std::sort(own.begin(), own.end(), [](const auto& a, const auto& b) { return a.shard < b.shard; });
  try {
    load(claims, own);
  } catch (const persistence::history_broken&) {
    // One of them has a history that cannot be used: which one?
    for (const auto& one : own)
      if (core_.running.cycle(one.shard).state() == cycle_state::loading)
        try {
          load(claims, {one});
        } catch (const persistence::history_broken& why) {
          log::of("cluster").critical("shard {} is not served: {}", domain::to_string(one.shard), why.what());
          stopped_.add_for_good(one.shard);
          happened(one.shard, cycle_event::history_broken, one.epoch);
          core_.running.end(one.shard);
        }
  }
}

void steward::load(cluster::shard_claims& claims, const std::vector<persistence::owned_shard>& own) {
  auto begun = core_.self->clock().now();
  auto histories = claims.read_histories(own);
  log::of("cluster").info(
      "node {} has loaded {} shards in {} ms", core_.me, own.size(),
      std::chrono::duration_cast<std::chrono::milliseconds>(core_.self->clock().now() - begun).count());
  rows_by_event rows;
  for (std::size_t i = 0; i < own.size(); ++i) {
    if (!histories[i]) {
      const auto* row = row_of(rows, claims, own[i].shard);
      if (row && claims.is_own(*row)) // a claim of its own was carried out late
        happened(own[i].shard, cycle_event::yours, row->epoch);
      continue;
    }
    const auto* event = row_of(rows, claims, {domain::shard_kind::event, own[i].shard.event, {}});
    serve(claims, own[i].shard, *std::move(histories[i]), event ? event->epoch : domain::epoch{});
  }
}

void steward::serve(cluster::shard_claims& claims, const domain::shard_id& shard, persistence::shard_history history,
                    domain::epoch event_epoch) {
  auto epoch = history.epoch;
  if (shard.kind == domain::shard_kind::event && !loader_.write_due_settings(claims, shard.event, history))
    return; // somebody else has it by now, as the next look will show
  try {
    core_.running.start(shard, std::move(history), event_epoch);
  } catch (const persistence::store_unavailable&) {
    throw;
  } catch (const std::exception& why) {
    log::of("cluster").critical("shard {} is not served: its journal cannot be used: {}", domain::to_string(shard),
                                why.what());
    stopped_.add_for_good(shard);
    happened(shard, cycle_event::history_broken, epoch);
    return core_.running.end(shard);
  }
  happened(shard, cycle_event::loaded, epoch);
  stopped_.started(shard);
  started_.insert(shard.event);
  record_.served(shard, core_.self->clock().now());
  log::of("cluster").info("node {} serves shard {} at epoch {}", core_.me, domain::to_string(shard), epoch.value());
}

void steward::give_due(cluster::shard_claims& claims) {
  for (const auto& shard : std::exchange(to_give_, {})) {
    auto epoch = core_.running.cycle(shard).epoch();
    auto taker = takers_.find(shard);
    auto given =
        taker == takers_.end() ? std::nullopt : claims.give({shard, epoch}, persistence::incarnation{taker->second});
    if (given) {
      log::of("cluster").info("node {} has given shard {} to node {}, at epoch {}", core_.me, domain::to_string(shard),
                              taker->second, given->value());
      auto waits_since = record_.ended(shard, hand_over::given);
      happened(shard, cycle_event::given, epoch);
      if (core_.settings.switchboard)
        core_.self->send(core_.settings.switchboard, messages::shard_given{shard, *given, taker->second, waits_since});
      continue;
    }
    // Or it was given away before, and no answer came.
    rows_by_event rows;
    if (const auto* row = row_of(rows, claims, shard); row && row->epoch > epoch) {
      record_.ended(shard, claims.is_own(*row) ? hand_over::not_given : hand_over::given);
      happened(shard, claims.is_own(*row) ? cycle_event::yours : cycle_event::fenced, row->epoch);
    } else {
      record_.ended(shard, hand_over::not_given);
      happened(shard, cycle_event::not_given, epoch);
    }
  }
}

void steward::try_again_later() {
  if (will_try_again_ || core_.store.gave_up())
    return;
  if (must_look_)
    return plan_another_try();
  auto is_open = [](cycle_state state) {
    return state == cycle_state::wanted || state == cycle_state::loading || state == cycle_state::giving;
  };
  if (core_.running.count_if(is_open) > 0)
    plan_another_try();
}

void steward::plan_another_try() {
  will_try_again_ = true;
  core_.self->run_delayed(core_.settings.patience, [this] { try_again(); });
}

void steward::try_again() {
  will_try_again_ = false;
  if (must_look_)
    return look_at_all();
  for (const auto& [id, event] : core_.running.all())
    for (const auto& shard : event.shards(id))
      happened(shard, cycle_event::due, core_.running.cycle(shard).epoch());
  work();
}

// ---- shards in doubt -----------------------------------------------------------

caf::result<messages::shard_reclaimed> steward::reclaim(const messages::reclaim_shard& wish) {
  // An actor that was ended must not take the shard from the one that serves it now.
  if (!core_.running.serves(core_.self->current_sender(), wish.shard))
    return to_error(domain::refusal{.reason = rejection::not_found, .detail = "Another actor has the shard."});
  if (doubting_.empty())
    core_.self->send(core_.handle(), messages::flush{});
  doubting_.push_back({{wish.shard, wish.epoch}, core_.self->make_response_promise<messages::shard_reclaimed>()});
  return doubting_.back().asked;
}

void steward::reclaim_collected() {
  auto all = std::exchange(doubting_, {});
  // Whoever has ended since must not fence the actor that came after it.
  std::erase_if(all, [this](const auto& one) { return !core_.running.serves(one.asked.source(), one.shard.shard); });
  std::vector<persistence::owned_shard> own;
  own.reserve(all.size());
  for (const auto& one : all)
    own.push_back(one.shard);
  std::vector<std::optional<persistence::shard_history>> histories(all.size());
  std::vector<bool> is_still_own(all.size(), false);
  auto refused = core_.store.use([&](cluster::shard_claims& claims) {
    histories = claims.reclaim(own);
    rows_by_event rows;
    for (std::size_t i = 0; i < own.size(); ++i)
      if (!histories[i])
        if (const auto* row = row_of(rows, claims, own[i].shard))
          is_still_own[i] = claims.is_own(*row);
  });
  if (!refused && core_.settings.on_reclaimed
      && std::any_of(histories.begin(), histories.end(), [](const auto& one) { return one.has_value(); }))
    core_.settings.on_reclaimed();
  for (std::size_t i = 0; i < all.size(); ++i) {
    auto& [shard, asked] = all[i];
    if (refused)
      asked.deliver(to_error(*refused));
    else if (auto& history = histories[i]) {
      happened(shard.shard, cycle_event::reclaimed, history->epoch);
      if (core_.running.cycle(shard.shard).state() == cycle_state::serving)
        core_.running.renewed(shard.shard);
      asked.deliver(messages::shard_reclaimed{history->epoch, history->last, std::move(history->snapshot),
                                              std::move(history->facts)});
    } else if (is_still_own[i]) // somebody has its row locked
      asked.deliver(to_error(rejection::store_unavailable));
    else
      asked.deliver(
          to_error(domain::refusal{.reason = rejection::not_found, .detail = "Another process has the shard."}));
  }
}

// ---- shards that stopped -------------------------------------------------------

void steward::stopped(const messages::shard_stopped& news) {
  if (!core_.running.serves(core_.self->current_sender(), news.shard))
    return;
  if (news.why == messages::append_failure::fenced)
    return fenced(news.shard);
  if (news.why == messages::append_failure::broken)
    return core_.store.give_up("The store cannot be used: what " + domain::to_string(news.shard)
                               + " decides cannot be written. This process stops.");
  auto shard = domain::to_string(news.shard);
  happened(news.shard, cycle_event::disagreed, core_.running.cycle(news.shard).epoch());
  auto pause = news.why == messages::append_failure::lost ? stopped_.add_for_good(news.shard)
                                                          : stopped_.add(news.shard, core_.self->clock().now());
  if (!pause) {
    log::of("cluster").critical("shard {} is not served any more: {}", shard, news.sentence);
    return core_.running.end(news.shard);
  }
  log::of("cluster").critical("shard {} has stopped: {}; it is started again in {} ms", shard, news.sentence,
                              pause->count());
  mend_after(news.shard, *pause);
}

void steward::mend_after(const domain::shard_id& shard, std::chrono::milliseconds pause) {
  core_.self->run_delayed(pause, [this, shard] {
    if (core_.store.gave_up())
      return;
    if (core_.in_work.contains(shard.event)) // perhaps with another plan soon, which starts it, too
      return mend_after(shard, core_.settings.patience);
    happened(shard, cycle_event::mended, core_.running.cycle(shard).epoch());
    if (core_.running.cycle(shard).state() == cycle_state::serving) // with another plan
      stopped_.started(shard);
    work();
  });
}

/// Somebody has claimed the shard: this process itself, whose late claim came after all; or another one.
void steward::fenced(const domain::shard_id& shard) {
  if (core_.settings.shares) {
    look_at(shard.event);
    return;
  }
  auto refused = core_.store.use([&](cluster::shard_claims& claims) {
    rows_by_event rows;
    const auto* row = row_of(rows, claims, shard);
    if (row && claims.is_own(*row))
      return happened(shard, cycle_event::yours, row->epoch);
    if (row)
      core_.store.lose(shard, row->epoch);
    else
      core_.store.lose(shard);
  });
  if (refused && !core_.store.gave_up())
    fenced_.insert(shard); // the next look asks again
  work();
}

// ---- the other nodes, and the rows of the store ----------------------------------

void steward::see(messages::view_changed view) {
  if (!core_.settings.shares)
    return;
  if (view.me != core_.me) {
    // Another life: what the one before had is not this one's.
    for (const auto& [id, event] : core_.running.all())
      for (const auto& shard : event.shards(id))
        happened(shard, cycle_event::node_ended);
    core_.me = view.me;
    core_.store.act_as(persistence::incarnation{view.me}, view.owner);
  }
  auto gives_all = [&](const auto& one) { return one.number == core_.me && !one.may_take; };
  gives_all_ = std::ranges::any_of(view.nodes, gives_all);
  rests_max_ = gives_all_ ? rests_max_when_draining : rests_max;
  to_rest_.clear(); // they may belong elsewhere now
  see_rebalance(view);
  nodes_.see(std::move(view.nodes));
  look_at_all();
  counter_.count(core_.running, true);
}

/// To move everything is what operators have asked for until another node joins.
void steward::see_rebalance(const messages::view_changed& view) {
  auto is_asked = std::exchange(rebalances_, view.rebalances) < view.rebalances && nodes_.can_take();
  auto is_new = [this](const auto& one) { return one.may_take && !nodes_.may_take(one.number); };
  if (is_asked) {
    moves_ = true;
    not_before_.clear();
  } else if (std::ranges::any_of(view.nodes, is_new)) {
    moves_ = core_.settings.auto_rebalance;
    gathered_.clear();
  }
}

/// Whether a shard that is served here stays, although it belongs to another node.
bool steward::stays(const domain::shard_id& shard, std::uint64_t home) const {
  auto is_gathered = core_.running.at(shard.event).gatherer == home || gathered_.contains(shard.event);
  return !moves_ && !gives_all_ && !is_gathered;
}

void steward::look_at_all() {
  if (core_.me == 0)
    return answer_if_left();
  auto refused = core_.store.use([this](cluster::shard_claims& claims) {
    loader_.learn_events(claims);
    auto resting = count_resting();
    for (const auto& [id, event] : core_.running.all())
      compare(claims, id, resting);
  });
  must_look_ = refused.has_value();
  work();
  if (!refused)
    loader_.has_looked();
  else if (core_.store.gave_up())
    loader_.start_again_later(); // which tells those who wait for the start
}

void steward::given(const messages::shard_given& news) {
  if (news.to != core_.me || !core_.running.has(news.shard) || core_.in_work.contains(news.shard.event))
    return;
  happened(news.shard, cycle_event::yours, news.epoch);
  work();
}

caf::result<void> steward::wait_until_left() {
  leavers_.push_back(core_.self->make_response_promise<void>());
  auto asked = leavers_.back();
  answer_if_left();
  return asked;
}

void steward::answer_if_left() {
  if (leavers_.empty() || (core_.me != 0 && !gives_all_)) // the census has not said yet that it is draining
    return;
  auto is_left = core_.me == 0 || !nodes_.can_take() || core_.running.count_if(cluster::has_actor) == 0;
  for (auto& each : is_left ? std::exchange(leavers_, {}) : decltype(leavers_){})
    each.deliver();
}

void steward::look() {
  auto next = core_.running.next_after(looked_at_);
  if (!next)
    return;
  looked_at_ = *std::move(next);
  if (core_.settings.shares) {
    look_at(looked_at_);
    return;
  }
  core_.store.use([this](cluster::shard_claims& claims) {
    if (auto lost = claims.lost(looked_at_))
      return core_.store.lose(lost->shard, lost->epoch);
    claims.store().note_ends(looked_at_);
  });
  for (const auto& shard : std::exchange(fenced_, {}))
    fenced(shard);
  counter_.count(core_.running, false);
}

caf::result<void> steward::look_for(const messages::event_written& news) {
  if (auto refused = look_at(news.event))
    return to_error(*refused);
  auto asked = core_.self->make_response_promise<void>();
  loader_.when_announced([asked]() mutable { asked.deliver(); });
  return asked;
}

std::optional<domain::refusal> steward::look_at(const domain::event_id& event) {
  if (core_.me == 0)
    return domain::refusal{.reason = rejection::store_unavailable};
  auto refused = core_.store.use([&](cluster::shard_claims& claims) {
    loader_.learn_events(claims);
    if (!core_.running.knows(event))
      return;
    auto resting = count_resting();
    compare(claims, event, resting);
    loader_.look_from_afar(claims, event);
    // Whoever has the event's own shard notes the ends for all, or every node would write the same rows.
    if (cluster::has_actor(core_.running.at(event).event.cycle.state()))
      claims.store().note_ends(event);
  });
  must_look_ = must_look_ || refused.has_value();
  work();
  return refused;
}

/// The nodes to which an event's shards belong; empty while nobody may have any.
std::vector<std::uint64_t> steward::homes_of(const domain::event_id& event, std::size_t shards) const {
  if (auto gatherer = core_.running.at(event).gatherer; nodes_.may_take(gatherer))
    return std::vector<std::uint64_t>(shards, gatherer);
  return nodes_.homes(event, static_cast<std::uint16_t>(shards - 2));
}

void steward::compare(cluster::shard_claims& claims, const domain::event_id& event, std::size_t& resting) {
  if (core_.in_work.contains(event))
    return;
  auto shards = core_.running.at(event).shards(event);
  auto homes = homes_of(event, shards.size());
  counter_.note_placed(event, static_cast<std::size_t>(std::ranges::count(homes, core_.me)));
  if (core_.running.at(event).gatherer != 0)
    gathered_.insert(event);
  if (homes.empty())
    return;
  for (const auto& row : claims.store().shards(event)) {
    auto found = std::find(shards.begin(), shards.end(), row.shard);
    if (found != shards.end()) // else of a plan that is not known yet
      compare(claims, row, homes[static_cast<std::size_t>(found - shards.begin())], resting);
  }
}

/// Whoever waited for a shard that did not come to rest is not made to wait again at once.
bool steward::may_rest(const domain::shard_id& shard) const {
  auto found = not_before_.find(shard);
  return found == not_before_.end() || core_.self->clock().now() >= found->second;
}

/// How many shards are about to be given away.
std::size_t steward::count_resting() {
  return core_.running.count_if(
      [](cycle_state state) { return state == cycle_state::resting || state == cycle_state::giving; });
}

void steward::compare(cluster::shard_claims& claims, const persistence::stored_shard& row, std::uint64_t home,
                      std::size_t& resting) {
  const auto& cycle = core_.running.cycle(row.shard);
  if (claims.is_own(row))
    happened(row.shard, cycle_event::yours, row.epoch);
  else if (row.epoch > cycle.epoch())
    happened(row.shard, cycle_event::fenced, row.epoch);
  to_rest_.erase(row.shard);
  if (home == core_.me) {
    if (!claims.is_own(row) && !row.owner.empty() && !nodes_.lives(row.owner))
      record_.seen_free(row.shard, core_.self->clock().now());
    // Whoever has it keeps it: to try to claim it would be in vain.
    auto is_kept = !moves_ && !claims.is_own(row) && nodes_.lives(row.owner);
    return happened(row.shard, is_kept ? cycle_event::placed_elsewhere : cycle_event::placed_here);
  }
  if (cycle.state() == cycle_state::serving) {
    if (stays(row.shard, home) || !may_rest(row.shard))
      return;
    if (resting >= rests_max_) {
      to_rest_[row.shard] = home;
      return;
    }
  }
  takers_[row.shard] = home;
  happened(row.shard, cycle_event::placed_elsewhere);
  resting += cycle.state() == cycle_state::resting ? 1 : 0;
}

} // namespace usher::catalog
