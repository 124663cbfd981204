#include "tests/simulation/sim_store.hpp"

#include "domain/ensure.hpp"

#include <algorithm>
#include <optional>
#include <type_traits>
#include <utility>

namespace usher::simulation {

using namespace persistence;
using namespace std::chrono_literals;

namespace {

/// How long a caller waits for an answer, as `persistence/postgres` does.
constexpr moment patience = 4'500ms;

} // namespace

sim_store::sim_store(agenda& when, seeded_random& chance, listener told)
    : when_(when), chance_(chance), told_(std::move(told)) {}

domain::instant sim_store::true_now() const {
  return tests::memory_books::start() + std::chrono::duration_cast<domain::microseconds>(when_.now());
}

void sim_store::take_away(moment time) {
  away_until_ = when_.now() + time;
  ++starts_;
}

void sim_store::pause(moment time) {
  paused_until_ = when_.now() + time;
}

void sim_store::step_clock(domain::microseconds by) {
  ahead_ += by;
  most_ahead_ = std::max(most_ahead_, ahead_);
  least_ahead_ = std::min(least_ahead_, ahead_);
}

void sim_store::heal() {
  troubles_ = {};
  away_until_ = when_.now();
  paused_until_ = std::min(paused_until_, when_.now() + 1s);
}

sim_connection::sim_connection(sim_store& store, store_client client)
    : store_(store), client_(std::move(client)), tables_(store.books_) {
  if (!fiber::current() && (store_.when_.now() < store_.away_until_ || store_.when_.now() < store_.paused_until_))
    fail("unreachable at start");
}

void sim_connection::fail(const char* fault) {
  store_.told_.troubled(fault);
  throw store_unavailable{fault};
}

void sim_connection::sleep(fiber& caller, moment time) {
  auto over = std::make_shared<bool>(false);
  store_.when_.in(time, [this, &caller, over] {
    if (!*over) // else caller and connection may be gone
      client_.wake(caller);
  });
  fiber::wait();
  *over = true;
  if (client_.dead())
    throw store_unavailable{"the process has ended"};
}

void sim_connection::travel(fiber& caller) {
  sleep(caller, store_.chance_.wait(100us, 20ms));
}

void sim_connection::await_service(fiber& caller, const std::function<void()>& late) {
  auto waited = moment{0};
  while (store_.when_.now() < store_.paused_until_) {
    auto rest = std::min(store_.paused_until_ - store_.when_.now(), patience - waited);
    if (rest <= moment{0}) {
      // It may lie in the server's buffers, and be done when nobody waits for it any more.
      if (late && store_.chance_.chance(500))
        store_.when_.in(store_.paused_until_ - store_.when_.now(), late);
      fail("no answer in time");
    }
    sleep(caller, rest);
    waited += rest;
  }
  if (store_.when_.now() < store_.away_until_)
    fail("out of reach");
}

template <class Work>
auto sim_connection::call(const char* what, Work work, std::function<void()> late) {
  if (client_.dead())
    throw store_unavailable{"the process has ended"};
  auto* caller = fiber::current();
  if (!caller) {
    if (store_.when_.now() < store_.away_until_)
      fail("out of reach");
    return work();
  }
  auto starts = store_.starts_;
  travel(*caller);
  await_service(*caller, late);
  if (store_.chance_.chance(store_.troubles_.refused))
    fail("an error before the commit");
  store_.told_.called(what, client_.name);
  auto come_back = [&] {
    auto lost = store_.chance_.chance(store_.troubles_.answer_lost);
    if (lost && store_.chance_.chance(500)) {
      store_.slow_until_ = std::max(store_.slow_until_, store_.when_.now() + patience);
      sleep(*caller, patience);
    } else {
      travel(*caller);
    }
    if (lost)
      fail("the answer was lost");
    if (store_.starts_ != starts)
      fail("the connection broke");
  };
  if constexpr (std::is_void_v<decltype(work())>) {
    work();
    come_back();
  } else {
    auto result = work();
    come_back();
    return result;
  }
}

domain::instant sim_connection::now() {
  return call("now", [this] { return store_.now(); });
}

bool sim_connection::add_event(const stored_event& event, std::uint16_t sections) {
  return call("add_event", [&] { return tables_.add_event(event, sections); });
}

bool sim_connection::replace_plan(const stored_event& event, std::uint16_t sections, domain::epoch own) {
  return call("replace_plan", [&] {
    auto done = tables_.replace_plan(event, sections, own);
    if (done)
      store_.told_.replaced_plan(event);
    return done;
  });
}

std::vector<stored_event> sim_connection::events() {
  return call("events", [&] { return tables_.events(); });
}

std::vector<std::optional<domain::epoch>> sim_connection::claim_shards(std::span<const wanted_shard> wanted,
                                                                       std::string_view owner) {
  return call("claim", [&] {
    auto taken = tables_.claim_shards(wanted, owner);
    for (std::size_t i = 0; i < taken.size(); ++i)
      if (const auto& shard = wanted[i].shard; taken[i]) {
        store_.told_.claimed({shard, store_.epochs_[shard], *taken[i], std::string{owner}, store_.true_now()});
        store_.epochs_[shard] = *taken[i];
      }
    return taken;
  });
}

std::vector<std::optional<shard_history>> sim_connection::histories(std::span<const owned_shard> owned) {
  return call("histories", [&] { return tables_.histories(owned); });
}

std::vector<append_result> sim_connection::append(std::span<const journal_entry> group) {
  auto kept = std::make_shared<std::vector<journal_entry>>(group.begin(), group.end());
  return call(
      "append", [&] { return append_now(group); },
      [store = &store_, kept] {
        if (store->when_.now() < store->away_until_ || store->when_.now() < store->paused_until_)
          return; // it is lost with whoever was to do it
        sim_connection nobody{*store, {"nobody", [](fiber&) {}, [] { return true; }}};
        store->told_.troubled("an append was done late");
        static_cast<void>(nobody.append_now(*kept));
      });
}

std::vector<append_result> sim_connection::append_now(std::span<const journal_entry> group) {
  auto results = tables_.append(group);
  for (std::size_t i = 0; i < results.size(); ++i)
    if (results[i] == append_result::written)
      store_.told_.writes(group[i]);
  return results;
}

void sim_connection::put_snapshot(const domain::shard_id& shard, domain::epoch epoch, domain::fact_seq upto,
                                  const std::vector<domain::fact>& facts) {
  call("put_snapshot", [&] { tables_.put_snapshot(shard, epoch, upto, facts); });
}

void sim_connection::note_ends(const domain::event_id& event) {
  call("note_ends", [&] { tables_.note_ends(event); });
}

void sim_connection::at_one_moment(const std::function<void()>& work) {
  tables_.at_one_moment(work);
}

void sim_connection::read_journal(const domain::event_id& event,
                                  const std::function<void(const journal_entry&)>& each) {
  call("read_journal", [&] { tables_.read_journal(event, each); });
}

std::optional<stored_snapshot> sim_connection::snapshot(const domain::shard_id& shard) {
  return call("snapshot", [&] { return tables_.snapshot(shard); });
}

std::vector<sold_row> sim_connection::sold_seats(const domain::event_id& event) {
  return call("sold_seats", [&] { return tables_.sold_seats(event); });
}

std::vector<order_row> sim_connection::orders(const domain::event_id& event) {
  return call("orders", [&] { return tables_.orders(event); });
}

std::vector<stored_shard> sim_connection::shards(const domain::event_id& event) {
  return call("shards", [&] { return tables_.shards(event); });
}

std::string sim_connection::secret(std::string_view name, const std::function<std::string()>& make) {
  return call("secret", [&] { return tables_.secret(name, make); });
}

} // namespace usher::simulation
