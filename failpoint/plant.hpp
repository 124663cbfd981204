#pragma once

#include <array>
#include <string_view>

/// Fails on purpose: places where the simulation plants faults, to prove that its checkers would find them. Only what
/// is compiled with `USHER_PLANTS` has any of it; elsewhere `planted` is `false` when the compiler reads it, and
/// nothing is left.
namespace usher::failpoint {

/// The faults that can be planted. Each is a mistake that a programmer could make.
inline constexpr auto all_plants = std::to_array<std::string_view>({
    "answer_before_durable",           // a section grants a hold that is not written yet
    "release_before_durable",          // likewise the end of a hold
    "allowance_back_dropped",          // an event does not hear that a hold is over
    "claims_not_counted_on_restart",   // an event that starts takes everybody for new
    "spread_hold_not_undone",          // one section refuses, and the others keep their part
    "paying_hold_expires_on_recovery", // a section that starts ends what a checkout has had no time to extend
    "charged_again_with_new_key",      // each attempt to charge has a key of its own
    "lost_refund_taken_for_done",      // a refund without an answer counts as done
    "claim_keeps_epoch",               // who takes over gets the epoch that was there
    "stale_fact_written",              // the store takes facts of an older epoch
    "fenced_taken_for_written",        // the writer reads every answer of the store as yes
    "snapshot_without_last_fact",      // a snapshot says less than the facts that it replaces
    "number_block_reused",             // a waiting room gives out numbers that are not reserved
    "admission_not_journaled",         // a waiting room lets people in and does not write it down
    "undecided_settings_told",         // an event tells of settings and a state that are not written yet
    "later_deadlines_forgotten",       // a section whose timer has rung sets no other one
    "clock_leaps",                     // a node's time follows the store's clock at once
    "numbering_not_kept",              // the store keeps another plan, and not what its numbers mean
    "old_home_believed",               // a shard's home is wherever it was heard of last, whatever the epoch
    "answer_awaited_twice",            // a request to another node that was answered is answered again
    "parked_requests_dropped",         // whoever waits for a shard is forgotten when that is served again
    "lost_shard_still_served",         // a node goes on with a shard that it has given away or lost
    "younger_nodes_stay",              // of nodes that are cut off from each other the oldest one goes
});

#ifdef USHER_PLANTS

/// Plants one of them, in the place of any other; none, if the name is empty.
void plant(std::string_view name);
/// Whether this one is planted.
[[nodiscard]] bool planted(std::string_view name) noexcept;

#else

[[nodiscard]] constexpr bool planted(std::string_view) noexcept {
  return false;
}

#endif

} // namespace usher::failpoint
