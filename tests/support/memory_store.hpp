#pragma once

#include "persistence/booking_store.hpp"
#include "persistence/coordination.hpp"

#include <condition_variable>
#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <tuple>
#include <utility>
#include <vector>

namespace usher::tests {

/// How appends to a memory store, and claims, fail.
enum class store_fault {
  none,
  unavailable, ///< nothing is written; the caller gets `store_unavailable`
  lost_answer, ///< everything is written; the caller gets `store_unavailable`
  lost_claim,  ///< nothing is written, but claims succeed; the caller gets `store_unavailable`
  full,        ///< no fact is written; the caller gets `store_unavailable`; all else succeeds
  broken,      ///< no fact is written; the caller gets `store_broken`; all else succeeds
  mute,        ///< everything is written, but the answer has no fact as written
  paused,      ///< the call waits until another fault, or none, is set
};

/// What the connections of one memory store share. Thread-safe.
class memory_books {
public:
  /// Applies from now on, until set again. `unavailable` and `lost_answer` make claims unavailable, too.
  void set(store_fault fault);
  /// What the clock says unless it is set.
  [[nodiscard]] static domain::instant start() { return domain::instant{std::chrono::hours{24 * 365 * 50}}; }
  /// The store's clock says this from now on.
  void set_now(domain::instant now);
  /// How many groups were appended.
  [[nodiscard]] std::size_t groups() const;
  /// The facts in a shard's journal.
  [[nodiscard]] std::vector<domain::fact> facts(const domain::shard_id& shard) const;
  [[nodiscard]] std::size_t snapshots_kept() const;
  /// Has a session of that node lock a shard's row and stand still, until it is let go or the node is ended.
  void lock(const domain::shard_id& shard, persistence::incarnation whose);
  void let_go(const domain::shard_id& shard);
  /// Puts a row that no fact explains into the table of sold seats.
  void forge_sale(const domain::event_id& event, const persistence::sold_row& row);

private:
  friend class memory_store;
  friend class memory_coordination;

  struct shard_row {
    domain::epoch epoch;
    std::string owner;
    domain::fact_seq noted;
    std::optional<persistence::stored_snapshot> snapshot;
    std::vector<persistence::journal_entry> journal; ///< entry n has sequence number n + 1
  };
  using seat_key = std::tuple<domain::event_id, domain::section_no, domain::seat_no>;
  using order_key = std::pair<domain::event_id, domain::order_id>;
  struct tables {
    std::map<domain::event_id, persistence::stored_event> events;
    std::map<domain::event_id, std::uint64_t> revisions;
    std::map<domain::shard_id, shard_row> shards;
    std::map<seat_key, persistence::sold_row> sold;
    std::map<order_key, persistence::order_row> orders;
  };

  void tell(persistence::store_news news) {
    news_.push_back(std::move(news));
    news_told_.notify_all();
  }

  mutable std::mutex guard_;
  std::condition_variable fault_changed_;
  store_fault fault_ = store_fault::none;
  domain::instant now_ = start();
  std::size_t groups_ = 0;
  std::size_t snapshots_kept_ = 0;
  tables tables_;
  std::map<std::string, std::string, std::less<>> secrets_;
  // what nodes agree on
  std::map<persistence::incarnation, persistence::member> members_; ///< all that ever joined
  std::map<std::pair<persistence::incarnation, persistence::incarnation>, persistence::noted_cut> cuts_;
  std::map<domain::shard_id, persistence::incarnation> locked_; ///< rows, and whose session stands still
  std::map<domain::event_id, persistence::incarnation> gatherers_;
  std::uint64_t rebalances_ = 0;
  std::map<domain::draft_id, persistence::plan_draft> drafts_;
  std::vector<persistence::store_news> news_; ///< ever told
  std::condition_variable news_told_;
};

/// A booking store in memory, with faults on demand. One object is one connection.
class memory_store : public persistence::booking_store {
public:
  explicit memory_store(std::shared_ptr<memory_books> books) : books_(std::move(books)) {}

  domain::instant now() override;
  bool add_event(const persistence::stored_event& event, std::uint16_t sections) override;
  bool replace_plan(const persistence::stored_event& event, std::uint16_t sections, domain::epoch own) override;
  std::vector<persistence::stored_event> events() override;
  std::vector<std::optional<domain::epoch>> claim_shards(std::span<const persistence::wanted_shard> wanted,
                                                         std::string_view owner) override;
  std::vector<std::optional<persistence::shard_history>>
  histories(std::span<const persistence::owned_shard> owned) override;
  std::vector<persistence::append_result> append(std::span<const persistence::journal_entry> group) override;
  void put_snapshot(const domain::shard_id& shard, domain::epoch epoch, domain::fact_seq upto,
                    const std::vector<domain::fact>& facts) override;
  void note_ends(const domain::event_id& event) override;
  void at_one_moment(const std::function<void()>& work) override;
  void read_journal(const domain::event_id& event,
                    const std::function<void(const persistence::journal_entry&)>& each) override;
  std::optional<persistence::stored_snapshot> snapshot(const domain::shard_id& shard) override;
  std::vector<persistence::sold_row> sold_seats(const domain::event_id& event) override;
  std::vector<persistence::order_row> orders(const domain::event_id& event) override;
  std::vector<persistence::stored_shard> shards(const domain::event_id& event) override;
  std::string secret(std::string_view name, const std::function<std::string()>& make) override;

private:
  void write_event(const persistence::stored_event& event, std::uint16_t sections);
  [[nodiscard]] persistence::append_result append_one(const persistence::journal_entry& entry);
  [[nodiscard]] bool change_rows(const persistence::journal_entry& entry);

  /// The tables as this connection reads them.
  [[nodiscard]] const memory_books::tables& readable() const { return moment_ ? *moment_ : books_->tables_; }

  std::shared_ptr<memory_books> books_;
  std::optional<memory_books::tables> moment_;
};

} // namespace usher::tests
