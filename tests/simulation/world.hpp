#pragma once

#include "domain/seating_plan.hpp"
#include "failpoint/failpoint.hpp"
#include "tests/simulation/agenda.hpp"
#include "tests/simulation/books.hpp"
#include "tests/simulation/checker.hpp"
#include "tests/simulation/halls.hpp"
#include "tests/simulation/seeded_random.hpp"
#include "tests/simulation/sim_network.hpp"
#include "tests/simulation/sim_node.hpp"
#include "tests/simulation/sim_provider.hpp"
#include "tests/simulation/sim_store.hpp"
#include "tests/simulation/trace.hpp"

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace usher::simulation {

class buyer;
class organiser;
class mischief;

/// What a checker found.
struct finding {
  std::string checker;
  moment at{0};
  std::string sentence;
};

/// What came of one seed.
struct run_result {
  std::vector<finding> findings; ///< none: all is well
  moment virtual_time{0};
  std::uint64_t requests = 0;
  std::uint64_t plans = 0; ///< on which the event was put during the sale
  std::map<std::string, std::uint64_t> faults;
  std::uint64_t digest = 0; ///< of the trace
};

/// What became of something that somebody wanted done, after all its repeats.
template <class Reply>
struct outcome {
  std::optional<Reply> reply;
  std::optional<domain::refusal> refused; ///< neither: they gave up asking
};

/// A whole sale from one seed: a store, a provider, nodes that replace each other or share the store, buyers, an
/// organiser, and faults.
///
/// Time is virtual and jumps from one thing that happens to the next; chance decides who goes first among those who
/// could. There are no threads, so a seed gives the same run each time.
class world {
public:
  /// How long its parts take.
  static constexpr std::chrono::seconds sale{40};   ///< with faults
  static constexpr std::chrono::seconds calm{10};   ///< without
  static constexpr std::chrono::seconds settle{30}; ///< nobody begins anything new

  /// `nodes`: how many share the store to begin with; one has it alone, until another one takes over.
  world(std::uint64_t seed, std::uint64_t nodes, trace::reader lines);
  ~world();
  world(const world&) = delete;
  world& operator=(const world&) = delete;

  run_result run();

  /// What happens to an actor that has reached this place.
  [[nodiscard]] failpoint::action met(const failpoint::place& here);

  // ---- for people and mischief ----

  [[nodiscard]] agenda& when() noexcept { return when_; }
  [[nodiscard]] seeded_random& chance() noexcept { return chance_; }
  [[nodiscard]] sim_store& store() noexcept { return *store_; }
  [[nodiscard]] payment_house& house() noexcept { return *house_; }
  /// Null if each node has the store alone.
  [[nodiscard]] sim_network* network() noexcept { return network_.get(); }
  [[nodiscard]] const books& written() const noexcept { return books_; }
  [[nodiscard]] const domain::event_id& event() const noexcept { return event_; }
  /// On which the event is now.
  [[nodiscard]] const domain::shared_plan& plan() const noexcept { return plan_; }
  [[nodiscard]] const std::vector<hall>& halls() const noexcept { return halls_; }
  /// New things may be begun.
  [[nodiscard]] bool selling() const noexcept { return selling_; }
  void note(const std::string& what) { trace_.note(when_.now(), what); }
  void count(const std::string& fault);

  /// Sends the wish to some node, again and again under the same ids, until it has an outcome.
  template <class Reply, class Wish>
  void get_done(const std::string& who, Wish wish, std::function<void(outcome<Reply>)> then);

  // ---- nodes ----

  [[nodiscard]] std::vector<sim_node*> living();
  /// Whom faults are for: the one that was started last, or any of several that share the store. Null if none lives.
  [[nodiscard]] sim_node* victim();
  /// Starts one. On that host, if they share the store.
  void start_node(std::string host = {});
  void kill(sim_node& node, const char* why);
  void interrupted();

private:
  template <class Reply, class Wish>
  struct errand;

  [[nodiscard]] sim_store::listener ears_at_the_store();
  [[nodiscard]] sim_network::listener ears_on_the_network();
  void set_up();
  void start_nodes();
  void pass_until(moment end);
  [[nodiscard]] bool work_once();
  void supervise();
  void supervise(const std::string& host);
  void heal();
  [[nodiscard]] bool is_superfluous(const sim_node& node) const;
  [[nodiscard]] std::vector<std::string> ask_everybody();
  void probe_limits();
  void probe(const domain::buyer_id& who);
  [[nodiscard]] standing how_things_stand();
  void conclude();

  template <class Call>
  void tell_all(const sim_node* by, Call call);
  [[nodiscard]] sim_node* some_node();
  [[nodiscard]] node_surroundings surroundings();
  [[nodiscard]] evidence what_is_known();
  [[nodiscard]] bool told_by_owner() const;
  [[nodiscard]] domain::microseconds outdated_for() const;
  void note_claim(shard_claimed claim);
  void put_on(const persistence::stored_event& stored);

  // What each request makes of its answer.
  void told(sim_node& by, const messages::hold_seats& wish, const answer<messages::hold_granted>& how);
  void told(sim_node& by, const messages::find_hold& wish, const answer<messages::hold_granted>& how);
  void told(sim_node& by, const messages::release_hold& wish, const answer<done>& how);
  template <class Wish>
  void told(sim_node& by, const Wish& wish, const answer<messages::order_view>& how);
  void told(sim_node& by, const messages::join_queue& wish, const answer<domain::queue_place>& how);
  void told(sim_node& by, const messages::ask_place& wish, const answer<domain::queue_place>& how);
  void told(sim_node& by, const messages::leave_queue& wish, const answer<done>& how);
  void told(sim_node& by, const messages::read_section& wish, const answer<messages::section_view>& how);
  void told(sim_node& by, const messages::report_event& wish, const answer<messages::event_report>& how);
  template <class Wish>
  void told(sim_node& by, const Wish& wish, const answer<messages::event_view>& how);

  std::uint64_t seed_;
  std::uint64_t first_nodes_;
  seeded_random chance_;
  agenda when_;
  trace trace_;
  domain::event_id event_{"gala"};
  std::vector<hall> halls_ = all_halls();
  domain::shared_plan plan_ = halls_.front().plan;
  books books_;
  std::unique_ptr<sim_store> store_;
  std::unique_ptr<payment_house> house_;
  std::unique_ptr<sim_network> network_;
  std::vector<std::unique_ptr<checker>> checkers_;
  std::vector<std::unique_ptr<sim_node>> nodes_; ///< in the order in which they were started
  std::uint64_t nodes_started_ = 0;
  std::uint64_t supervised_at_ = 0;                    ///< how many had been started when the next start was planned
  std::string owner_;                                  ///< who claimed the event last
  std::map<std::string, domain::instant> replaced_at_; ///< nodes that had the event
  std::map<std::string, domain::instant> beaten_at_;   ///< when a node's last beat was counted
  domain::instant moved_at_;                           ///< a shard, from one node to another, most recently
  domain::instant disturbed_at_;                       ///< most recently
  const sim_node* telling_ = nullptr;
  domain::instant asked_at_; ///< what is being told
  std::vector<std::unique_ptr<buyer>> buyers_;
  std::unique_ptr<organiser> organiser_;
  std::unique_ptr<mischief> mischief_; ///< made before the checkers, which ask what it will do
  bool created_ = false;               ///< the event
  bool selling_ = false;
  bool over_ = false;                            ///< a finding ends the run
  std::map<std::uint64_t, std::string> errands_; ///< what people still try to get done
  std::uint64_t errand_count_ = 0;
  run_result result_;
};

// ---- errands ----------------------------------------------------------------

namespace detail {

/// A fact's name, and whom and what it is about.
[[nodiscard]] std::string describe(const domain::fact& fact);
[[nodiscard]] std::string describe(const messages::hold_seats& wish);
[[nodiscard]] std::string describe(const messages::release_hold& wish);
[[nodiscard]] std::string describe(const messages::find_hold& wish);
[[nodiscard]] std::string describe(const messages::start_order& wish);
[[nodiscard]] std::string describe(const messages::find_order& wish);
[[nodiscard]] std::string describe(const messages::cancel_order& wish);
[[nodiscard]] std::string describe(const messages::refund_order& wish);
[[nodiscard]] std::string describe(const messages::join_queue& wish);
[[nodiscard]] std::string describe(const messages::ask_place& wish);
[[nodiscard]] std::string describe(const messages::leave_queue& wish);
[[nodiscard]] std::string describe(const messages::read_section& wish);
[[nodiscard]] std::string describe(const messages::report_event& wish);
[[nodiscard]] std::string describe(const messages::describe_event& wish);
[[nodiscard]] std::string describe(const messages::put_event& wish);
[[nodiscard]] std::string describe(const messages::change_event& wish);
[[nodiscard]] std::string describe(const messages::block_seats& wish);

/// Whether the same wish may have another outcome soon.
[[nodiscard]] bool worth_repeating(const domain::refusal& why);

/// Whether checkers watch for this wish.
template <class Wish>
concept watched = requires(checker& each, const Wish& wish) {
  each.asked(wish);
};

} // namespace detail

/// One wish on its way: it is sent, gets lost, is sent again to another node, and so on.
template <class Reply, class Wish>
struct world::errand : std::enable_shared_from_this<world::errand<Reply, Wish>> {
  world& in;
  std::uint64_t number;
  std::string who;
  Wish wish;
  std::function<void(outcome<Reply>)> then;
  std::uint64_t tries = 0;
  bool over = false;

  errand(world& where, std::uint64_t n, std::string name, Wish what, std::function<void(outcome<Reply>)> next)
      : in(where), number(n), who(std::move(name)), wish(std::move(what)), then(std::move(next)) {}

  void attempt() {
    auto mine = ++tries;
    auto* node = in.some_node();
    if (!node)
      return again(std::chrono::milliseconds{400});
    auto self = this->shared_from_this();
    in.when_.in(in.chance_.wait(std::chrono::microseconds{50}, std::chrono::milliseconds{30}),
                [self, mine, name = node->name()] { self->arrive(mine, name); });
    // As the gateway's request timeout: nobody knows then what became of it.
    in.when_.in(std::chrono::seconds{8}, [self, mine] {
      if (!self->over && self->tries == mine)
        self->attempt();
    });
  }

  void arrive(std::uint64_t mine, const std::string& name) {
    sim_node* node = nullptr;
    for (auto* each : in.living())
      if (each->name() == name)
        node = each;
    if (over || tries != mine)
      return;
    if (!node)
      return again(std::chrono::milliseconds{300});
    ++in.result_.requests;
    if (in.trace_.wanted())
      in.note(who + " asks " + name + " (" + std::to_string(mine) + "): " + detail::describe(wish));
    if constexpr (detail::watched<Wish>)
      for (const auto& each : in.checkers_)
        each->asked(wish);
    auto self = this->shared_from_this();
    std::function<void(answer<Reply>)> answered = [self, mine, node, at = in.store_->true_now()](answer<Reply> how) {
      self->in.asked_at_ = at;
      self->hear(mine, *node, std::move(how));
    };
    node->ask<Reply>(detail::describe(wish), std::move(answered), wish);
  }

  /// The node has answered.
  void hear(std::uint64_t mine, sim_node& node, answer<Reply> how) {
    if (in.trace_.wanted())
      in.note(node.name() + " tells " + who + " (" + std::to_string(mine) + "): " + detail::describe(wish) + " -> "
              + (how.reply ? std::string{"done"} : std::string{domain::sentence(how.refused.reason)}));
    if (how.reply || !domain::is_passing(how.refused.reason)) // else it says that it cannot say anything
      in.tell_all(&node, [&](checker& each) { each.spoke(node.name()); });
    in.told(node, wish, how);
    auto self = this->shared_from_this();
    in.when_.in(in.chance_.wait(std::chrono::microseconds{50}, std::chrono::milliseconds{30}), [self, mine, how] {
      if (self->over || self->tries != mine)
        return;
      if (how.reply)
        return self->finish({how.reply, std::nullopt});
      if (detail::worth_repeating(how.refused))
        return self->again(self->in.chance_.wait(std::chrono::milliseconds{50}, std::chrono::milliseconds{1'500}));
      self->finish({std::nullopt, how.refused});
    });
  }

  void again(moment wait) {
    if (tries > 60)
      return finish({});
    auto self = this->shared_from_this();
    in.when_.in(wait, [self] {
      if (!self->over)
        self->attempt();
    });
  }

  void finish(outcome<Reply> how) {
    over = true;
    in.errands_.erase(number);
    then(std::move(how));
  }
};

template <class Call>
void world::tell_all(const sim_node* by, Call call) {
  telling_ = by;
  for (const auto& each : checkers_)
    call(*each);
  telling_ = nullptr;
}

template <class Reply, class Wish>
void world::get_done(const std::string& who, Wish wish, std::function<void(outcome<Reply>)> then) {
  auto number = ++errand_count_;
  errands_.emplace(number, who + ": " + detail::describe(wish));
  std::make_shared<errand<Reply, Wish>>(*this, number, who, std::move(wish), std::move(then))->attempt();
}

} // namespace usher::simulation
