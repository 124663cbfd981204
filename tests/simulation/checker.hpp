#pragma once

#include "audit/audit.hpp"
#include "domain/decision.hpp"
#include "domain/seating_plan.hpp"
#include "messages/event.hpp"
#include "messages/hold.hpp"
#include "messages/order.hpp"
#include "messages/queue.hpp"
#include "messages/seats.hpp"
#include "persistence/booking_store.hpp"
#include "persistence/coordination.hpp"
#include "tests/simulation/books.hpp"

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace usher::simulation {

/// Money that moved at the provider.
struct money_moved {
  std::string key;
  domain::minor_units amount = 0;
  bool back = false; ///< to the buyer
};

/// One shard that was claimed.
struct shard_claimed {
  domain::shard_id shard;
  domain::epoch before; ///< as the store had it
  domain::epoch epoch;  ///< as the claim returned it
  std::string owner;    ///< a node
  bool given = false;   ///< by whoever had it before
  domain::instant at;   ///< as nobody's clock is wrong
};

/// A node that shared the store, and was ended by others.
struct node_ended {
  std::string node;
  persistence::incarnation number;
  std::string why;
  persistence::membership rows; ///< just before
  bool judged_late = false;     ///< the rows may have been others when they were judged
};

/// What a checker may look at besides what it is told.
struct evidence {
  const books& written; ///< by everything that is durable
  /// The time, as nobody's clock is wrong: nodes and the store may say otherwise.
  std::function<domain::instant()> now;
  /// Whether what is told just now is of whoever has the shards. Another one does not know yet that it was replaced,
  /// and answers from memory what does not have to be written.
  std::function<bool()> told_by_owner;
  /// For how long the node that tells something just now could have seen that it was replaced: since then nothing that
  /// it needed for that was broken. Zero for the owner.
  std::function<domain::microseconds()> outdated_for;
  /// For how long the store has counted no beat of a node. Zero for one that has the store alone.
  std::function<domain::microseconds(const std::string& node)> unbeaten_for;
  /// When the node got the request whose answer is being told.
  std::function<domain::instant()> asked_at;
  /// How far apart two nodes' times can be because the store's clock was stepped between their starts.
  std::function<domain::microseconds()> clock_spread;
  bool clocks_wander = false; ///< clocks are stepped, or run fast or slow, in this sale
  bool quiet = false;         ///< nothing goes wrong in this sale
  bool shared = false;        ///< several nodes share the store
  std::function<audit::audit_report()> audit;
  const domain::shared_plan& plan; ///< on which the event is now
  domain::seconds paying_grace;    ///< see `actors::section_limits`
};

/// How things stand when everything had time to settle.
struct standing {
  bool served = false;                 ///< some node serves the event
  std::vector<std::string> silent{};   ///< nodes, and what they do not tell
  std::vector<std::string> unanswered; ///< requests that a living node has not answered
  std::vector<std::string> unfinished; ///< what people still try to get done
};

/// What became of an attempt to take all that a buyer may still take, and then one seat more.
struct limit_probe {
  domain::buyer_id buyer;
  std::uint32_t had = 0; ///< seats, held or bought
  std::uint32_t limit = 0;
  bool closed = false; ///< nobody may take anything
  bool rest_granted = false;
  bool more_granted = false;
  std::string why_not; ///< the rest
};

/// Watches one invariant: what buyers are told, what is asked, and what the store has written down. It knows nothing of
/// the actors, and nothing of the faults.
class checker {
public:
  using finding = std::function<void(const checker& by, std::string sentence)>;

  checker(evidence known, finding found) : known_(std::move(known)), found_(std::move(found)) {}
  virtual ~checker() = default;
  checker(const checker&) = delete;
  checker& operator=(const checker&) = delete;

  /// As on the command line and in reports.
  [[nodiscard]] virtual const char* name() const = 0;

  // ---- the store ----

  virtual void claimed(const shard_claimed&) {}
  /// Before the books note it.
  virtual void writes(const persistence::journal_entry&) {}
  virtual void writes(const persistence::journal_entry&, const std::string& /*node*/) {}
  /// Others have ended a node that shares the store with them.
  virtual void ended(const node_ended&) {}
  /// An actor got a second answer to one request.
  virtual void answered_again(const std::string& /*node*/, std::string_view /*actor*/) {}
  /// The event is on another plan from now on, which `evidence::plan` is after this.
  virtual void replaces(const domain::seating_plan& /*now*/, const domain::seating_plan& /*next*/) {}

  // ---- what people ask, when they ask it ----

  virtual void asked(const messages::hold_seats&) {}
  virtual void asked(const messages::find_hold&) {}
  virtual void asked(const messages::release_hold&) {}
  virtual void asked(const messages::start_order&) {}
  virtual void asked(const messages::cancel_order&) {}
  virtual void asked(const messages::refund_order&) {}

  // ---- what a node told them, when it told it ----

  /// It told somebody anything at all.
  virtual void spoke(const std::string& /*node*/) {}
  virtual void told(const messages::hold_granted&) {}
  virtual void refused(const messages::hold_seats&, const domain::refusal&) {}
  virtual void refused(const messages::find_hold&, const domain::refusal&) {}
  virtual void released(const messages::release_hold&) {}
  virtual void told(const messages::order_view&) {}
  /// `connected`: they are there until they say otherwise; else they only asked.
  virtual void told(const domain::buyer_id&, const domain::queue_place&, const std::string& /*node*/,
                    bool /*connected*/) {}
  virtual void told(const messages::people_admitted&, const std::string& /*node*/) {}
  virtual void told(const messages::section_view&) {}
  virtual void told(const messages::event_view&) {}
  virtual void told(const messages::event_report&) {}
  virtual void left_queue(const domain::buyer_id&) {}

  // ---- the provider ----

  virtual void moved(const money_moved&) {}

  // ---- the end ----

  /// A node or an actor has ended, or the store was away: what was only meant to be done is perhaps never done.
  virtual void interrupted() {}
  /// Faults have ended, and everything had time to settle.
  virtual void settled(const standing&) {}
  /// Some buyer has tried how much is left of their limit.
  virtual void probed(const limit_probe&) {}
  /// The last hold has run out.
  virtual void finished() {}

protected:
  void fail(std::string sentence) const { found_(*this, std::move(sentence)); }
  [[nodiscard]] const books& written() const noexcept { return known_.written; }
  [[nodiscard]] domain::instant now() const { return known_.now(); }
  [[nodiscard]] const evidence& known() const noexcept { return known_; }

private:
  evidence known_;
  finding found_;
};

} // namespace usher::simulation
