#include "tests/simulation/sim_store.hpp"

#include <algorithm>
#include <utility>

namespace usher::simulation {

using namespace std::chrono_literals;

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
  cut_off_.clear();
}

void sim_store::note_claim(const domain::shard_id& shard, domain::epoch epoch, const std::string& owner, bool given) {
  told_.claimed({shard, epochs_[shard], epoch, owner, given, true_now()});
  epochs_[shard] = epoch;
}

} // namespace usher::simulation
