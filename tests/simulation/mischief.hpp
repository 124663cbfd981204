#pragma once

#include "failpoint/failpoint.hpp"
#include "persistence/coordination.hpp"
#include "tests/simulation/world.hpp"

#include <cstdint>
#include <map>
#include <set>
#include <string>

namespace usher::simulation {

/// Everything that goes wrong during the sale. Some seeds have all kinds of faults, some a few, and some none, since
/// much shows only when nothing else is wrong.
class mischief {
public:
  explicit mischief(world& where);

  void begin();
  /// From now on all is well.
  void end();

  /// What happens to an actor that has reached this failpoint.
  [[nodiscard]] failpoint::action met(const failpoint::place& here);
  /// Clocks are stepped, or run fast or slow.
  [[nodiscard]] bool clocks_wander() const noexcept { return kinds_.clocks; }
  /// Nothing goes wrong at all.
  [[nodiscard]] bool is_quiet() const noexcept { return kinds_.none(); }
  /// By how many millionths the steady clock of the next node runs fast.
  [[nodiscard]] std::int64_t clock_ppm();

private:
  /// Each kind is on or off for the whole sale.
  struct kinds {
    bool store_errors = false;
    bool store_outages = false;
    bool payments = false;
    bool actors = false;
    bool nodes = false;
    bool pauses = false;
    bool failpoints = false;
    bool ambushes = false;
    bool clocks = false;
    // Of nodes that share the store:
    bool links = false;
    bool store_cuts = false;

    [[nodiscard]] bool none() const noexcept {
      return !store_errors && !store_outages && !payments && !actors && !nodes && !pauses && !failpoints && !ambushes
             && !clocks && !links && !store_cuts;
    }
  };

  /// What happens to whoever reaches a place, when some have passed it.
  struct trap {
    const failpoint::place* where = nullptr; ///< null: there is none
    failpoint::action what = failpoint::action::none;
    std::uint64_t passing = 0;
  };

  void rest();
  void act();
  void hurt_the_store();
  void hurt_an_actor();
  void lie_in_wait();
  /// A node starts a shard again up to ten times, and then leaves it to its operator.
  [[nodiscard]] bool is_patient(const sim_node& node) { return broken_[node.name()] < 8; }
  void step_the_clock();
  void hurt_a_node();
  void hurt_one_of_several();
  void drain(const std::string& process);
  bool change_status(const std::string& process, persistence::node_status to);
  void have_somebody_join();
  [[nodiscard]] moment short_or_long();
  void hurt_a_link();
  void cut(const std::string& from, const std::string& to, moment time);
  void isolate(const std::string& host, moment time);
  void cut_off_from_store(const std::string& host, moment time);
  void cut_somebody_off();
  [[nodiscard]] std::string some_host();
  [[nodiscard]] std::set<std::string> hosts();
  /// It is over after so long, too.
  void interrupt_for(moment time);
  void pause_a_node();
  void set_a_trap();

  world& in_;
  kinds kinds_;
  std::map<std::string, int> broken_; ///< how many of a node's actors
  moment pause_;                      ///< between two faults, about
  trap trap_;
  std::uint64_t joined_ = 0;
  bool over_ = false;
};

} // namespace usher::simulation
