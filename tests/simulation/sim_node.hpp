#pragma once

#include "gateway/thread/bridge.hpp"
#include "messages/refusal.hpp"
#include "messages/type_ids.hpp"
#include "node/node_wiring.hpp"
#include "tests/simulation/agenda.hpp"
#include "tests/simulation/fiber.hpp"
#include "tests/simulation/seeded_random.hpp"
#include "tests/simulation/sim_member.hpp"
#include "tests/simulation/sim_network.hpp"
#include "tests/simulation/sim_provider.hpp"
#include "tests/simulation/sim_store.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/scheduler/test_coordinator.hpp>
#include <caf/send.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
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

/// What the gateway's bridge says, to whoever has asked for a reply of this type.
template <class Reply>
[[nodiscard]] answer<Reply> answer_of(const gateway::answer& how) {
  if (const auto* why = std::get_if<domain::refusal>(&how))
    return {{}, *why};
  if (std::holds_alternative<gateway::lost>(how))
    return {{}, {.reason = domain::rejection::outcome_unknown}};
  if constexpr (std::is_same_v<Reply, done>)
    return {done{}};
  else
    return {std::get<Reply>(how)};
}

/// Where a simulated node lives.
struct node_surroundings {
  agenda& when;
  seeded_random& chance;
  sim_store& store;
  payment_house& house;
  sim_network* network = nullptr; ///< null for a node that has the store alone
  /// One message is about to be worked on; for the trace.
  std::function<void(const std::string& node, const caf::scheduled_actor& who, caf::mailbox_element* what)> works;
  std::function<void(const std::string& node, const messages::people_admitted&)> admitted;
  std::function<void(const std::string& node, const std::string& why)> stops; ///< it cannot go on
  std::function<void(const std::string& node, std::string_view actor)> answered_again;
  std::int64_t clock_ppm = 0; ///< by how many millionths its steady clock runs fast
};

/// A moment in the work of one of a node's actors.
struct work_moment {
  std::string_view actor; ///< by the kind's name
  caf::type_id_t message = 0;
  bool done = false; ///< just after the actor has worked on it; else just before
};

/// One node: what `usher node` wires, in an actor system of its own with a scheduler and a clock that the world moves,
/// and of the gateway the bridge, which asks again what may be asked again.
class sim_node {
public:
  /// As `actors::section_limits` has it, but shorter than some outages: money comes for holds that are gone.
  static constexpr std::chrono::seconds paying_grace{6};

  /// As long as the gateway awaits an answer.
  static constexpr std::chrono::milliseconds patience{7'500};

  /// Starts the process. `host` is where it runs, and its name among those that share the store. Throws what the store
  /// throws.
  sim_node(std::string name, std::string host, node_surroundings around);
  /// As SIGKILL does it: whatever it had under way has no effect any more, and nobody hears of it.
  ~sim_node();
  sim_node(const sim_node&) = delete;
  sim_node& operator=(const sim_node&) = delete;

  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] const std::string& host() const noexcept { return host_; }
  /// Whether it may answer from memory.
  [[nodiscard]] bool may_answer() const { return !member_ || member_->may_answer(); }
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

  /// Requests that were not answered, by name.
  [[nodiscard]] std::vector<std::string> unanswered() const;

  /// Asks through the gateway's bridge.
  template <class Reply, class Wish>
  void ask(std::string what, std::function<void(answer<Reply>)> then, const Wish& wish) {
    auto number = ++requests_;
    asked_.emplace(number, asking{std::move(what), [then = std::move(then)](const gateway::answer& how) {
                                    then(answer_of<Reply>(how));
                                  }});
    messages::session_requests batch;
    batch.requests.emplace_back(number, wish);
    caf::anon_send(bridge_, std::move(batch));
  }

private:
  struct configuration : caf::actor_system_config {
    configuration();
  };
  struct asking {
    std::string what;
    std::function<void(const gateway::answer&)> then;
  };

  struct ambush {
    work_moment when;
    std::function<void()> sprung; ///< none: there is no ambush
  };

  [[nodiscard]] store_client client();
  [[nodiscard]] node::node_ports ports();
  void make_member();
  void join();
  messages::gateway_actor spawn_bridge();
  void hear(const gateway::delivery& what);
  void start_shards();
  void follow_store_clock();
  void read_store_clock(domain::microseconds asked, domain::instant there);
  [[nodiscard]] moment local(moment now) const { return now + now * around_.clock_ppm / 1'000'000; }
  [[nodiscard]] bool is_ambushed(caf::scheduled_actor& actor) const;
  static void stumble(caf::scheduled_actor& victim);
  void run_job();
  void note_answer(const caf::scheduled_actor& to, const caf::mailbox_element& what);
  /// Runs `work` so that it may wait.
  void begin(std::function<void()> work);
  void run(fiber& one);
  [[nodiscard]] bool blocks(const caf::resumable* job) const { return blocking_.contains(job); }
  void stop(const std::string& why);

  std::string name_;
  std::string host_;
  node_surroundings around_;
  bool dead_ = false;
  bool started_ = false;
  bool announced_ = false;
  moment paused_until_{0};
  configuration configuration_;
  std::unique_ptr<caf::actor_system> system_;
  caf::scheduler::test_coordinator* scheduler_ = nullptr;
  std::shared_ptr<sim_provider> provider_;
  std::unique_ptr<sim_member> member_; ///< null for a node that has the store alone
  std::unique_ptr<node::node_wiring> wiring_;
  messages::gateway_actor bridge_;
  ambush ambush_;
  std::shared_ptr<bool> ended_ = std::make_shared<bool>(false); ///< for what is planned outside
  std::set<const caf::resumable*> blocking_;                    ///< the actors that wait for the store
  std::map<fiber*, std::unique_ptr<fiber>> waiting_;
  std::vector<fiber*> woken_;
  std::set<std::pair<caf::actor_id, std::uint64_t>> answered_; ///< requests of actors
  std::uint64_t requests_ = 0;
  std::map<std::uint64_t, asking> asked_;
};

} // namespace usher::simulation
