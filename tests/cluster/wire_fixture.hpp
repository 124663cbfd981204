#pragma once

#include "cluster/wire/messages.hpp"

#include <caf/actor_cast.hpp>
#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/event_based_actor.hpp>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

/// The messages that travel between nodes, and the gateways that may come with them.
namespace usher::tests {

namespace wire = cluster::wire;

/// A type of message, and the tag that it has for ever.
template <class T, bool WithGateway = false>
struct travelling {
  using type = T;
  static constexpr bool with_gateway = WithGateway;
  wire::message_tag tag;
};

/// Said once more here, so that nobody changes a tag by mistake.
inline constexpr std::tuple all_that_travels{
    travelling<messages::hold_seats>{1},
    travelling<messages::release_hold>{2},
    travelling<messages::find_hold>{3},
    travelling<messages::start_order>{4},
    travelling<messages::find_order>{5},
    travelling<messages::cancel_order>{6},
    travelling<messages::list_orders>{7},
    travelling<messages::refund_order>{8},
    travelling<messages::refund_orders>{9},
    travelling<messages::describe_event>{10},
    travelling<messages::change_event>{11},
    travelling<messages::block_seats>{12},
    travelling<messages::report_event>{13},
    travelling<messages::read_section>{14},
    travelling<messages::watch_section, true>{15},
    travelling<messages::unwatch_section, true>{16},
    travelling<messages::join_queue, true>{17},
    travelling<messages::ask_place>{18},
    travelling<messages::leave_queue>{19},
    travelling<messages::people_left, true>{20},
    travelling<messages::list_own>{21},
    travelling<messages::hold_in_section>{64},
    travelling<messages::start_payment>{65},
    travelling<messages::stop_payment>{66},
    travelling<messages::sell_seats>{67},
    travelling<messages::take_back_seats>{68},
    travelling<messages::block_in_section>{69},
    travelling<messages::report_section>{70},
    travelling<messages::list_claims>{71},
    travelling<messages::terms_changed>{72},
    travelling<messages::room_settings>{73},
    travelling<messages::count_people>{74},
    travelling<messages::shopping_ended>{75},
    travelling<messages::allowance_back>{76},
    travelling<messages::section_opened>{77},
    travelling<messages::section_totals_changed>{78},
    travelling<messages::room_opened>{79},
    travelling<messages::put_known_event>{80},
    travelling<messages::hold_granted>{128},
    travelling<messages::order_view>{129},
    travelling<messages::order_list>{130},
    travelling<messages::refund_progress>{131},
    travelling<messages::event_view>{132},
    travelling<messages::event_report>{133},
    travelling<messages::section_view>{134},
    travelling<domain::queue_place>{135},
    travelling<messages::section_claims>{136},
    travelling<messages::section_report>{137},
    travelling<domain::waiting_room::figures>{138},
    travelling<messages::own_list>{139},
    travelling<messages::seats_changed>{192},
    travelling<messages::hold_expired>{193},
    travelling<messages::order_changed>{194},
    travelling<messages::people_admitted>{195},
    travelling<messages::place_given_up>{196},
    travelling<messages::queue_moved>{197},
};

/// Calls `f` with each `travelling`.
template <class F>
void for_all_that_travels(F f) {
  std::apply([&](const auto&... each) { (f(each), ...); }, all_that_travels);
}

/// Some gateways, numbered from 0.
struct wire_fixture {
  caf::actor_system_config configuration;
  caf::actor_system system{configuration.set("caf.scheduler.max-threads", 1)};
  std::vector<messages::gateway_actor> gateways{make_gateway(), make_gateway(), make_gateway()};
  wire::number_of_gateway numbers = [this](const messages::gateway_actor& which) -> std::optional<std::uint32_t> {
    const auto found = std::ranges::find(gateways, which);
    return found == gateways.end() ? std::nullopt : std::optional{static_cast<std::uint32_t>(found - gateways.begin())};
  };
  wire::gateway_of_number handles = [this](std::uint32_t number) {
    return number < gateways.size() ? gateways[number] : messages::gateway_actor{};
  };

  /// It has ended before anybody can tell it anything: only who it is matters here.
  [[nodiscard]] messages::gateway_actor make_gateway() {
    return caf::actor_cast<messages::gateway_actor>(system.spawn([] {}));
  }

  /// The message that has this in it; with the second gateway, if one comes with it.
  template <class Kind>
  [[nodiscard]] caf::message packed(const Kind&, typename Kind::type content) const {
    if constexpr (Kind::with_gateway)
      return caf::make_message(std::move(content), gateways[1]);
    else
      return caf::make_message(std::move(content));
  }
};

} // namespace usher::tests
