#pragma once

#include "messages/cluster.hpp"
#include "messages/control.hpp"
#include "messages/event.hpp"
#include "messages/gateway.hpp"
#include "messages/hold.hpp"
#include "messages/journal.hpp"
#include "messages/order.hpp"
#include "messages/own.hpp"
#include "messages/payment.hpp"
#include "messages/queue.hpp"
#include "messages/seats.hpp"

#include <caf/typed_actor.hpp>

#include <vector>

/// The typed interfaces of all actors. Include `messages/type_ids.hpp` to use them. Callers hold these handles and
/// never see a class behind them.
namespace usher::messages {

/// A gateway's actor: takes what shards tell without being asked, and what its sessions ask.
using gateway_actor =
    caf::typed_actor<caf::result<void>(session_requests), caf::result<void>(event_announced),
                     caf::result<void>(seats_changed), caf::result<void>(hold_expired),
                     caf::result<void>(order_changed), caf::result<void>(people_admitted),
                     caf::result<void>(place_given_up), caf::result<void>(queue_moved), caf::result<void>(flush)>;

/// What every shard hears from the journal writer.
using shard_actor = caf::typed_actor<caf::result<void>(facts_durable), caf::result<void>(append_failed)>;

/// The journal writer of a node.
using journal_actor = caf::typed_actor<caf::result<void>(append_facts, shard_actor), caf::result<void>(keep_snapshot),
                                       caf::result<void>(flush)>;

using section_actor =
    caf::typed_actor<caf::result<hold_granted>(hold_in_section), caf::result<void>(release_hold),
                     caf::result<hold_granted>(find_hold), caf::result<void>(start_payment),
                     caf::result<void>(stop_payment), caf::result<void>(sell_seats), caf::result<void>(take_back_seats),
                     caf::result<void>(block_in_section), caf::result<section_report>(report_section),
                     caf::result<section_view>(read_section), caf::result<section_view>(watch_section, gateway_actor),
                     caf::result<void>(unwatch_section, gateway_actor), caf::result<void>(subscribe, gateway_actor),
                     caf::result<section_claims>(list_claims), caf::result<section_places>(list_places),
                     caf::result<void>(terms_changed), caf::result<void>(event_reopened), caf::result<void>(stand_down),
                     caf::result<void>(carry_on), caf::result<void>(flush),
                     caf::result<void>(deadline_reached)>::extend_with<shard_actor>;

using waiting_room_actor = caf::typed_actor<
    caf::result<domain::queue_place>(join_queue, gateway_actor), caf::result<domain::queue_place>(ask_place),
    caf::result<void>(leave_queue), caf::result<void>(people_left, gateway_actor), caf::result<void>(shopping_ended),
    caf::result<void>(room_settings), caf::result<domain::waiting_room::figures>(count_people),
    caf::result<void>(subscribe, gateway_actor), caf::result<void>(event_reopened), caf::result<void>(stand_down),
    caf::result<void>(carry_on), caf::result<void>(deadline_reached)>::extend_with<shard_actor>;

using event_actor = caf::typed_actor<
    caf::result<hold_granted>(hold_seats), caf::result<void>(release_hold), caf::result<hold_granted>(find_hold),
    caf::result<order_view>(start_order), caf::result<order_view>(find_order), caf::result<order_view>(cancel_order),
    caf::result<order_list>(list_orders), caf::result<order_view>(refund_order),
    caf::result<refund_progress>(refund_orders), caf::result<void>(advance_order),
    caf::result<event_view>(describe_event), caf::result<event_view>(put_known_event),
    caf::result<event_view>(define_event), caf::result<void>(check_settings), caf::result<event_view>(change_event),
    caf::result<event_view>(block_seats), caf::result<event_report>(report_event), caf::result<own_list>(list_own),
    caf::result<void>(event_peers, std::vector<section_actor>, waiting_room_actor), caf::result<void>(allowance_back),
    caf::result<void>(section_opened), caf::result<void>(section_closed), caf::result<void>(section_totals_changed),
    caf::result<void>(room_opened), caf::result<void>(subscribe, gateway_actor), caf::result<void>(stand_down),
    caf::result<void>(carry_on), caf::result<void>(flush),
    caf::result<void>(deadline_reached)>::extend_with<shard_actor>;

/// Carries one order through its saga.
using checkout_actor = caf::typed_actor<caf::result<void>(cancel_requested), caf::result<void>(payment_answered)>;

/// Claims this node's shards, starts them, and is told when they stop.
using keeper_actor =
    caf::typed_actor<caf::result<event_view>(put_event), caf::result<event_view>(put_known_event),
                     caf::result<void>(event_written), caf::result<void>(start_shards),
                     caf::result<shard_reclaimed>(reclaim_shard), caf::result<void>(shard_stopped),
                     caf::result<void>(view_changed), caf::result<void>(store_changed), caf::result<void>(shard_given),
                     caf::result<void>(shards_left), caf::result<void>(flush)>;

/// Finds the shard that a request is for and passes the request on; the answer bypasses it.
using router_actor = caf::typed_actor<
    caf::result<hold_granted>(hold_seats), caf::result<void>(release_hold), caf::result<hold_granted>(find_hold),
    caf::result<order_view>(start_order), caf::result<order_view>(find_order), caf::result<order_view>(cancel_order),
    caf::result<order_list>(list_orders), caf::result<order_view>(refund_order),
    caf::result<refund_progress>(refund_orders), caf::result<event_view>(describe_event),
    caf::result<std::vector<domain::event_id>>(list_events), caf::result<event_view>(put_event),
    caf::result<event_view>(change_event), caf::result<event_view>(block_seats),
    caf::result<event_report>(report_event), caf::result<own_list>(list_own), caf::result<section_view>(read_section),
    caf::result<section_view>(watch_section, gateway_actor), caf::result<void>(unwatch_section, gateway_actor),
    caf::result<domain::queue_place>(join_queue, gateway_actor), caf::result<domain::queue_place>(ask_place),
    caf::result<void>(leave_queue), caf::result<void>(people_left, gateway_actor),
    caf::result<void>(subscribe, gateway_actor),
    caf::result<void>(event_announced, event_actor, std::vector<section_actor>, waiting_room_actor),
    caf::result<void>(shards_reopened), caf::result<void>(keeper_ready, keeper_actor)>;

/// Takes what is for shards of other nodes there, and what they send here to the shards of this node.
using switchboard_actor =
    caf::typed_actor<caf::result<void>(passed_on), caf::result<void>(answered_for), caf::result<void>(news_for),
                     caf::result<void>(view_changed), caf::result<void>(shard_served), caf::result<void>(shard_given),
                     caf::result<void>(store_cut_off), caf::result<void>(event_written),
                     caf::result<void>(keeper_ready, keeper_actor), caf::result<void>(shard_withdrawn),
                     caf::result<void>(subscribe, gateway_actor), caf::result<void>(router_ready, router_actor),
                     caf::result<void>(link_changed), caf::result<void>(frame_came), caf::result<void>(flush),
                     caf::result<void>(deadline_reached)>;

} // namespace usher::messages
