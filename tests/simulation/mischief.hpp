#pragma once

#include "tests/simulation/world.hpp"

namespace usher::simulation {

/// Everything that goes wrong during the sale. Some seeds have all kinds of faults, some a few, and some none, since
/// much shows only when nothing else is wrong.
class mischief {
public:
  explicit mischief(world& where);

  void begin();
  /// From now on all is well.
  void end();

private:
  /// Each kind is on or off for the whole sale.
  struct kinds {
    bool store_errors = false;
    bool store_outages = false;
    bool payments = false;
    bool actors = false;
    bool nodes = false;
    bool pauses = false;
  };

  void rest();
  void act();
  void hurt_the_store();
  void hurt_an_actor();
  void hurt_a_node();
  void pause_a_node();

  world& in_;
  kinds kinds_;
  moment pause_; ///< between two faults, about
  bool over_ = false;
};

} // namespace usher::simulation
