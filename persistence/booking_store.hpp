#pragma once

#include "domain/facts.hpp"
#include "domain/ids.hpp"
#include "domain/instant.hpp"
#include "persistence/plan_supplement.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

/// Remembers: what happened, who owns which shard, and which seats are sold.
namespace usher::persistence {

/// The store cannot be reached, or did not answer in time. Whether the last append was written is
/// unknown; every call may be repeated.
class store_unavailable : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

/// The store and the domain disagree, or the store is not one that this program can use. Never retried.
class store_broken : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

/// The store does not take what was to be written, whoever asks and however often: text that it cannot keep, a number
/// or a text too large for it. Nothing was written, and nothing else is wrong with the store.
class data_refused : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

/// One fact to be written to the journal, or read from it.
struct journal_entry {
  domain::shard_id shard;
  domain::epoch epoch;
  domain::fact_seq seq;
  domain::instant at;
  domain::fact fact;
};

/// What became of one entry of an appended group.
enum class append_result : std::uint8_t {
  written,
  fenced,    ///< the shard has a newer epoch: its writer must stop
  conflict,  ///< that sequence number is taken: the writer's view is out of date, it must reload
  disagreed, ///< a sold seat did not have the version that the fact says: domain and store disagree
};

/// An event as it was defined: its plan's text exactly as imported.
struct stored_event {
  domain::event_id id;
  std::string plan;
  plan_supplement supplement{};

  friend bool operator==(const stored_event&, const stored_event&) = default;
};

/// One shard as the store has it.
struct stored_shard {
  domain::shard_id shard;
  domain::epoch epoch;    ///< the current one
  std::string owner;      ///< who claimed that epoch; empty when nobody ever did
  domain::fact_seq noted; ///< `note_ends` saw this fact: a journal that ends earlier has lost its newest facts
};

/// One sold seat, from the table that guards sales independently of the journal.
struct sold_row {
  domain::section_no section;
  domain::seat_no seat;
  std::uint32_t version = 0;
  bool sold = false; ///< false after the seat was returned
  domain::order_id order;
  domain::buyer_id buyer;
  domain::minor_units price = 0;
};

/// One order, from the table beside the journal.
struct order_row {
  domain::order_id order;
  domain::hold_id hold;
  domain::buyer_id buyer;
  domain::order_state state = domain::order_state::started;
  domain::minor_units total = 0;
};

/// A shard that somebody wants to own.
struct wanted_shard {
  domain::shard_id shard;
  std::optional<domain::epoch> seen{}; ///< it is claimed at this epoch only; without one, at whichever it has
};

/// A shard at the epoch at which somebody owns it.
struct owned_shard {
  domain::shard_id shard;
  domain::epoch epoch;

  friend bool operator==(const owned_shard&, const owned_shard&) = default;
};

/// What a shard starts from.
struct shard_history {
  domain::epoch epoch;                ///< at which it was claimed
  domain::fact_seq last;              ///< of the last fact in `facts` or under the snapshot; 0 when there is none
  std::vector<domain::fact> snapshot; ///< facts that replace everything up to the snapshot; may be empty
  std::vector<domain::fact> facts;    ///< in order, after the snapshot
};

/// One row of the journal as an examiner reads it, taking nothing for granted.
struct examined_entry {
  domain::shard_id shard;
  domain::epoch epoch;
  domain::fact_seq seq;
  domain::instant at;
  std::optional<domain::fact> fact; ///< none when the row's bytes are not a fact
  bool chained = true; ///< its link is the digest of the previous link and its content, and its neighbours lead to it
};

/// A snapshot as it is kept.
struct stored_snapshot {
  domain::epoch epoch;
  domain::fact_seq upto;
  std::vector<domain::fact> facts;
  /// It is of an earlier version, whose facts may mean something else today: they are left out, as the journal has them
  /// all. It still says how far the journal reached.
  bool is_outdated = false;
};

/// The store. One object is one connection, used by one thread at a time; every call blocks.
/// Every call throws `store_unavailable`, `store_broken` or, if it writes, `data_refused`; nothing else.
class booking_store {
public:
  virtual ~booking_store() = default;

  /// The store's clock.
  [[nodiscard]] virtual domain::instant now() = 0;
  /// A moment that was certainly reached: when the newest fact was decided. A store whose clock is its own (a server's)
  /// keeps this default, which knows none.
  [[nodiscard]] virtual std::optional<domain::instant> newest_fact_at();

  // ---- events ----

  /// Adds an event; false, with nothing changed, when there is one with this id. From then on the shards of the plan's
  /// sections, of the event and of its waiting room exist, at epoch 0.
  virtual bool add_event(const stored_event& event, std::uint16_t sections) = 0;
  /// Replaces an event's plan while its own shard is at epoch `own`; false, with nothing changed, when somebody else
  /// has taken it over. So whoever claims that shard may then read the plan and rely on it.
  [[nodiscard]] virtual bool replace_plan(const stored_event& event, std::uint16_t sections, domain::epoch own) = 0;
  [[nodiscard]] virtual std::vector<stored_event> events() = 0;

  // ---- shards ----

  /// Takes shards over, whoever had them: `epoch = epoch + 1`, many in one statement. Says for each wanted one at
  /// which epoch it is owned now; nothing for one that is at another epoch than `seen` (a compare-and-swap), or that
  /// there is not. Once this returns, nothing that carries an older epoch is written. Each shard may be wanted once.
  /// `owner` names this process and is never reused by another.
  [[nodiscard]] virtual std::vector<std::optional<domain::epoch>> claim_shards(std::span<const wanted_shard> wanted,
                                                                               std::string_view owner) = 0;
  /// The histories of shards that were claimed, read in bounded pages. Whoever stands still meanwhile keeps nobody
  /// waiting: no lock is held, since only the owner writes to a shard. Nothing for a shard that is at another epoch by
  /// now, so a history is never of a later owner. A journal that lacks a fact, or ends before what `note_ends` saw,
  /// cannot be continued: `store_broken`.
  [[nodiscard]] virtual std::vector<std::optional<shard_history>> histories(std::span<const owned_shard> owned) = 0;
  /// Claims one shard, at `expected` if there is one, and reads its history. Nothing when it could not be claimed, or
  /// was taken over before its history was read.
  std::optional<shard_history> claim(const domain::shard_id& shard, std::string_view owner,
                                     std::optional<domain::epoch> expected);

  // ---- facts ----

  /// Appends a group: one fenced statement (PostgreSQL) or transaction (SQLite). When it returns, everything `written`
  /// is durable and the tables of sold seats and orders agree with it. Entries of one shard must be in order; if one of
  /// them is not written, none after it is. The result is as long as the group. After `store_unavailable` the outcome
  /// is unknown until the shard is claimed again.
  [[nodiscard]] virtual std::vector<append_result> append(std::span<const journal_entry> group) = 0;

  /// Keeps a snapshot that replaces all facts up to `upto`. Ignored when there is a newer one, when the epoch is not
  /// the current one, or when the journal does not reach `upto`.
  virtual void put_snapshot(const domain::shard_id& shard, domain::epoch epoch, domain::fact_seq upto,
                            const std::vector<domain::fact>& facts) = 0;

  /// Notes how far the journals of an event's shards reach, so that it shows if their newest facts are lost. Writes
  /// nothing if no facts were written since the last time. A store that cannot lose facts keeps this default, which
  /// does nothing.
  virtual void note_ends(const domain::event_id& event);

  // ---- reading, for the audit and for people ----

  /// Runs `work`, within which every read below sees the store as it was at one moment. A store that nobody else writes
  /// to may keep this default.
  virtual void at_one_moment(const std::function<void()>& work);

  /// Every entry of an event's journal, by shard and sequence, in bounded pages.
  virtual void read_journal(const domain::event_id& event, const std::function<void(const journal_entry&)>& each) = 0;
  /// The same rows for the audit: one that is unreadable or breaks the chain is passed on as such instead of failing. A
  /// store without a chain keeps this default, which finds every row in order.
  virtual void examine_journal(const domain::event_id& event, const std::function<void(const examined_entry&)>& each);
  /// The snapshot kept for a shard, or nothing. A store without snapshots keeps this default.
  [[nodiscard]] virtual std::optional<stored_snapshot> snapshot(const domain::shard_id& shard);
  [[nodiscard]] virtual std::vector<sold_row> sold_seats(const domain::event_id& event) = 0;
  [[nodiscard]] virtual std::vector<order_row> orders(const domain::event_id& event) = 0;
  /// Every shard of an event.
  [[nodiscard]] virtual std::vector<stored_shard> shards(const domain::event_id& event) = 0;

  /// A named secret of at least 32 random bytes that all nodes of this store share; made by `make` on first use.
  [[nodiscard]] virtual std::string secret(std::string_view name, const std::function<std::string()>& make) = 0;
};

/// What to do about a schema that is older than this program.
enum class schema_upkeep : std::uint8_t {
  migrate, ///< it is brought up to date (numbered migrations, under a lock)
  none,    ///< it is `store_broken`: readers write nothing
};

/// Opens a connection. `url` is `sqlite:FILE` or `postgres://…` (also `postgresql://…`); anything else is
/// `store_broken`, with a sentence saying what is allowed. `session` says what a server calls the connection, see
/// `session_of` in persistence/coordination.hpp, and is asked again whenever the connection has to be made anew, since
/// its node may have joined again by then. Without an answer it has a name of its own.
[[nodiscard]] std::unique_ptr<booking_store> open_store(const std::string& url,
                                                        schema_upkeep upkeep = schema_upkeep::migrate,
                                                        std::function<std::string()> session = {});

/// The url without its password, for logs.
[[nodiscard]] std::string without_password(const std::string& url);

} // namespace usher::persistence
