#pragma once

#include "tests/simulation/world.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace usher::simulation {

/// Somebody who wants seats: holds some, thinks, releases or orders them or lets them run out, and now and then cancels
/// an order, or stands in the queue. Whatever gets no answer is asked again under the same key.
class buyer {
public:
  buyer(world& where, std::uint64_t number);

  /// Begins, after a while.
  void begin();
  [[nodiscard]] const domain::buyer_id& name() const noexcept { return name_; }

private:
  struct my_hold {
    domain::hold_id id;
    std::vector<domain::section_no> sections;
  };

  void rest();
  void act();

  void hold_something();
  [[nodiscard]] messages::hold_seats wish();
  [[nodiscard]] messages::section_wish wish_in(domain::section_no section, std::uint32_t most);
  void held(const outcome<messages::hold_granted>& how);
  void decide_about_hold();
  void order();
  void follow(domain::order_id id);
  void cancel();
  void stand_in_line();
  void leave_line();
  void look();

  world& in_;
  std::uint64_t number_;
  domain::buyer_id name_;
  std::uint64_t keys_ = 0;
  std::vector<my_hold> holds_;
  std::vector<domain::order_id> confirmed_;
  std::optional<domain::queue_number> place_;
  std::optional<messages::hold_seats> last_wish_; ///< to be sent once more, much later
};

/// The operator of the sale: pauses and opens it, blocks seats, changes prices, the limit and the rate, puts it on
/// another plan, refunds or gives up an order, reads the report, and in some sales closes it near the end.
class organiser {
public:
  explicit organiser(world& where) : in_(where) {}

  void begin();
  /// Whoever had the sale opened by a node that had been replaced, and did not know it, finds it paused, and opens it.
  void look_again();

private:
  void rest();
  void act();
  void pause();
  void change_settings();
  void block();
  void undo_an_order();
  void change_plan();
  void look();
  void change(messages::change_event wish);

  world& in_;
  std::vector<messages::block_seats::part> blocked_; ///< in the end or perhaps
};

} // namespace usher::simulation
