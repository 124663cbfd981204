#pragma once

#include "actors/journal_writer.hpp"
#include "actors/section.hpp"
#include "actors/store_clock.hpp"
#include "messages/refusal.hpp"
#include "tests/support/memory_store.hpp"

#include <caf/test/dsl.hpp>

#include <caf/actor_cast.hpp>
#include <caf/event_based_actor.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace usher::tests {

using namespace std::chrono_literals;

/// The outcome of a request so far.
template <class Reply>
struct outcome {
  std::optional<Reply> reply;
  std::optional<domain::refusal> refused;

  [[nodiscard]] bool pending() const { return !reply && !refused; }
  [[nodiscard]] bool refused_as(domain::rejection reason) const { return refused && refused->reason == reason; }
};

/// Stands for the reply to a request that is answered by nothing.
struct done {};

template <class Reply>
using shared_outcome = std::shared_ptr<outcome<Reply>>;

/// What a fake gateway or event has heard.
struct heard {
  std::vector<messages::seats_changed> seats;
  std::vector<messages::hold_expired> expired;
  std::vector<messages::people_admitted> admitted;
  std::vector<messages::place_given_up> given_up;
  std::vector<messages::queue_moved> moved;
  std::vector<messages::allowance_back> allowances;
  std::vector<messages::section_opened> opened;
  std::vector<messages::room_opened> rooms_opened;
  std::vector<messages::section_totals_changed> totals;
  std::vector<messages::shard_stopped> stopped;
  std::vector<messages::append_facts> appended;
  std::vector<messages::keep_snapshot> snapshots;
  std::vector<messages::facts_durable> durable;
  std::vector<messages::append_failed> failed;
  messages::shard_actor writing_shard;
};

/// Shards over a store in memory, under a scheduler and a clock that the test moves.
class shard_fixture : public test_coordinator_fixture<> {
public:
  shard_fixture() : clock{books->start(), sched.clock().now()} {}

  ~shard_fixture() override {
    books->set(store_fault::none);
    for (const auto& actor : started)
      self->send_exit(actor, caf::exit_reason::kill);
    consume_messages();
  }

  // ---- time ----

  /// Lets all actors work until there is nothing left to do at this moment.
  void settle() { consume_messages(); }

  /// Moves the clock in small steps, so that timers fire in order and on time.
  void pass(std::chrono::milliseconds time, std::chrono::milliseconds step = 10ms) {
    settle();
    for (auto gone = 0ms; gone < time; gone += step) {
      advance_time(std::min(step, time - gone));
      settle();
    }
  }

  /// Lets the actors work, one message after the other, until there is an outcome, for a second at most.
  template <class Reply>
  void run_until(const shared_outcome<Reply>& there_is) {
    for (auto gone = 0ms; gone < 1s && there_is->pending(); gone += 1ms) {
      while (there_is->pending() && sched.try_run_once()) {
      }
      if (there_is->pending())
        advance_time(1ms);
    }
  }

  [[nodiscard]] domain::instant now() { return clock.at(sched.clock().now()); }

  // ---- talking ----

  /// Asks without waiting: the outcome is filled in while the actors work.
  template <class Reply, class Handle, class... Messages>
  shared_outcome<Reply> ask(const Handle& whom, Messages... what) {
    auto result = std::make_shared<outcome<Reply>>();
    keep(sys.spawn([=](caf::event_based_actor* asker) {
      auto refuse = [result](const caf::error& why) { result->refused = messages::to_refusal(why); };
      auto to = caf::actor_cast<caf::actor>(whom);
      if constexpr (std::is_same_v<Reply, done>)
        asker->request(to, caf::infinite, what...).then([result] { result->reply.emplace(); }, refuse);
      else
        asker->request(to, caf::infinite, what...)
            .then([result](const Reply& reply) { result->reply = reply; }, refuse);
    }));
    return result;
  }

  /// An actor that remembers what it hears, in whatever role the test needs.
  caf::actor listen(std::shared_ptr<heard> to) {
    return keep(sys.spawn([to](caf::event_based_actor*) -> caf::behavior {
      return {
          [to](const messages::seats_changed& x) { to->seats.push_back(x); },
          [to](const messages::hold_expired& x) { to->expired.push_back(x); },
          [to](const messages::people_admitted& x) { to->admitted.push_back(x); },
          [to](const messages::place_given_up& x) { to->given_up.push_back(x); },
          [to](const messages::queue_moved& x) { to->moved.push_back(x); },
          [to](const messages::allowance_back& x) { to->allowances.push_back(x); },
          [to](const messages::section_opened& x) { to->opened.push_back(x); },
          [to](const messages::room_opened& x) { to->rooms_opened.push_back(x); },
          [to](const messages::section_totals_changed& x) { to->totals.push_back(x); },
          [to](const messages::shard_stopped& x) { to->stopped.push_back(x); },
          [to](const messages::append_facts& x, const messages::shard_actor& shard) {
            to->appended.push_back(x);
            to->writing_shard = shard;
          },
          [to](const messages::keep_snapshot& x) { to->snapshots.push_back(x); },
          [to](const messages::facts_durable& x) { to->durable.push_back(x); },
          [to](const messages::append_failed& x) { to->failed.push_back(x); },
      };
    }));
  }

  messages::gateway_actor listening_gateway(std::shared_ptr<heard> to) {
    return caf::actor_cast<messages::gateway_actor>(listen(std::move(to)));
  }

  /// A keeper that claims from the store what shards want back.
  messages::keeper_actor working_keeper(std::shared_ptr<heard> to) {
    auto store = std::make_shared<memory_store>(books);
    auto keeper = sys.spawn([store, to](caf::event_based_actor*) -> caf::behavior {
      return {
          [store](const messages::reclaim_shard& wish) -> caf::result<messages::shard_reclaimed> {
            try {
              auto history = store->claim(wish.shard, "test", wish.epoch);
              if (!history)
                return messages::to_error(domain::rejection::not_found);
              return messages::shard_reclaimed{history->epoch, history->last, history->snapshot, history->facts};
            } catch (const persistence::store_unavailable&) {
              return messages::to_error(domain::rejection::store_unavailable);
            }
          },
          [to](const messages::shard_stopped& x) { to->stopped.push_back(x); },
      };
    });
    return caf::actor_cast<messages::keeper_actor>(keep(keeper));
  }

  /// The journal writer, on the test's scheduler.
  messages::journal_actor working_journal(actors::journal_writer_limits limits = {}) {
    auto open = [where = books] { return std::make_unique<memory_store>(where); };
    auto writer = actors::spawn_journal_writer(sys, open, limits, actors::writer_thread::shared);
    keep(caf::actor_cast<caf::actor>(writer));
    return writer;
  }

  /// Remembers an actor, which ends with the test.
  caf::actor keep(const caf::actor& actor) {
    started.push_back(actor);
    return actor;
  }

  std::shared_ptr<memory_books> books = std::make_shared<memory_books>();
  actors::store_clock clock;
  std::vector<caf::actor> started;
};

/// One section of one row of ten seats at 50.00 and one floor of 100 places at 30.00.
[[nodiscard]] inline domain::shared_plan small_plan() {
  domain::section_plan row{"row", "Row", {"A"}, {}, 0, {}};
  for (int i = 1; i <= 10; ++i)
    row.seats.push_back({"A-" + std::to_string(i), std::to_string(i), domain::category_no{0}, 0, {i * 1.0, 0}});
  domain::section_plan floor{"floor", "Floor", {}, {}, 100, domain::category_no{1}};
  return std::make_shared<domain::seating_plan>("Small hall", std::vector<std::string>{"Seat", "Standing"},
                                                std::vector{row, floor});
}

} // namespace usher::tests
