#pragma once

#include "failpoint/failpoint.hpp"
#include "tests/simulation/world.hpp"

#include <cstdint>
#include <map>
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
  /// It is over after so long, too.
  void interrupt_for(moment time);
  void pause_a_node();
  void set_a_trap();

  world& in_;
  kinds kinds_;
  std::map<std::string, int> broken_; ///< how many of a node's actors
  moment pause_;                      ///< between two faults, about
  trap trap_;
  bool over_ = false;
};

} // namespace usher::simulation
