#include "catalog/plan_change.hpp"

#include "domain/ensure.hpp"
#include "domain/event.hpp"
#include "domain/replay.hpp"
#include "domain/section.hpp"

#include <utility>
#include <vector>

namespace usher::catalog {

namespace {

template <class Shard>
Shard replay(Shard shard, const persistence::shard_history& history) {
  return domain::replay(std::move(shard), history.snapshot, history.facts);
}

std::vector<domain::section_standing> standings_in(const domain::shared_plan& plan,
                                                   const cluster::event_histories& histories) {
  std::vector<domain::section_standing> result;
  for (const auto& history : histories.sections) {
    domain::section_no number{static_cast<domain::section_no::representation>(result.size())};
    result.push_back(replay(domain::section{plan, number}, history).standing());
  }
  return result;
}

} // namespace

std::variant<next_plan, domain::refusal> change_plan(const domain::shared_plan& now, const messages::put_event& wish,
                                                     const cluster::event_histories& histories, domain::instant at) {
  auto numbering = domain::renumber(*now, *wish.plan, standings_in(now, histories), at);
  if (auto* why = std::get_if<domain::refusal>(&numbering))
    return std::move(*why);
  next_plan next{{wish.id, *wish.plan_text, {}}, nullptr};
  auto& supplement = next.stored.supplement;
  supplement.numbering = std::get<domain::plan_numbering>(std::move(numbering));
  next.plan = domain::with_numbers(wish.plan, supplement.numbering);
  domain::ensure(next.plan != nullptr, "a numbering fits the plan that it was made for");
  auto event = replay(domain::event{}, histories.event);
  auto categories = wish.plan->categories().size();
  auto settings = domain::changed(event.settings(), wish.settings, now->categories(), wish.plan->categories());
  if (auto why = event.may_become(settings, categories, wish.state))
    return *std::move(why);
  auto defined = event.define(settings, categories);
  if (const auto* fact = domain::granted(defined))
    supplement.due = {domain::fact_seq{histories.event.last.value() + 1}, fact->settings};
  return next;
}

bool write_due_settings(persistence::booking_store& store, const persistence::stored_event& event,
                        persistence::shard_history& history) {
  const auto& due = event.supplement.due;
  if (!due || history.last >= due->seq)
    return true;
  domain::fact fact = domain::event_defined{due->settings};
  persistence::journal_entry entry{
      {domain::shard_kind::event, event.id, {}}, history.epoch, due->seq, store.now(), fact};
  auto written = store.append({&entry, 1}).front();
  if (written == persistence::append_result::fenced)
    return false;
  if (written != persistence::append_result::written)
    throw persistence::store_broken{"the settings that came with the plan of " + event.id.value()
                                    + " are not in its journal and do not fit behind it"};
  history.last = due->seq;
  history.facts.push_back(std::move(fact));
  return true;
}

} // namespace usher::catalog
