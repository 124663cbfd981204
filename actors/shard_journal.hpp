#pragma once

#include "actors/journal_port.hpp"
#include "domain/decision.hpp"
#include "domain/ensure.hpp"
#include "domain/facts.hpp"
#include "messages/journal.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

namespace usher::actors {

/// Where a shard goes on writing: what its claim returned.
struct journal_start {
  domain::shard_id shard;
  domain::epoch epoch;
  domain::fact_seq last;
  std::size_t since_snapshot = 0; ///< how many facts had to be replayed one by one
};

struct shard_journal_limits {
  std::size_t in_flight_max = 10'000;     ///< facts decided and not yet durable; above that, `overloaded`
  std::size_t facts_per_snapshot = 4'000; ///< about this many are replayed one by one after a restart
  std::chrono::milliseconds first_retry{250};
  std::chrono::milliseconds last_retry{2'000};
};

enum class shard_standing : std::uint8_t {
  writing,
  in_doubt, ///< a write failed: what the journal holds is unknown until the shard is claimed again
  stopped,  ///< somebody else owns the shard, or the store contradicts it: for ever
};

/// One shard's side of the journal: numbers its facts without gaps, remembers what follows from each
/// once it is durable, and recovers when a write failed.
///
/// A decided fact is applied at once, so that nobody else can take the seat, but nobody is told before it is durable:
/// what there is to tell is its `Consequence`, a plain struct of the shard's own, which comes back in `durable` in the
/// order of the facts, or in `failed`. After a failure the shard is in doubt: it claims its own next epoch, which
/// fences late writes of its own, and rebuilds itself from the history that the claim returns.
///
/// An answer that must be true whatever the journal holds is kept back while that is unknown: in `failed`, the shard
/// gives its consequence to `keep_back` if the journal is `in_doubt` then, and says nothing. When it has rebuilt itself
/// after `reclaimed`, it answers what `take_kept_back` returns, in the order in which it was kept back, by what the
/// history says. Should the shard stop instead, its asker gets no answer, which is the truth: nobody here knows.
///
/// Not an actor and not tied to one: what it wants done goes through a `journal_port`.
template <class Consequence>
class shard_journal {
public:
  shard_journal(journal_port& port, journal_start start, shard_journal_limits limits = {})
      : port_(port), limits_(limits), shard_(std::move(start.shard)), epoch_(start.epoch), last_(start.last.value()),
        durable_(last_), snapshot_at_(last_ - start.since_snapshot), snapshot_after_(limits.facts_per_snapshot),
        retry_(limits.first_retry) {}

  // The port's callbacks refer to this object.
  shard_journal(const shard_journal&) = delete;
  shard_journal& operator=(const shard_journal&) = delete;

  [[nodiscard]] const domain::shard_id& shard() const noexcept { return shard_; }
  [[nodiscard]] domain::epoch epoch() const noexcept { return epoch_; }
  [[nodiscard]] shard_standing standing() const noexcept { return standing_; }
  /// True when everything decided is durable, so that an answer from memory is safe.
  [[nodiscard]] bool settled() const noexcept { return in_flight_.empty() && standing_ == shard_standing::writing; }

  /// What stands in the way of another fact, if anything: `overloaded` or `store_unavailable`.
  [[nodiscard]] std::optional<domain::rejection> obstacle() const {
    if (standing_ != shard_standing::writing)
      return domain::rejection::store_unavailable;
    if (standing_down_ || full())
      return domain::rejection::overloaded;
    return std::nullopt;
  }

  /// Whether so many facts are in flight that no more callers may wait for them.
  [[nodiscard]] bool full() const noexcept { return in_flight_.size() >= limits_.in_flight_max; }

  /// Refuses new facts from now until `carry_on`, so that the journal is soon `settled`.
  void stand_down() noexcept { standing_down_ = true; }
  void carry_on() noexcept { standing_down_ = false; }
  [[nodiscard]] bool standing_down() const noexcept { return standing_down_; }

  // ---- writing ----

  /// Takes a fact, which the shard has applied. Requires that nothing is in doubt; callers who can put the fact off
  /// check for an `obstacle` first. True for the first one since the last `flush`: the caller then has `flush` called
  /// soon.
  template <class Fact>
  bool write(Fact&& fact, domain::instant at, Consequence consequence) {
    domain::ensure(standing_ == shard_standing::writing, "a shard writes only while nothing is in doubt");
    in_flight_.push_back({++last_, std::move(consequence)});
    if (outbox_.empty())
      outbox_.reserve(last_handed_over_); // probably as many as last time
    outbox_.emplace_back(std::forward<Fact>(fact));
    outbox_at_ = at;
    return outbox_.size() == 1;
  }

  /// Has `consequence` follow once everything that was written so far is durable. Requires that
  /// something is in flight: when `settled`, there is nothing to wait for.
  void after_all(Consequence consequence) {
    domain::ensure(!in_flight_.empty(), "there is something to wait for");
    in_flight_.push_back({last_, std::move(consequence)});
  }

  /// Visits what follows once the facts in flight are durable, in their order.
  template <class Visit>
  void in_flight(Visit&& visit) const {
    for (const auto& each : in_flight_)
      visit(each.consequence);
  }

  /// Hands the facts taken since the last flush to the writer, as one message.
  void flush() {
    if (outbox_.empty())
      return;
    auto first = last_ + 1 - outbox_.size();
    last_handed_over_ = outbox_.size();
    port_.append({shard_, epoch_, domain::fact_seq{first}, outbox_at_, std::exchange(outbox_, {})});
  }

  // ---- what the writer says ----

  /// Calls `done(consequence)` for everything that is now durable, in order. `done` may write further facts.
  template <class Done>
  void durable(const messages::facts_durable& mark, Done&& done) {
    if (mark.epoch != epoch_ || standing_ != shard_standing::writing)
      return;
    while (!in_flight_.empty() && in_flight_.front().seq <= mark.upto.value()) {
      auto next = std::move(in_flight_.front());
      in_flight_.pop_front();
      done(next.consequence);
    }
    durable_ = mark.upto.value();
    written_since_claim_ = true;
    retry_ = limits_.first_retry;
    hand_over_snapshot();
  }

  /// Calls `undone(consequence)` for everything in flight: whether it was written is unknown, so it counts
  /// as `store_unavailable`. Then claims the shard anew, or stops.
  template <class Undone>
  void failed(const messages::append_failed& failure, Undone&& undone) {
    if (failure.epoch != epoch_ || standing_ != shard_standing::writing)
      return;
    auto lost = std::exchange(in_flight_, {});
    outbox_.clear();
    snapshot_.reset();
    if (failure.why == messages::append_failure::fenced)
      stop(failure.why, "somebody else owns it now");
    else if (failure.why == messages::append_failure::broken)
      stop(failure.why, "the journal cannot be written");
    else if (failure.why == messages::append_failure::disagreed)
      stop(failure.why, "the table of sold seats contradicts it; the audit says where");
    else
      enter_doubt(failure.why);
    for (auto& fact : lost)
      undone(fact.consequence);
  }

  // ---- recovery ----

  /// Keeps a consequence until the shard is claimed anew. Requires that the journal is in doubt.
  void keep_back(Consequence consequence) {
    domain::ensure(standing_ == shard_standing::in_doubt, "an answer is kept back only while in doubt");
    kept_back_.push_back(std::move(consequence));
  }
  /// Whether one more may be kept back, besides those that were in flight when the doubt began.
  [[nodiscard]] bool may_keep_back() const noexcept {
    return standing_ == shard_standing::in_doubt && kept_back_.size() < limits_.in_flight_max;
  }
  /// What was kept back, the oldest first; to be answered once the shard is rebuilt.
  [[nodiscard]] std::vector<Consequence> take_kept_back() { return std::exchange(kept_back_, {}); }

  /// The keeper could not claim the shard. If the store is out of reach, it is tried again, less and less often; any
  /// other reason means that the shard is somebody else's.
  void reclaim_failed(const domain::refusal& why) {
    if (standing_ != shard_standing::in_doubt)
      return;
    if (domain::is_passing(why.reason))
      wait();
    else
      stop(messages::append_failure::fenced, "somebody else owns it now");
  }

  /// Asks the keeper once more.
  void reclaim_again() {
    if (standing_ == shard_standing::in_doubt)
      port_.reclaim({shard_, epoch_});
  }

  /// The shard is claimed, and its owner rebuilds it from `history` and goes on writing from there. False when durable
  /// facts are missing: then the shard stops, because buyers were told of them.
  [[nodiscard]] bool reclaimed(const messages::shard_reclaimed& history) {
    domain::ensure(standing_ == shard_standing::in_doubt, "a shard is reclaimed only when in doubt");
    domain::ensure(history.epoch > epoch_, "a claim raises the epoch");
    if (history.last.value() < durable_) {
      stop(messages::append_failure::lost,
           "the store has lost facts of it that were durable; bring them back, audit the event, and start again");
      return false;
    }
    epoch_ = history.epoch;
    last_ = history.last.value();
    durable_ = last_;
    snapshot_at_ = last_ - history.facts.size();
    standing_ = shard_standing::writing;
    written_since_claim_ = false;
    log::of("actors").info("shard {} writes on from fact {} at epoch {}", to_string(shard_), last_, epoch_.value());
    return true;
  }

  // ---- snapshots ----

  /// True when enough was written since the last snapshot to make another one worth its cost.
  [[nodiscard]] bool snapshot_due() const noexcept {
    return standing_ == shard_standing::writing && !snapshot_ && last_ - snapshot_at_ >= snapshot_after_;
  }

  /// Takes a snapshot of the shard as it is now, including all facts in flight; it is handed to the writer once these
  /// are durable.
  void take_snapshot(std::vector<domain::fact> facts) {
    snapshot_at_ = last_;
    // A large state is written rarely: snapshots cost no more than the facts themselves.
    std::size_t size = 0;
    for (const auto& fact : facts)
      size += domain::stands_for(fact);
    snapshot_after_ = std::max(limits_.facts_per_snapshot, size);
    snapshot_ = messages::keep_snapshot{shard_, epoch_, domain::fact_seq{last_}, std::move(facts)};
    hand_over_snapshot();
  }

private:
  struct entry {
    std::uint64_t seq; ///< of the fact it waits for
    Consequence consequence;
  };

  void hand_over_snapshot() {
    if (snapshot_ && snapshot_->upto.value() <= durable_)
      port_.keep(*std::exchange(snapshot_, std::nullopt));
  }

  void enter_doubt(messages::append_failure why) {
    standing_ = shard_standing::in_doubt;
    log::of("actors").warn("shard {} is in doubt: {}", to_string(shard_),
                           why == messages::append_failure::conflict     ? "its journal has facts it does not know"
                           : why == messages::append_failure::overloaded ? "the journal's queue is full"
                                                                         : "the store is out of reach");
    if (written_since_claim_)
      port_.reclaim({shard_, epoch_});
    else // A store that takes claims but no facts would otherwise be claimed without end: the next claim waits.
      wait();
  }

  void wait() {
    port_.wake(retry_);
    retry_ = std::min(retry_ * 2, limits_.last_retry);
  }

  void stop(messages::append_failure why, const char* sentence) {
    standing_ = shard_standing::stopped;
    kept_back_.clear(); // who reads the journal next knows; here nobody answers
    log::of("actors").error("shard {} stops at epoch {}: {}", to_string(shard_), epoch_.value(), sentence);
    port_.stopped({shard_, why, sentence});
  }

  journal_port& port_;
  shard_journal_limits limits_;
  domain::shard_id shard_;
  domain::epoch epoch_;
  shard_standing standing_ = shard_standing::writing;
  bool standing_down_ = false;
  std::uint64_t last_;    ///< the newest number given to a fact
  std::uint64_t durable_; ///< everything up to here is durable
  std::deque<entry> in_flight_;
  std::vector<Consequence> kept_back_; ///< while in doubt
  std::vector<domain::fact> outbox_;
  std::size_t last_handed_over_ = 0; ///< how many facts
  domain::instant outbox_at_;
  std::optional<messages::keep_snapshot> snapshot_; ///< waits until its facts are durable
  std::uint64_t snapshot_at_;                       ///< the newest fact under the last snapshot
  std::uint64_t snapshot_after_;
  bool written_since_claim_ = true; ///< something became durable since the shard was last claimed in doubt
  std::chrono::milliseconds retry_;
};

} // namespace usher::actors
