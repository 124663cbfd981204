#include "tests/simulation/world.hpp"

#include "node/plan_text.hpp"
#include "tests/simulation/checkers/checkers.hpp"
#include "tests/simulation/mischief.hpp"
#include "tests/simulation/people.hpp"
#include "tests/simulation/sim_connection.hpp"

#include <caf/type_id.hpp>

#include <algorithm>
#include <type_traits>
#include <utility>

namespace usher::simulation {

using namespace std::chrono_literals;

namespace {

constexpr std::uint64_t people = 12;
constexpr std::uint32_t limit = 4;

} // namespace

world::world(std::uint64_t seed, std::uint64_t nodes, trace::reader lines)
    : seed_(seed), first_nodes_(nodes), chance_(seed), trace_(std::move(lines)) {
  store_ = std::make_unique<sim_store>(when_, chance_, ears_at_the_store());
  house_ = std::make_unique<payment_house>(
      when_, chance_,
      payment_house::listener{[this](const money_moved& money) {
                                note("money " + std::string{money.back ? "goes back" : "comes"} + " for " + money.key);
                                for (const auto& each : checkers_)
                                  each->moved(money);
                              },
                              [this](const char* fault) { count(fault); }});
  if (nodes > 1)
    network_ = std::make_unique<sim_network>(when_, chance_, ears_on_the_network());
  mischief_ = std::make_unique<mischief>(*this);
  checkers_ = all_checkers(what_is_known(), [this](const checker& by, std::string sentence) {
    note(std::string{"FOUND by "} + by.name() + ": " + sentence);
    result_.findings.push_back({by.name(), when_.now(), std::move(sentence)});
    over_ = true;
  });
  for (std::uint64_t i = 1; i <= people; ++i)
    buyers_.push_back(std::make_unique<buyer>(*this, i));
  organiser_ = std::make_unique<organiser>(*this);
}

sim_store::listener world::ears_at_the_store() {
  sim_store::listener result;
  result.writes = [this](const persistence::journal_entry& entry, const std::string& by) {
    trace_.note(when_.now(), to_string(entry.shard) + " fact " + std::to_string(entry.seq.value()) + " at epoch "
                                 + std::to_string(entry.epoch.value()) + ": " + detail::describe(entry.fact));
    for (const auto& each : checkers_)
      each->writes(entry, by);
    for (const auto& each : checkers_)
      each->writes(entry);
    books_.note(entry);
  };
  result.claimed = [this](const shard_claimed& claim) { note_claim(claim); };
  result.replaced_plan = [this](const persistence::stored_event& stored) { put_on(stored); };
  result.called = [this](const char* what, const std::string& by) {
    if (trace_.wanted())
      note("store: " + std::string{what} + " of " + by);
  };
  result.troubled = [this](const char* fault) {
    count(fault);
    interrupted();
  };
  result.beaten = [this](const std::string& owner) { beaten_at_[process_of(owner)] = store_->true_now(); };
  result.ended = [this](node_ended end) {
    note(end.node + " is ended by others: " + end.why);
    ++result_.faults["node_ended"];
    interrupted();
    end.node = process_of(end.node);
    for (const auto& each : checkers_)
      each->ended(end);
  };
  return result;
}

sim_network::listener world::ears_on_the_network() {
  return {[this](const std::string& process, bool up) {
            note(process + ": a session is " + (up ? "up" : "down"));
            interrupted(); // what was told in it may be lost, and who stood in line over it is absent
          },
          [this](const std::string& what) {
            if (trace_.wanted())
              note(what);
          }};
}

void world::note_claim(shard_claimed claim) {
  trace_.note(when_.now(),
              claim.owner + " has " + to_string(claim.shard) + " at epoch " + std::to_string(claim.epoch.value()));
  claim.owner = process_of(claim.owner);
  if (claim.shard.kind == domain::shard_kind::event && owner_ != claim.owner)
    replaced_at_[std::exchange(owner_, claim.owner)] = claim.at;
  moved_at_ = claim.at;
  for (const auto& each : checkers_)
    each->claimed(claim);
}

world::~world() {
  over_ = true;
  nodes_.clear();
}

evidence world::what_is_known() {
  return {books_,
          [this] { return store_->true_now(); },
          [this] { return told_by_owner(); },
          [this] { return outdated_for(); },
          [this](const std::string& node) {
            return network_ ? store_->true_now() - beaten_at_[node] : domain::microseconds{0};
          },
          [this] { return asked_at_; },
          [this] { return store_->clock_spread(); },
          mischief_->clocks_wander(),
          mischief_->is_quiet(),
          network_ != nullptr,
          [this] {
            sim_connection reader{*store_, {"audit", {}, [](fiber&) {}, [] { return false; }}};
            audit::audit_limits limits;
            limits.paying_grace = sim_node::paying_grace;
            // What a node had sent when it was stopped is written meanwhile, as if it still served.
            limits.hold_overrun = 25s + std::chrono::ceil<domain::seconds>(store_->clock_spread());
            return audit::audit(reader, event_, plan_, limits);
          },
          plan_,
          sim_node::paying_grace};
}

/// Of several nodes each may tell what another one has answered before it lost its shard.
bool world::told_by_owner() const {
  constexpr domain::seconds late_answers{8};
  return telling_ && (network_ ? moved_at_ + late_answers < store_->true_now() : telling_->name() == owner_);
}

domain::microseconds world::outdated_for() const {
  if (network_)
    return domain::microseconds{0};
  auto replaced = telling_ ? replaced_at_.find(telling_->name()) : replaced_at_.end();
  if (replaced == replaced_at_.end() || telling_->name() == owner_ || store_->well_from() > when_.now())
    return domain::microseconds{0};
  return store_->true_now() - std::max(replaced->second, disturbed_at_);
}

/// The store has another plan.
void world::put_on(const persistence::stored_event& stored) {
  auto next = domain::with_numbers(node::plan_of_text(stored.plan), stored.supplement.numbering);
  ++result_.plans;
  note("another plan, with " + std::to_string(next->sections().size()) + " sections and "
       + std::to_string(next->capacity()) + " places");
  for (const auto& each : checkers_)
    each->replaces(*plan_, *next);
  plan_ = std::move(next);
}

void world::count(const std::string& fault) {
  ++result_.faults[fault];
  note("fault: " + fault);
}

failpoint::action world::met(const failpoint::place& here) {
  return over_ ? failpoint::action::none : mischief_->met(here);
}

// ---- the course of a sale -------------------------------------------------------

run_result world::run() {
  set_up();
  if (!over_) {
    selling_ = true;
    for (const auto& each : buyers_)
      each->begin();
    organiser_->begin();
    mischief_->begin();
    pass_until(when_.now() + sale);
    heal();
    pass_until(when_.now() + calm);
    selling_ = false;
    organiser_->look_again();
    pass_until(when_.now() + settle);
    conclude();
  }
  result_.virtual_time = when_.now();
  result_.digest = trace_.digest();
  return std::move(result_);
}

void world::start_nodes() {
  if (!network_)
    return start_node();
  for (std::uint64_t i = 0; i < first_nodes_; ++i)
    start_node(std::string(1, static_cast<char>('a' + i)));
  pass_until(when_.now() + 4s);
}

void world::set_up() {
  start_nodes();
  messages::put_event define;
  define.id = event_;
  domain::event_settings settings;
  settings.name = "Gala";
  settings.prices = {5'000, 0};
  settings.hold_ttl = 12s;
  settings.max_seats_per_buyer = limit;
  settings.admission_per_s = 3;
  settings.rehold = {0s};
  define.settings = settings;
  define.plan_text = halls_.front().text;
  define.plan = halls_.front().plan;
  define.state = domain::event_state::open;
  get_done<messages::event_view>("organiser", define, [this](const auto& how) { created_ = how.reply.has_value(); });
  pass_until(when_.now() + 2s);
  if (!created_ && !over_) {
    result_.findings.push_back({"progress", when_.now(), "the event could not be created"});
    over_ = true;
  }
}

void world::heal() {
  note("all is well from now on");
  mischief_->end();
  if (network_)
    network_->heal();
  interrupted();
  for (auto* node : living())
    node->pause_until(when_.now());
}

void world::conclude() {
  if (over_)
    return;
  auto how = how_things_stand();
  how.silent = ask_everybody();
  for (const auto& each : checkers_)
    each->settled(how);
  // The longest a hold can last, and be paid for, and the grace after that.
  pass_until(when_.now() + 60s);
  probe_limits();
  pass_until(when_.now() + 30s);
  if (over_)
    return;
  for (const auto& each : checkers_)
    each->finished();
}

standing world::how_things_stand() {
  standing how;
  for (auto* node : living()) {
    how.served |= node->serves(created_);
    for (auto& what : node->unanswered())
      how.unanswered.push_back(std::move(what));
  }
  for (const auto& [number, what] : errands_)
    how.unfinished.push_back(what);
  return how;
}

/// Whether another one has taken its name while it was ended: then it cannot join again before that one goes.
bool world::is_superfluous(const sim_node& node) const {
  return network_ && !node.may_answer() && std::any_of(nodes_.begin(), nodes_.end(), [&](const auto& other) {
           return other->host() == node.host() && other->may_answer();
         });
}

/// Each node, about the event and each of its sections and its line.
std::vector<std::string> world::ask_everybody() {
  auto silent = std::make_shared<std::set<std::string>>();
  auto ask = [&]<class Reply>(sim_node& node, const auto& wish, std::type_identity<Reply>) {
    auto what = node.name() + ": " + detail::describe(wish);
    silent->insert(what);
    std::function<void(answer<Reply>)> then = [this, silent, what, &node, wish,
                                               at = store_->true_now()](const answer<Reply>& how) {
      asked_at_ = at;
      told(node, wish, how);
      if (how.reply || !domain::is_passing(how.refused.reason))
        silent->erase(what);
    };
    node.ask<Reply>(what, std::move(then), wish);
  };
  for (auto* node : living()) {
    if (is_superfluous(*node))
      continue;
    ask(*node, messages::describe_event{{}, event_}, std::type_identity<messages::event_view>{});
    ask(*node, messages::ask_place{{}, event_, buyers_.front()->name(), {}}, std::type_identity<domain::queue_place>{});
    for (auto section : plan_->order())
      ask(*node, messages::read_section{{}, event_, section}, std::type_identity<messages::section_view>{});
  }
  pass_until(when_.now() + 3s);
  return {silent->begin(), silent->end()};
}

void world::probe_limits() {
  for (const auto& each : buyers_)
    probe(each->name());
}

/// First all that is left, on the floor, where there is enough; then one more.
void world::probe(const domain::buyer_id& who) {
  if (over_)
    return;
  auto tried = std::make_shared<limit_probe>();
  auto limit_now = books_.settings().max_seats_per_buyer;
  auto closed = books_.state() == domain::event_state::closed;
  *tried = {who, books_.taken_by(who), limit_now, closed, false, false, {}};
  auto floor = *plan_->find_section(floor_id);
  auto wish = [&, floor](std::uint64_t key, std::uint32_t quantity) {
    messages::hold_seats result;
    result.event = event_;
    result.hold = {1'000'000 + key, domain::buyer_id{who}.value().size() + trace::digest_of(who.value())};
    result.buyer = who;
    result.wanted = std::vector<messages::section_wish>{{floor, domain::quantity_wish{quantity}}};
    result.wish_digest = 1;
    return result;
  };
  auto left = limit_now - std::min(tried->had, limit_now);
  if (left > 0) {
    get_done<messages::hold_granted>(who.value(), wish(1, left), [tried](const auto& how) {
      tried->rest_granted = how.reply.has_value();
      if (how.refused)
        tried->why_not = domain::sentence(how.refused->reason);
    });
    pass_until(when_.now() + 500ms);
  }
  get_done<messages::hold_granted>(who.value(), wish(2, 1),
                                   [tried](const auto& how) { tried->more_granted = how.reply.has_value(); });
  pass_until(when_.now() + 500ms);
  for (const auto& each : checkers_)
    each->probed(*tried);
}

// ---- time -----------------------------------------------------------------------

void world::pass_until(moment end) {
  while (!over_ && when_.now() < end) {
    if (work_once()) {
      // Work takes time, too: so what comes from outside comes in between.
      when_.advance_to(when_.now() + std::chrono::microseconds{static_cast<std::int64_t>(chance_.below(30))});
    } else {
      auto next = end;
      if (auto outside = when_.next())
        next = std::min(next, *outside);
      for (const auto& node : nodes_)
        for (const auto& alarm : {node->next_alarm(), node->pause_ends()})
          if (alarm)
            next = std::min(next, *alarm);
      when_.advance_to(std::max(when_.now(), next));
    }
    for (const auto& node : nodes_)
      node->set_clock(when_.now());
    when_.run_due();
  }
}

/// Chance decides who does the next thing. False when nobody has anything to do.
bool world::work_once() {
  std::size_t ready = 0;
  for (const auto& node : nodes_)
    ready += node->ready();
  if (ready == 0)
    return false;
  auto which = chance_.below(ready);
  for (const auto& node : nodes_) {
    if (which < node->ready()) {
      node->work(which);
      return true;
    }
    which -= node->ready();
  }
  return false;
}

// ---- nodes ------------------------------------------------------------------------

std::vector<sim_node*> world::living() {
  std::vector<sim_node*> result;
  for (const auto& node : nodes_)
    result.push_back(node.get());
  return result;
}

sim_node* world::victim() {
  if (nodes_.empty())
    return nullptr;
  return network_ ? chance_.one_of(nodes_).get() : nodes_.back().get();
}

node_surroundings world::surroundings() {
  auto works = [this](const std::string& node, const caf::scheduled_actor& who, caf::mailbox_element* what) {
    std::uint64_t types = 0;
    if (what)
      for (std::size_t i = 0; i < what->payload.size(); ++i)
        types = types * 1'000 + what->payload.type_at(i);
    trace_.note(when_.now(), trace::digest_of(node) ^ (who.id() << 20) ^ types);
    if (!trace_.wanted())
      return;
    auto text = node + " " + who.name() + "#" + std::to_string(who.id());
    if (what)
      for (std::size_t i = 0; i < what->payload.size(); ++i) {
        auto name = caf::query_type_name(what->payload.type_at(i));
        text += " " + std::string{name.data(), name.size()};
      }
    trace_.write(when_.now(), text);
  };
  auto admitted = [this](const std::string& node, const messages::people_admitted& news) {
    for (const auto& each : checkers_)
      each->told(news, node);
  };
  auto again = [this](const std::string& node, std::string_view actor) {
    for (const auto& each : checkers_)
      each->answered_again(node, actor);
  };
  auto stops = [this](const std::string& name, const std::string& why) {
    note(name + " cannot go on: " + why);
    when_.in(chance_.wait(1ms, 500ms), [this, name] {
      for (auto* node : living())
        if (node->name() == name)
          return kill(*node, "gave up");
    });
  };
  return {when_, chance_, *store_, *house_, network_.get(), works, admitted, stops, again, mischief_->clock_ppm()};
}

void world::start_node(std::string host) {
  auto name = "node-" + std::to_string(++nodes_started_);
  note(name + " starts" + (network_ ? " on host " + host : ""));
  try {
    nodes_.push_back(std::make_unique<sim_node>(name, host, surroundings()));
  } catch (const persistence::store_unavailable& why) {
    note(name + " cannot start: " + why.what());
    if (network_)
      return supervise(host);
  }
  supervise();
}

/// Somebody looks after it: where no node lives, one is started soon.
void world::supervise() {
  if (network_ || supervised_at_ == nodes_started_ || !nodes_.empty())
    return;
  supervised_at_ = nodes_started_;
  when_.in(chance_.wait(10ms, 2s), [this] {
    if (nodes_.empty())
      start_node();
  });
}

/// Likewise on each host.
void world::supervise(const std::string& host) {
  when_.in(chance_.wait(10ms, 8s), [this, host] { start_node(host); });
}

void world::kill(sim_node& node, const char* why) {
  note(node.name() + " ends: " + why);
  interrupted();
  if (telling_ == &node)
    telling_ = nullptr;
  auto host = node.host();
  std::erase_if(nodes_, [&](const auto& each) { return each.get() == &node; });
  auto lives_on = std::any_of(nodes_.begin(), nodes_.end(), [&](const auto& each) { return each->host() == host; });
  if (!network_)
    supervise();
  else if (!lives_on) // else it was one too many
    supervise(host);
}

void world::interrupted() {
  disturbed_at_ = store_->true_now();
  for (const auto& each : checkers_)
    each->interrupted();
}

/// Mostly the newest; now and then, as a balancer does that has not noticed yet, another one. A paused one takes
/// requests and does not answer.
sim_node* world::some_node() {
  std::vector<sim_node*> serving;
  for (const auto& node : nodes_)
    if (node->serves(created_))
      serving.push_back(node.get());
  if (serving.empty())
    return nullptr;
  if (network_) // whoever says that it is not ready gets little
    std::erase_if(serving, [this](const auto* one) { return !one->may_answer() && chance_.chance(900); });
  if (serving.empty())
    return nullptr;
  return !network_ && chance_.chance(850) ? serving.back() : chance_.one_of(serving);
}

// ---- what is told -------------------------------------------------------------------

void world::told(sim_node& by, const messages::hold_seats& wish, const answer<messages::hold_granted>& how) {
  tell_all(&by, [&](checker& each) { how.reply ? each.told(*how.reply) : each.refused(wish, how.refused); });
}

void world::told(sim_node& by, const messages::find_hold& wish, const answer<messages::hold_granted>& how) {
  tell_all(&by, [&](checker& each) { how.reply ? each.told(*how.reply) : each.refused(wish, how.refused); });
}

void world::told(sim_node& by, const messages::release_hold& wish, const answer<done>& how) {
  if (how.reply)
    tell_all(&by, [&](checker& each) { each.released(wish); });
}

template <class Wish>
void world::told(sim_node& by, const Wish&, const answer<messages::order_view>& how) {
  if (how.reply)
    tell_all(&by, [&](checker& each) { each.told(*how.reply); });
}

template void world::told(sim_node&, const messages::start_order&, const answer<messages::order_view>&);
template void world::told(sim_node&, const messages::find_order&, const answer<messages::order_view>&);
template void world::told(sim_node&, const messages::cancel_order&, const answer<messages::order_view>&);
template void world::told(sim_node&, const messages::refund_order&, const answer<messages::order_view>&);

void world::told(sim_node& by, const messages::join_queue& wish, const answer<domain::queue_place>& how) {
  if (how.reply)
    tell_all(&by, [&](checker& each) { each.told(wish.buyer, *how.reply, by.name(), wish.connected); });
}

void world::told(sim_node& by, const messages::ask_place& wish, const answer<domain::queue_place>& how) {
  if (how.reply)
    tell_all(&by, [&](checker& each) { each.told(wish.buyer, *how.reply, by.name(), false); });
}

void world::told(sim_node& by, const messages::leave_queue& wish, const answer<done>&) {
  tell_all(&by, [&](checker& each) { each.left_queue(wish.buyer); });
}

void world::told(sim_node& by, const messages::read_section&, const answer<messages::section_view>& how) {
  if (how.reply)
    tell_all(&by, [&](checker& each) { each.told(*how.reply); });
}

template <class Wish>
void world::told(sim_node& by, const Wish&, const answer<messages::event_view>& how) {
  if (how.reply)
    tell_all(&by, [&](checker& each) { each.told(*how.reply); });
}

template void world::told(sim_node&, const messages::put_event&, const answer<messages::event_view>&);
template void world::told(sim_node&, const messages::change_event&, const answer<messages::event_view>&);
template void world::told(sim_node&, const messages::block_seats&, const answer<messages::event_view>&);
template void world::told(sim_node&, const messages::describe_event&, const answer<messages::event_view>&);

void world::told(sim_node& by, const messages::report_event&, const answer<messages::event_report>& how) {
  if (how.reply)
    tell_all(&by, [&](checker& each) { each.told(*how.reply); });
}

} // namespace usher::simulation
