#pragma once

#include "messages/refusal.hpp"
#include "messages/type_ids.hpp"
#include "node/node_wiring.hpp"
#include "tests/simulation/agenda.hpp"
#include "tests/simulation/fiber.hpp"
#include "tests/simulation/seeded_random.hpp"
#include "tests/simulation/sim_provider.hpp"
#include "tests/simulation/sim_store.hpp"

#include <caf/actor_cast.hpp>
#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/scheduler/test_coordinator.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace usher::simulation {

/// Stands for the reply to a request that is answered by nothing.
struct done {};

/// What a node answers.
template <class Reply>
struct answer {
  std::optional<Reply> reply;
  domain::refusal refused{}; ///< if there is no reply
};

/// Where a simulated node lives.
struct node_surroundings {
  agenda& when;
  seeded_random& chance;
  sim_store& store;
  payment_house& house;
  /// One message is about to be worked on; for the trace.
  std::function<void(const std::string& node, const caf::scheduled_actor& who, caf::mailbox_element* what)> works;
  std::function<void(const std::string& node, const messages::people_admitted&)> admitted;
  std::function<void(const std::string& node, const std::string& why)> stops; ///< it cannot go on
  std::int64_t clock_ppm = 0; ///< by how many millionths its steady clock runs fast
};

/// A moment in the work of one of a node's actors.
struct work_moment {
  std::string_view actor; ///< by the kind's name
  caf::type_id_t message = 0;
  bool done = false; ///< just after the actor has worked on it; else just before
};

/// One node: what `usher node` wires, in an actor system of its own with a scheduler and a clock that the world moves,
/// and a gateway's actor in the place of the gateway.
class sim_node {
public:
  /// As `actors::section_limits` has it, but shorter than some outages: money comes for holds that are gone.
  static constexpr std::chrono::seconds paying_grace{6};

  /// Starts the process. Throws what the store throws.
  sim_node(std::string name, node_surroundings around);
  /// As SIGKILL does it: whatever it had under way has no effect any more, and nobody hears of it.
  ~sim_node();
  sim_node(const sim_node&) = delete;
  sim_node& operator=(const sim_node&) = delete;

  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  /// It has started, and takes requests about the event, if there is one.
  [[nodiscard]] bool serves(bool there_is_an_event) const noexcept {
    return started_ && (announced_ || !there_is_an_event);
  }

  // ---- time and turns ----

  /// How many actors have something to do.
  [[nodiscard]] std::size_t ready() const;
  /// Lets one of them do one thing.
  void work(std::size_t which);
  /// When its clock rings next.
  [[nodiscard]] std::optional<moment> next_alarm() const;
  /// Its clock says this now.
  void set_clock(moment now);

  // ---- faults ----

  /// As SIGSTOP and SIGCONT do it: its clock goes on, and it does not.
  void pause_until(moment then) { paused_until_ = then; }
  [[nodiscard]] bool paused() const noexcept { return around_.when.now() < paused_until_; }
  [[nodiscard]] std::optional<moment> pause_ends() const {
    return paused() ? std::optional{paused_until_} : std::nullopt;
  }
  /// Has one of the actors that have something to do stumble over a programmer's error. Its name; empty when no shard
  /// and no checkout has anything to do.
  std::string break_an_actor();
  /// Has the next actor that comes to such a moment stumble then, and calls `sprung`.
  void lie_in_wait(const work_moment& when, std::function<void()> sprung) { ambush_ = {when, std::move(sprung)}; }
  void give_up_waiting() { ambush_ = {}; }

  // ---- requests ----

  [[nodiscard]] const messages::router_actor& router() const noexcept { return wiring_->router(); }
  [[nodiscard]] messages::gateway_actor gateway() const { return caf::actor_cast<messages::gateway_actor>(gateway_); }
  /// Requests that were not answered, by name.
  [[nodiscard]] std::vector<std::string> unanswered() const;

  template <class Reply, class Handle, class... Messages>
  void ask(std::string what, const Handle& whom, std::function<void(answer<Reply>)> then, Messages... wish) {
    auto number = ++requests_;
    auto asker = system_->spawn([=, this, to = caf::actor_cast<caf::actor>(whom)](caf::event_based_actor* self) {
      auto yes = [=, this](answer<Reply> x) {
        askers_.erase(number);
        if (!dead_)
          then(std::move(x));
      };
      auto no = [=](const caf::error& why) { yes({{}, messages::to_refusal(why)}); };
      if constexpr (std::is_same_v<Reply, done>)
        self->request(to, caf::infinite, wish...).then([=] { yes({done{}}); }, no);
      else
        self->request(to, caf::infinite, wish...).then([=](const Reply& x) { yes({x}); }, no);
    });
    askers_.emplace(number, asking{std::move(what), std::move(asker)});
  }

private:
  struct configuration : caf::actor_system_config {
    configuration();
  };
  struct asking {
    std::string what;
    caf::actor actor;
  };

  struct ambush {
    work_moment when;
    std::function<void()> sprung; ///< none: there is no ambush
  };

  caf::actor spawn_gateway();
  void start_shards();
  void follow_store_clock();
  void read_store_clock(domain::microseconds asked, domain::instant there);
  [[nodiscard]] moment local(moment now) const { return now + now * around_.clock_ppm / 1'000'000; }
  [[nodiscard]] bool is_ambushed(caf::scheduled_actor& actor) const;
  static void stumble(caf::scheduled_actor& victim);
  void run_job();
  void run(fiber& one);
  [[nodiscard]] bool blocks(const caf::resumable* job) const { return blocking_.contains(job); }
  void stop(const std::string& why);

  std::string name_;
  node_surroundings around_;
  bool dead_ = false;
  bool started_ = false;
  bool announced_ = false;
  moment paused_until_{0};
  configuration configuration_;
  std::unique_ptr<caf::actor_system> system_;
  caf::scheduler::test_coordinator* scheduler_ = nullptr;
  std::shared_ptr<sim_provider> provider_;
  std::unique_ptr<node::node_wiring> wiring_;
  caf::actor gateway_;
  ambush ambush_;
  std::shared_ptr<bool> ended_ = std::make_shared<bool>(false); ///< for what is planned outside
  std::set<const caf::resumable*> blocking_;                    ///< the actors that wait for the store
  std::map<fiber*, std::unique_ptr<fiber>> waiting_;
  std::vector<fiber*> woken_;
  std::uint64_t requests_ = 0;
  std::map<std::uint64_t, asking> askers_;
};

} // namespace usher::simulation
