#pragma once

#include "persistence/booking_store.hpp"
#include "tests/simulation/agenda.hpp"
#include "tests/simulation/checker.hpp"
#include "tests/simulation/seeded_random.hpp"
#include "tests/support/memory_store.hpp"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>

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
    std::function<void(const persistence::journal_entry&, const std::string& by)> writes;
    std::function<void(const shard_claimed&)> claimed;
    std::function<void(const persistence::stored_event&)> replaced_plan;
    std::function<void(const char* what, const std::string& by)> called; ///< for the trace
    std::function<void(const char* fault)> troubled;                     ///< likewise, and to be counted
    std::function<void(const std::string& owner)> beaten{};              ///< a beat of this life was counted
    std::function<void(node_ended)> ended{};                             ///< by owner
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

  /// Whether somebody there can reach it now, and is answered soon.
  [[nodiscard]] bool is_reached_from(const std::string& host) const {
    return well_from() <= when_.now() && !cut_off_.contains(host);
  }

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
  /// Nothing gets from that host to the store, or back.
  void cut_off(const std::string& host) { cut_off_.insert(host); }
  void reconnect(const std::string& host) { cut_off_.erase(host); }
  /// It is well again.
  void heal();

  [[nodiscard]] const std::shared_ptr<tests::memory_books>& books() const noexcept { return books_; }

private:
  friend class store_line;
  friend class sim_connection;
  friend class sim_coordination;

  void note_claim(const domain::shard_id& shard, domain::epoch epoch, const std::string& owner, bool given = false);

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
  std::set<std::string> cut_off_;                    ///< hosts
  domain::instant cuts_changed_;                     ///< those among nodes, most recently
  std::map<domain::shard_id, domain::epoch> epochs_; ///< as claims returned them
  std::shared_ptr<tests::memory_books> books_ = std::make_shared<tests::memory_books>();
};

} // namespace usher::simulation
