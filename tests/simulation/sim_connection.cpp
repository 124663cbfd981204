#include "tests/simulation/sim_connection.hpp"

#include <utility>

namespace usher::simulation {

using namespace persistence;
using namespace std::chrono_literals;

sim_connection::sim_connection(sim_store& store, store_client client)
    : line_(store, std::move(client), 4'500ms), tables_(store.books_) {}

domain::instant sim_connection::now() {
  return line_.call("now", [this] { return line_.store().now(); });
}

bool sim_connection::add_event(const stored_event& event, std::uint16_t sections) {
  return line_.call("add_event", [&] { return tables_.add_event(event, sections); });
}

bool sim_connection::replace_plan(const stored_event& event, std::uint16_t sections, domain::epoch own) {
  return line_.call("replace_plan", [&] {
    auto done = tables_.replace_plan(event, sections, own);
    if (done)
      line_.store().told_.replaced_plan(event);
    return done;
  });
}

std::vector<stored_event> sim_connection::events() {
  return line_.call("events", [&] { return tables_.events(); });
}

std::vector<std::optional<domain::epoch>> sim_connection::claim_shards(std::span<const wanted_shard> wanted,
                                                                       std::string_view owner) {
  return line_.call("claim", [&] {
    auto taken = tables_.claim_shards(wanted, owner);
    for (std::size_t i = 0; i < taken.size(); ++i)
      if (taken[i])
        line_.store().note_claim(wanted[i].shard, *taken[i], std::string{owner});
    return taken;
  });
}

std::vector<std::optional<shard_history>> sim_connection::histories(std::span<const owned_shard> owned) {
  return line_.call("histories", [&] { return tables_.histories(owned); });
}

std::vector<append_result> sim_connection::append(std::span<const journal_entry> group) {
  auto kept = std::make_shared<std::vector<journal_entry>>(group.begin(), group.end());
  return line_.call(
      "append", [&] { return append_now(group); },
      [store = &line_.store(), kept, name = line_.client().name] {
        if (store->when_.now() < store->away_until_ || store->when_.now() < store->paused_until_)
          return; // it is lost with whoever was to do it
        sim_connection nobody{*store, {name, {}, [](fiber&) {}, [] { return true; }}};
        store->told_.troubled("an append was done late");
        static_cast<void>(nobody.append_now(*kept));
      });
}

std::vector<append_result> sim_connection::append_now(std::span<const journal_entry> group) {
  auto results = tables_.append(group);
  for (std::size_t i = 0; i < results.size(); ++i)
    if (results[i] == append_result::written)
      line_.store().told_.writes(group[i], line_.client().name);
  return results;
}

void sim_connection::put_snapshot(const domain::shard_id& shard, domain::epoch epoch, domain::fact_seq upto,
                                  const std::vector<domain::fact>& facts) {
  line_.call("put_snapshot", [&] { tables_.put_snapshot(shard, epoch, upto, facts); });
}

void sim_connection::note_ends(const domain::event_id& event) {
  line_.call("note_ends", [&] { tables_.note_ends(event); });
}

void sim_connection::at_one_moment(const std::function<void()>& work) {
  tables_.at_one_moment(work);
}

void sim_connection::read_journal(const domain::event_id& event,
                                  const std::function<void(const journal_entry&)>& each) {
  line_.call("read_journal", [&] { tables_.read_journal(event, each); });
}

std::optional<stored_snapshot> sim_connection::snapshot(const domain::shard_id& shard) {
  return line_.call("snapshot", [&] { return tables_.snapshot(shard); });
}

std::vector<sold_row> sim_connection::sold_seats(const domain::event_id& event) {
  return line_.call("sold_seats", [&] { return tables_.sold_seats(event); });
}

std::vector<order_row> sim_connection::orders(const domain::event_id& event) {
  return line_.call("orders", [&] { return tables_.orders(event); });
}

std::vector<stored_shard> sim_connection::shards(const domain::event_id& event) {
  return line_.call("shards", [&] { return tables_.shards(event); });
}

std::string sim_connection::secret(std::string_view name, const std::function<std::string()>& make) {
  return line_.call("secret", [&] { return tables_.secret(name, make); });
}

} // namespace usher::simulation
