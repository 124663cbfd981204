#pragma once

#include "payments/provider.hpp"
#include "tests/simulation/agenda.hpp"
#include "tests/simulation/checker.hpp"
#include "tests/simulation/seeded_random.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

namespace usher::simulation {

/// How often payments go wrong, out of a thousand.
struct payment_troubles {
  std::uint64_t declined = 0;
  std::uint64_t lost_before = 0; ///< the request never arrives
  std::uint64_t lost_after = 0;  ///< the money moves, and nobody hears of it
};

/// Whoever moves the money: one for all nodes, and it outlives them.
class payment_house {
public:
  struct listener {
    std::function<void(const money_moved&)> moved;
    std::function<void(const char* fault)> troubled;
  };

  payment_house(agenda& when, seeded_random& chance, listener told)
      : when_(when), chance_(chance), told_(std::move(told)) {}

  void trouble(payment_troubles troubles) { troubles_ = troubles; }

private:
  friend class sim_provider;

  struct account {
    domain::minor_units amount = 0;
    payments::outcome outcome = payments::outcome::never_asked;
    bool refunded = false;
  };

  agenda& when_;
  seeded_random& chance_;
  listener told_;
  payment_troubles troubles_;
  std::map<std::string, account> accounts_;
};

/// One node's way to it. Its requests take time, and so do the answers, which come `unknown`, late, or never.
class sim_provider final : public payments::provider {
public:
  explicit sim_provider(payment_house& house) : house_(house) {}

  void charge(const payments::charge_request& request, payments::completion done) override;
  void status(const std::string& key, payments::completion done) override;
  void refund(const std::string& key, payments::completion done) override;
  /// The node has ended: it asks nothing any more, and hears nothing.
  void close() override { waiting_.reset(); }

private:
  /// Has `work` done there, and its answer brought back.
  void ask(std::function<payments::answer()> work, payments::completion done);

  /// By number; what is under way outside keeps no actor of a node alive.
  using waiting = std::map<std::uint64_t, payments::completion>;

  payment_house& house_;
  std::uint64_t asked_ = 0;
  std::shared_ptr<waiting> waiting_ = std::make_shared<waiting>(); ///< null: closed
};

} // namespace usher::simulation
