#pragma once

#include "actors/event.hpp"
#include "actors/waiting_room.hpp"
#include "catalog/shard_keeper.hpp"
#include "cluster/router.hpp"
#include "cluster/switchboard.hpp"
#include "tests/actors/scripted_provider.hpp"
#include "tests/actors/shard_fixture.hpp"
#include "tests/support/memory_coordination.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>

namespace usher::tests {

/// What one process would run: a journal writer, a router and a keeper, all over one store.
struct process {
  messages::journal_actor writer;
  messages::switchboard_actor switchboard; ///< null without links
  messages::router_actor router;
  messages::keeper_actor keeper;
  std::shared_ptr<std::vector<std::string>> fatal = std::make_shared<std::vector<std::string>>();
  /// How its shards stood, each time that changed.
  std::shared_ptr<std::vector<catalog::shard_tally>> tallies = std::make_shared<std::vector<catalog::shard_tally>>();
};

/// Processes that share one store, under a scheduler and a clock that the test moves.
class keeper_fixture : public shard_fixture {
public:
  using open_store = std::function<std::unique_ptr<persistence::booking_store>()>;

  /// Which store the processes use; by default the one in memory.
  open_store open = [where = books] { return std::make_unique<memory_store>(where); };

  /// For processes that share the store; none of them does by default.
  std::function<std::unique_ptr<persistence::coordination>()> open_coordination;

  /// For processes with links to others; none has any by default.
  std::function<std::shared_ptr<cluster::link>(cluster::link_news)> open_link;

  bool auto_rebalance = true; ///< of the processes that are started from now on

  process start_process(const std::string& name) {
    auto result = new_process(name);
    self->send(result.keeper, messages::start_shards{});
    settle();
    return result;
  }

  /// A process that has not claimed anything yet.
  process new_process(const std::string& name) {
    process result;
    result.writer = actors::spawn_journal_writer(sys, open, {}, actors::writer_thread::shared);
    if (open_link) {
      result.switchboard = cluster::spawn_switchboard(sys, {open_link, [] { return true; }});
      keep(caf::actor_cast<caf::actor>(result.switchboard));
    }
    result.router = cluster::spawn_router(sys, result.switchboard);
    catalog::keeper_settings settings;
    settings.owner = name;
    settings.on_fatal = [fatal = result.fatal](const auto& why) { fatal->push_back(why); };
    settings.switchboard = result.switchboard;
    settings.auto_rebalance = auto_rebalance;
    settings.on_tally = [tallies = result.tallies](const auto& tally) { tallies->push_back(tally); };
    settings.shares = static_cast<bool>(open_coordination);
    result.keeper = catalog::spawn_shard_keeper(sys, factories(result.writer), settings, result.router,
                                                catalog::keeper_thread::shared);
    keep(caf::actor_cast<caf::actor>(result.writer));
    keep(caf::actor_cast<caf::actor>(result.router));
    keep(caf::actor_cast<caf::actor>(result.keeper));
    settle();
    return result;
  }

  catalog::shard_factories factories(const messages::journal_actor& writer) {
    auto note = [this](domain::shard_kind kind, const domain::event_id& event, domain::section_no section,
                       domain::epoch epoch, const messages::keeper_actor& keeper, const auto& actor) {
      auto one = keep(caf::actor_cast<caf::actor>(actor));
      auto ended = std::make_shared<bool>(false);
      caf::actor_cast<caf::abstract_actor*>(one)->attach_functor([ended] { *ended = true; });
      shard_actors[{kind, event, section}].push_back({one, keeper, epoch, ended});
      return actor;
    };
    return {
        open,
        [this](const std::string& text) { return plans.at(text); },
        [=, this](const auto& event, auto history, auto plan, const auto& keeper) {
          if (event == fails_to_start)
            throw std::runtime_error{"a fault in its journal"};
          auto epoch = history.epoch;
          event_actors.push_back(
              note(domain::shard_kind::event, event, {}, epoch, keeper,
                   actors::spawn_event(sys, {event, plan, std::move(history), writer, keeper, clock, provider, {}})));
          return event_actors.back();
        },
        [=, this](const auto& event, auto number, auto history, auto plan, const auto& event_actor, auto event_epoch,
                  const auto& keeper) {
          auto epoch = history.epoch;
          return note(
              domain::shard_kind::section, event, number, epoch, keeper,
              actors::spawn_section(
                  sys,
                  {event, plan, number, {}, std::move(history), event_actor, writer, keeper, clock, {}, event_epoch}));
        },
        [=, this](const auto& event, auto history, const auto& event_actor, auto event_epoch, const auto& keeper) {
          auto epoch = history.epoch;
          return note(domain::shard_kind::waiting_room, event, {}, epoch, keeper,
                      actors::spawn_waiting_room(
                          sys, {event, {}, std::move(history), writer, keeper, clock, {}, event_epoch, event_actor}));
        },
        open_coordination};
  }

  /// A hall of rows of four seats.
  static domain::shared_plan rows(int count, int seats = 4) {
    std::vector<domain::section_plan> sections;
    for (int i = 0; i < count; ++i) {
      auto name = "row" + std::to_string(i);
      domain::section_plan row{name, name, {"A"}, {}, 0, {}};
      for (int seat = 0; seat < seats; ++seat)
        row.seats.push_back(
            {name + "-" + std::to_string(seat), std::to_string(seat), domain::category_no{0}, 0, {seat * 1.0, 0}});
      sections.push_back(std::move(row));
    }
    return std::make_shared<domain::seating_plan>("Hall", std::vector<std::string>{"Seat"}, std::move(sections));
  }

  template <class Reply, class Message>
  shared_outcome<Reply> asked(const process& whom, Message what) {
    auto result = ask<Reply>(whom.router, std::move(what));
    settle();
    return result;
  }

  messages::put_event put_of(const std::string& text) const {
    messages::put_event wish;
    wish.id = id;
    wish.plan_text = std::make_shared<const std::string>(text);
    wish.plan = plans.at(text);
    return wish;
  }
  shared_outcome<messages::event_view> put(const process& whom, const std::string& text) {
    domain::event_settings settings;
    settings.prices = {5'000};
    return asked<messages::event_view>(
        whom, messages::put_event{{}, id, settings, std::make_shared<const std::string>(text), plans.at(text)});
  }

  void open_sale(const process& whom) {
    messages::change_event open_it;
    open_it.event = id;
    open_it.state = domain::event_state::open;
    CAF_REQUIRE(asked<messages::event_view>(whom, open_it)->reply.has_value());
  }

  messages::hold_seats wish(std::uint64_t number, std::uint16_t section, std::uint32_t seat) const {
    return {
        {},
        id,
        {7, number},
        domain::buyer_id{"buyer-" + std::to_string(number)},
        std::vector<messages::section_wish>{{domain::section_no{section}, domain::seats_wish{{domain::seat_no{seat}}}}},
        1};
  }

  shared_outcome<messages::hold_granted> hold(const process& whom, std::uint64_t number, std::uint16_t section,
                                              std::uint32_t seat) {
    return asked<messages::hold_granted>(whom, wish(number, section, seat));
  }

  std::optional<domain::event_id> fails_to_start; ///< no actor can be made of its history
  /// Every event's actor that was ever started, in order.
  std::vector<messages::event_actor> event_actors;

  /// An actor that was started for a shard.
  struct shard_actor {
    caf::actor actor;
    messages::keeper_actor keeper; ///< whose it is
    domain::epoch epoch;           ///< at which it was started
    std::shared_ptr<bool> ended;
  };
  /// Every shard's actors that were ever started, in order.
  std::map<domain::shard_id, std::vector<shard_actor>> shard_actors;
  domain::event_id id{"rock"};
  /// The texts of the plans of this test.
  std::map<std::string, domain::shared_plan> plans{
      {"two rows", rows(2)}, {"three rows", rows(3)}, {"two short rows", rows(2, 2)}};
  /// Answers on the test's own thread: the scheduler of tests takes messages from no other.
  std::shared_ptr<payments::provider> provider = std::make_shared<scripted_provider>();
};

} // namespace usher::tests
