#pragma once

#include "persistence/booking_store.hpp"
#include "tests/simulation/agenda.hpp"
#include "tests/simulation/checker.hpp"
#include "tests/simulation/fiber.hpp"
#include "tests/simulation/seeded_random.hpp"
#include "tests/support/memory_store.hpp"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

namespace usher::simulation {

/// How often calls of the store go wrong, out of a thousand.
struct store_troubles {
  std::uint64_t refused = 0;     ///< before anything is done
  std::uint64_t answer_lost = 0; ///< after it was done
};

/// The database server: where it is, how it fares, and what it has written down.
class sim_store {
public:
  /// Told of what happens in the store.
  struct listener {
    std::function<void(const persistence::journal_entry&)> writes;
    std::function<void(const shard_claimed&)> claimed;
    std::function<void(const persistence::stored_event&)> replaced_plan;
    std::function<void(const char* what, const std::string& by)> called; ///< for the trace
    std::function<void(const char* fault)> troubled;                     ///< likewise, and to be counted
  };

  sim_store(agenda& when, seeded_random& chance, listener told);

  /// What its clock says.
  [[nodiscard]] domain::instant now() const { return true_now() + ahead_; }
  /// What its clock would say if nobody had ever stepped it.
  [[nodiscard]] domain::instant true_now() const;
  /// How far apart its clock at one moment and at another one can be, but for the time between them.
  [[nodiscard]] domain::microseconds clock_spread() const noexcept { return most_ahead_ - least_ahead_; }
  /// From when on it can be reached and answers soon; perhaps a moment to come.
  [[nodiscard]] moment well_from() const noexcept { return std::max({away_until_, paused_until_, slow_until_}); }

  // ---- faults ----

  void trouble(store_troubles troubles) { troubles_ = troubles; }
  /// Nobody reaches it for so long.
  void take_away(moment time);
  /// It does nothing for so long; who gives up waiting does not know whether what they sent will still be done.
  void pause(moment time);
  /// Every connection breaks; what was under way is done or not.
  void restart() { ++starts_; }
  /// Its clock is set forward, or back.
  void step_clock(domain::microseconds by);
  /// It is well again.
  void heal();

  [[nodiscard]] const std::shared_ptr<tests::memory_books>& books() const noexcept { return books_; }

private:
  friend class sim_connection;

  agenda& when_;
  seeded_random& chance_;
  listener told_;
  store_troubles troubles_;
  moment away_until_{0};
  moment paused_until_{0};
  moment slow_until_{0}; ///< somebody waits for an answer that is lost
  domain::microseconds ahead_{0};
  domain::microseconds most_ahead_{0};
  domain::microseconds least_ahead_{0};
  std::uint64_t starts_ = 0;
  std::map<domain::shard_id, domain::epoch> epochs_; ///< as claims returned them
  std::shared_ptr<tests::memory_books> books_ = std::make_shared<tests::memory_books>();
};

/// What a connection needs of the process that has it.
struct store_client {
  std::string name;
  /// Has the process go on with this fiber as soon as it does anything.
  std::function<void(fiber&)> wake;
  /// The process has ended: nothing that it sends arrives any more.
  std::function<bool()> dead;
};

/// One process's connection. Within a fiber its calls take time, and go wrong; outside of all fibers, where nothing can
/// wait, they are done at once if the store can be reached.
class sim_connection final : public persistence::booking_store {
public:
  sim_connection(sim_store& store, store_client client);

  domain::instant now() override;
  bool add_event(const persistence::stored_event& event, std::uint16_t sections) override;
  bool replace_plan(const persistence::stored_event& event, std::uint16_t sections, domain::epoch own) override;
  std::vector<persistence::stored_event> events() override;
  std::vector<std::optional<domain::epoch>> claim_shards(std::span<const persistence::wanted_shard> wanted,
                                                         std::string_view owner) override;
  std::vector<std::optional<persistence::shard_history>>
  histories(std::span<const persistence::owned_shard> owned) override;
  std::vector<persistence::append_result> append(std::span<const persistence::journal_entry> group) override;
  void put_snapshot(const domain::shard_id& shard, domain::epoch epoch, domain::fact_seq upto,
                    const std::vector<domain::fact>& facts) override;
  void note_ends(const domain::event_id& event) override;
  void at_one_moment(const std::function<void()>& work) override;
  void read_journal(const domain::event_id& event,
                    const std::function<void(const persistence::journal_entry&)>& each) override;
  std::optional<persistence::stored_snapshot> snapshot(const domain::shard_id& shard) override;
  std::vector<persistence::sold_row> sold_seats(const domain::event_id& event) override;
  std::vector<persistence::order_row> orders(const domain::event_id& event) override;
  std::vector<persistence::stored_shard> shards(const domain::event_id& event) override;
  std::string secret(std::string_view name, const std::function<std::string()>& make) override;

private:
  /// Does `work` at the store, when it gets there, and comes back with its result, if that gets back. `late` is what is
  /// done in its place when the caller has given up before: nothing, if it is empty.
  template <class Work>
  auto call(const char* what, Work work, std::function<void()> late = {});
  void travel(fiber& caller);
  void sleep(fiber& caller, moment time);
  [[noreturn]] void fail(const char* fault);
  void await_service(fiber& caller, const std::function<void()>& late);

  std::vector<persistence::append_result> append_now(std::span<const persistence::journal_entry> group);

  sim_store& store_;
  store_client client_;
  tests::memory_store tables_;
};

} // namespace usher::simulation
