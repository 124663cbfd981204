#define CAF_SUITE cluster.switchboard

#include "cluster/switchboard.hpp"

#include "cluster/remote_shard.hpp"
#include "cluster/wire/frames.hpp"
#include "tests/actors/shard_fixture.hpp"
#include "tests/catalog/fake_network.hpp"

#include <caf/actor_cast.hpp>
#include <caf/test/bdd_dsl.hpp>
#include <caf/typed_response_promise.hpp>

#include <map>
#include <memory>
#include <string>
#include <vector>

using namespace usher;
using namespace usher::cluster;
using namespace usher::tests;
using domain::rejection;
using domain::shard_id;
using domain::shard_kind;
using messages::section_view;

namespace {

/// What a section or an event of one node hears and does, as far as these tests need it.
struct shard_script {
  std::vector<std::uint64_t> asked; ///< the traces of the requests, in order
  bool answers = true;              ///< else it keeps them
  std::vector<caf::typed_response_promise<section_view>> kept;
  std::vector<messages::gateway_actor> gateways;
  std::size_t closed = 0;   ///< `section_closed`
  std::size_t reopened = 0; ///< `event_reopened`
  caf::actor passes_on_to;  ///< for `hold_seats`; an actor or a remote shard
};
using script_ptr = std::shared_ptr<shard_script>;

messages::hold_in_section part_of(const messages::hold_seats& wish) {
  messages::hold_in_section part;
  part.trace = wish.trace;
  part.hold = wish.hold;
  return part;
}

section_view view_of(std::uint64_t seq) {
  section_view view;
  view.seq = seq;
  return view;
}

messages::seats_changed seats(std::uint64_t seq) {
  messages::seats_changed news;
  news.event = domain::event_id{"gala"};
  news.seq = seq;
  return news;
}

messages::queue_moved moved(bool few_left) {
  messages::queue_moved news;
  news.event = domain::event_id{"gala"};
  news.few_left = few_left;
  return news;
}

caf::behavior play(caf::event_based_actor* self, const script_ptr& script) {
  return {
      [=](const messages::read_section& wish) -> caf::result<section_view> {
        script->asked.push_back(wish.trace.value());
        if (script->answers)
          return view_of(wish.trace.value());
        auto promise = self->make_response_promise<section_view>();
        script->kept.push_back(promise);
        return promise;
      },
      [=](messages::hold_seats& wish) { return self->delegate(script->passes_on_to, part_of(wish)); },
      [=](const messages::hold_in_section& wish) -> caf::result<messages::hold_granted> {
        script->asked.push_back(wish.trace.value());
        return messages::hold_granted{{}, wish.hold, {}, {}, {}, {}};
      },
      [=](messages::subscribe, const messages::gateway_actor& who) { script->gateways.push_back(who); },
      [=](const messages::section_closed&) { ++script->closed; },
      [=](messages::event_reopened) { ++script->reopened; },
      [=](const messages::allowance_back&) {},
      [=](messages::flush) {
        for (auto& one : std::exchange(script->kept, {}))
          one.deliver(section_view{});
      },
  };
}

struct fixture : shard_fixture {
  struct node {
    std::string name;
    std::uint64_t number = 0;
    messages::switchboard_actor board;
    std::shared_ptr<bool> may_answer = std::make_shared<bool>(true);
    std::shared_ptr<std::vector<messages::store_cut_off>> said =
        std::make_shared<std::vector<messages::store_cut_off>>();
    std::map<shard_id, caf::actor> addresses{};
  };

  static shard_id section(std::uint16_t number) {
    return {shard_kind::section, domain::event_id{"gala"}, domain::section_no{number}};
  }
  static shard_id event() { return {shard_kind::event, domain::event_id{"gala"}, {}}; }

  node& start(const std::string& name, switchboard_limits limits = {}) {
    auto& one = *nodes.emplace_back(std::make_unique<node>(node{name, nodes.size() + 1, {}}));
    switchboard_ports ports;
    ports.open_link = [this, name](link_news news) { return network.attach(name, std::move(news)); };
    ports.may_answer = [right = one.may_answer] { return *right; };
    ports.on_cut_off = [to = one.said](const messages::store_cut_off& what) { to->push_back(what); };
    ports.limits = limits;
    one.board = spawn_switchboard(sys, std::move(ports));
    keep(caf::actor_cast<caf::actor>(one.board));
    for (int i = 0; i < 2; ++i) // whoever was there first knows the last one then
      tell_views();
    return one;
  }

  void tell_views() {
    messages::view_changed view;
    view.nodes = strangers;
    for (const auto& one : nodes)
      view.nodes.push_back({one->number, one->name, one->name, 100, true, one->name});
    for (const auto& one : nodes) {
      view.me = one->number;
      view.owner = one->name;
      self->send(one->board, view);
      settle();
    }
  }

  script_ptr serve(node& where, const shard_id& shard, std::uint64_t epoch = 1) {
    auto script = std::make_shared<shard_script>();
    scripts.push_back(script);
    actors[script] = keep(sys.spawn([script](caf::event_based_actor* me) { return play(me, script); }));
    serve_again(where, shard, script, epoch);
    return script;
  }
  void serve_again(node& where, const shard_id& shard, const script_ptr& script, std::uint64_t epoch = 1) {
    self->send(where.board, messages::shard_served{shard, domain::epoch{epoch},
                                                   caf::actor_cast<caf::strong_actor_ptr>(actors.at(script))});
    settle();
  }
  /// Has it answer what it has kept, and whatever comes.
  void let_answer(const script_ptr& script) {
    script->answers = true;
    self->send(actors.at(script), messages::flush{});
    settle();
  }
  void withdraw(node& where, const shard_id& shard) {
    self->send(where.board, messages::shard_withdrawn{shard});
    settle();
  }

  /// What a node's keeper is asked to look at.
  struct keeper_script {
    std::vector<domain::event_id> looked{};
    bool answers = true; ///< else it keeps them
    std::vector<caf::typed_response_promise<void>> kept{};
    caf::actor keeper{};
  };
  std::vector<std::shared_ptr<keeper_script>> keeper_scripts;
  std::shared_ptr<keeper_script> add_keeper(node& where) {
    auto script = keeper_scripts.emplace_back(std::make_shared<keeper_script>());
    script->keeper = keep(sys.spawn([script = script.get()](caf::event_based_actor* me) -> caf::behavior {
      return {
          [=](const messages::event_written& what) -> caf::result<void> {
            script->looked.push_back(what.event);
            if (script->answers)
              return caf::unit;
            auto promise = me->make_response_promise<void>();
            script->kept.push_back(promise);
            return promise;
          },
          [=](messages::flush) {
            for (auto& one : std::exchange(script->kept, {}))
              one.deliver();
          },
      };
    }));
    self->send(where.board, messages::keeper_ready{}, caf::actor_cast<messages::keeper_actor>(script->keeper));
    settle();
    return script;
  }
  void answer_all(keeper_script& script) {
    self->send(script.keeper, messages::flush{});
    settle();
  }

  /// The address of a shard of another node, as this one knows it.
  caf::actor address(node& at, const shard_id& shard) {
    auto& known = at.addresses[shard];
    if (!known)
      known = caf::actor_cast<caf::actor>(make_remote_shard(sys, shard, at.board));
    return known;
  }

  shared_outcome<section_view> read(node& at, std::uint16_t number, std::uint64_t trace) {
    auto result = ask<section_view>(
        address(at, section(number)),
        messages::read_section{messages::trace_id{trace}, domain::event_id{"gala"}, domain::section_no{number}});
    settle();
    return result;
  }

  /// Asks the event, which passes it on.
  shared_outcome<messages::hold_granted> hold(node& at, std::uint64_t trace) {
    messages::hold_seats wish;
    wish.trace = messages::trace_id{trace};
    wish.event = domain::event_id{"gala"};
    auto result = ask<messages::hold_granted>(address(at, event()), wish);
    settle();
    return result;
  }

  fake_network network;
  std::vector<std::unique_ptr<node>> nodes;
  std::vector<messages::node_seen> strangers; ///< others that live
  std::vector<script_ptr> scripts;

  ~fixture() override {
    for (const auto& script : scripts) {
      script->kept.clear();
      script->gateways.clear();
      script->passes_on_to = nullptr;
    }
  }

  std::map<script_ptr, caf::actor> actors;
};

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("a request goes to the node that serves the shard, and waits while nobody does") {
  auto& here = start("a");
  auto& there = start("b");
  auto waits = read(here, 3, 1);
  CHECK(waits->pending());
  auto shard = serve(there, section(3));
  CHECK_EQ(waits->reply->seq, 1u);
  CHECK_EQ(read(here, 3, 2)->reply->seq, 2u);
  withdraw(there, section(3));
  auto first = read(here, 3, 3);
  auto second = read(here, 3, 4);
  CHECK(first->pending());
  serve_again(there, section(3), shard);
  CHECK(first->reply.has_value());
  CHECK(second->reply.has_value());
  CHECK((shard->asked == std::vector<std::uint64_t>{1, 2, 3, 4}));
  WHEN("it is served by a third node later, at a further epoch") {
    auto& third = start("c");
    auto next = serve(third, section(3), 2);
    CHECK_EQ(read(here, 3, 5)->reply->seq, 5u);
    CHECK_EQ(next->asked.size(), 1u);
  }
}

SCENARIO("whoever waits for a shard that nobody serves is refused in the end, or at once when too many do") {
  switchboard_limits limits;
  limits.parked.at_one_max = 3;
  auto& here = start("a", limits);
  std::vector<shared_outcome<section_view>> all;
  for (std::uint64_t i = 1; i <= 4; ++i)
    all.push_back(read(here, 3, i));
  CHECK(all[3]->refused_as(rejection::overloaded));
  CHECK(all[0]->pending());
  pass(3s, 100ms);
  for (int i = 0; i < 3; ++i)
    CHECK(all[static_cast<std::size_t>(i)]->refused_as(rejection::overloaded));
}

SCENARIO("a node that does not read costs so much and no more, and its session is ended when something must arrive") {
  switchboard_limits limits;
  limits.out = {.waiting_items_max = 4, .window = 1'000};
  auto& here = start("a", limits);
  auto& there = start("b");
  auto shard = serve(there, section(3));
  network.lose_what_is_sent(true);
  std::vector<shared_outcome<section_view>> all;
  for (std::uint64_t i = 1; i <= 300; ++i)
    all.push_back(read(here, 3, i));
  auto refused = static_cast<std::size_t>(
      std::ranges::count_if(all, [](const auto& one) { return one->refused_as(rejection::overloaded); }));
  CHECK_GT(refused, 200u); // at once, and certainly not done
  CHECK(all.back()->refused_as(rejection::overloaded));
  CHECK(all.front()->pending());
  network.lose_what_is_sent(false);
  self->send(address(here, section(3)), messages::allowance_back{});
  settle();
  CHECK(all.front()->refused_as(rejection::outcome_unknown));
  CHECK(std::ranges::none_of(all, [](const auto& one) { return one->pending(); }));
  CHECK(shard->asked.empty());
  pass(1s, 100ms);
  network.reset("a", "b");
  settle();
  CHECK(read(here, 3, 99)->reply.has_value());
}

SCENARIO("an answer that does not come is unknown after a while, and no more are awaited than there is room for") {
  switchboard_limits limits;
  limits.awaited_max = 2;
  auto& here = start("a", limits);
  auto& there = start("b");
  auto shard = serve(there, section(3));
  shard->answers = false;
  auto first = read(here, 3, 1);
  auto second = read(here, 3, 2);
  CHECK(read(here, 3, 3)->refused_as(rejection::overloaded));
  pass(9s, 250ms);
  CHECK(first->refused_as(rejection::outcome_unknown));
  CHECK(second->refused_as(rejection::outcome_unknown));
  let_answer(shard); // too late, and heard by nobody
  CHECK(first->refused_as(rejection::outcome_unknown));
  CHECK_EQ(read(here, 3, 4)->reply->seq, 4u);
}

SCENARIO("a node that has asked much without an answer is kept from sending more") {
  switchboard_limits slow;
  slow.unanswered_max = 2;
  switchboard_limits eager;
  eager.out.window = 2'000;
  eager.out.frame_bytes = 200;
  auto& here = start("a", eager);
  auto& there = start("b", slow);
  auto shard = serve(there, section(3));
  shard->answers = false;
  std::vector<shared_outcome<section_view>> all;
  for (std::uint64_t i = 1; i <= 200; ++i)
    all.push_back(read(here, 3, i));
  CHECK_GE(shard->asked.size(), 2u);
  CHECK_LT(shard->asked.size(), 100u);
  for (int i = 0; i < 200 && std::ranges::any_of(all, [](const auto& one) { return one->pending(); }); ++i) {
    self->send(actors.at(shard), messages::flush{}); // which keeps what comes then
    settle();
  }
  CHECK_EQ(shard->asked.size(), 200u);
  CHECK(std::ranges::all_of(all, [](const auto& one) { return one->reply.has_value(); }));
}

SCENARIO("a node that has lost its right to answer takes nothing on, and says nothing of what it knows") {
  auto& here = start("a");
  auto& there = start("b");
  auto shard = serve(there, section(3));
  shard->answers = false;
  auto under_way = read(here, 3, 1);
  *there.may_answer = false;
  CHECK(read(here, 3, 2)->refused_as(rejection::moved));
  let_answer(shard);
  CHECK(under_way->refused_as(rejection::outcome_unknown));
  CHECK_EQ(shard->asked.size(), 1u);
}

/// A node that says what the test says.
struct stranger {
  explicit stranger(fixture& in) : of(in) {
    link_news news;
    news.up = [this](incarnation, std::uint64_t fresh) { session = fresh; };
    news.down = [this](incarnation, std::uint64_t, bool) { session = 0; };
    news.frame = [](incarnation, std::uint64_t, const std::string&) {};
    link = of.network.attach("stranger", std::move(news));
    of.strangers.push_back({number, "stranger", "stranger", 100, true, "stranger"});
    link->seek(incarnation{number}, {{incarnation{of.nodes[0]->number}, "a", "a"}});
    of.tell_views();
  }

  void say(const std::string& frame) {
    link->send(incarnation{of.nodes[0]->number}, session, frame);
    of.settle();
  }

  static constexpr std::uint64_t number = 90;
  fixture& of;
  std::shared_ptr<cluster::link> link;
  std::uint64_t session = 0; ///< 0: there is none
};

SCENARIO("what makes no sense ends the session, and another one begins") {
  auto& there = start("a");
  auto& here = start("b");
  auto shard = serve(there, section(3));
  stranger whoever{*this};
  auto head = wire::write_head(0);
  std::vector<std::string> senseless{
      "",
      "no frame",
      wire::write_head(1'000'000), // it has not been sent so much
      head + wire::write(wire::request{0, 0, section(3), {14, ""}}),
      head + wire::write(wire::request{~std::uint64_t{0}, 0, section(3), {14, ""}}),
  };
  for (const auto& frame : senseless) {
    REQUIRE_NE(whoever.session, 0u);
    whoever.say(frame);
    CHECK_EQ(whoever.session, 0u);
    CHECK(read(here, 3, 1)->reply.has_value()); // others notice nothing
    network.reset("a", "stranger");
    settle();
  }
  std::vector<std::string> harmless{
      head + wire::write(wire::answer{77, {0, ""}}),
      head + wire::write(wire::answer{77, {9'999, "?"}}),
      head + wire::write(wire::news{{0, 12'345}, {192, "?"}}),
      head + wire::write(wire::told{section(9), {76, "?"}}),
      head + wire::write(wire::lost{42}),
      head + wire::write(wire::gateways{4'000'000'000}),
      head + wire::write(wire::request{5, 42, section(3), {9'999, "?"}}),
  };
  for (const auto& frame : harmless) {
    whoever.say(frame);
    CHECK_NE(whoever.session, 0u);
    CHECK(read(here, 3, 2)->reply.has_value());
  }
  CHECK_EQ(shard->gateways.size(), 64u); // and no more, whatever it says
}

SCENARIO("what a shard passes on is answered straight by the next one") {
  auto& here = start("a");
  auto& of_event = start("b");
  auto passer = serve(of_event, event());
  auto& third = start("c");
  auto shard = serve(third, section(3));
  passer->passes_on_to = address(of_event, section(3));
  auto before = network.frames();
  CHECK(hold(here, 1)->reply.has_value());
  CHECK_EQ(network.frames() - before, 3u); // there, on, and back
  WHEN("the asker and the section cannot reach each other") {
    network.cut("a", "c");
    settle();
    auto nobody_answered = hold(here, 2);
    THEN("the section decides all the same: the event counts on it") {
      CHECK((shard->asked == std::vector<std::uint64_t>{1, 2}));
      pass(9s, 250ms);
      CHECK(nobody_answered->refused_as(rejection::outcome_unknown));
    }
  }
}

SCENARIO("what comes back to the node that asks is answered there") {
  auto& here = start("a");
  auto& of_event = start("b");
  auto passer = serve(of_event, event());
  auto shard = serve(here, section(3));
  passer->passes_on_to = address(of_event, section(3));
  auto before = network.frames();
  CHECK(hold(here, 3)->reply.has_value());
  CHECK_EQ(network.frames() - before, 2u); // there and back
  CHECK((shard->asked == std::vector<std::uint64_t>{3}));
}

SCENARIO("who has had a request passed on hears at once that it may be lost") {
  auto& here = start("a");
  auto& of_event = start("b");
  auto& third = start("c");
  auto passer = serve(of_event, event());
  auto shard = serve(third, section(3));
  passer->passes_on_to = address(of_event, section(3));
  network.lose_what_is_sent_to("c", true);
  auto lost = hold(here, 1);
  auto other = read(here, 3, 2);
  CHECK(lost->pending());
  network.cut("b", "c");
  settle();
  CHECK(lost->refused_as(rejection::outcome_unknown));
  CHECK(other->pending()); // nobody passes that on
  CHECK(shard->asked.empty());
}

SCENARIO("shards know the gateways of all nodes, as long as there is a session") {
  auto& here = start("a");
  auto& there = start("b");
  auto told = std::make_shared<heard>();
  for (int i = 0; i < 2; ++i)
    self->send(here.board, messages::subscribe{}, caf::actor_cast<messages::gateway_actor>(listen(told)));
  settle();
  auto shard = serve(there, section(3));
  REQUIRE_EQ(shard->gateways.size(), 2u);
  auto before = network.frames();
  for (std::uint64_t seq : {1, 2})
    for (const auto& gateway : shard->gateways)
      self->send(gateway, seats(seq));
  for (bool few_left : {false, true})
    for (const auto& gateway : shard->gateways)
      self->send(gateway, moved(few_left));
  settle();
  CHECK_EQ(network.frames() - before, 1u);
  REQUIRE_EQ(told->seats.size(), 4u);
  CHECK_EQ(told->seats[0].seq, 1u);
  CHECK_EQ(told->seats[3].seq, 2u);
  REQUIRE_EQ(told->moved.size(), 2u); // only the newest
  CHECK(told->moved[0].few_left);
  auto gone = std::make_shared<std::size_t>(0);
  for (const auto& gateway : shard->gateways)
    caf::actor_cast<caf::abstract_actor*>(gateway)->attach_functor([gone] { ++*gone; });
  network.reset("a", "b");
  settle();
  CHECK_EQ(*gone, 2u);
  CHECK_EQ(shard->gateways.size(), 4u); // others, of the next session
}

SCENARIO("event and sections hear when what they told each other may be lost") {
  auto& here = start("a");
  auto& there = start("b");
  auto of_event = serve(here, event());
  auto shard = serve(there, section(3));
  auto room = serve(there, {shard_kind::waiting_room, domain::event_id{"gala"}, {}});
  auto reopened = shard->reopened;
  network.reset("a", "b");
  settle();
  CHECK_EQ(of_event->closed, 1u); // and asks the section what it holds
  CHECK_EQ(shard->reopened, reopened + 1);
  CHECK_GE(room->reopened, 1u);
}

SCENARIO("a node that cannot reach the store says so to all, and to those who come later") {
  auto& here = start("a");
  auto& there = start("b");
  self->send(here.board, messages::store_cut_off{0, true});
  settle();
  REQUIRE_EQ(there.said->size(), 1u);
  CHECK_EQ(there.said->back().node, here.number);
  CHECK(there.said->back().cut_off);
  auto& third = start("c");
  REQUIRE_EQ(third.said->size(), 1u);
  self->send(here.board, messages::store_cut_off{0, false});
  settle();
  CHECK(!third.said->back().cut_off);
  CHECK(here.said->empty());
}

SCENARIO("all others look into the store, and whoever had them look waits for them, but not for ever") {
  auto& here = start("a");
  auto& there = start("b");
  auto& third = start("c");
  auto near = add_keeper(there);
  auto far = add_keeper(third);
  auto have_all_look = [&] {
    auto result = ask<done>(here.board, messages::event_written{domain::event_id{"gala"}});
    settle();
    return result;
  };
  CHECK(have_all_look()->reply.has_value());
  CHECK((near->looked == std::vector{domain::event_id{"gala"}}));
  CHECK_EQ(far->looked.size(), 1u);
  far->answers = false;
  GIVEN("one of them is slow") {
    auto waits = have_all_look();
    CHECK(waits->pending());
    answer_all(*far);
    CHECK(waits->reply.has_value());
  }
  GIVEN("one of them is gone before it has answered") {
    auto waits = have_all_look();
    CHECK(waits->pending());
    network.cut("a", "c");
    settle();
    CHECK(waits->reply.has_value());
    network.heal("a", "c");
    answer_all(*far); // which is too late, and in another session
  }
  GIVEN("one of them takes too long") {
    auto waits = have_all_look();
    pass(2500ms, 100ms);
    CHECK(waits->pending());
    pass(1s, 100ms);
    CHECK(waits->reply.has_value());
  }
  GIVEN("there is nobody else") {
    for (const auto* other : {"b", "c"})
      network.cut("a", other);
    settle();
    CHECK(have_all_look()->reply.has_value());
  }
}

END_FIXTURE_SCOPE()
