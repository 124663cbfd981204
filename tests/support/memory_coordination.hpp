#pragma once

#include "persistence/coordination.hpp"
#include "tests/support/memory_store.hpp"

namespace usher::tests {

/// The coordinator in memory, of the store with the same books. One object is one connection. Their faults
/// `unavailable` and `lost_answer` apply to every call.
class memory_coordination : public persistence::coordination {
public:
  explicit memory_coordination(std::shared_ptr<memory_books> books) : books_(std::move(books)) {}

  std::variant<persistence::incarnation, persistence::join_refused> join(const persistence::node_card& card) override;
  void act_for(persistence::incarnation) override {}
  std::optional<persistence::counted_beat> beat(persistence::incarnation me, std::string_view figures) override;
  persistence::membership members() override;
  std::optional<persistence::member> find(persistence::incarnation it) override;
  bool change_status(persistence::incarnation it, persistence::node_status to) override;
  void note_cut(persistence::incarnation me, persistence::incarnation other, persistence::cut_kind kind) override;
  void lift_cut(persistence::incarnation me, persistence::incarnation other) override;
  persistence::end_answer end_node(persistence::incarnation me, persistence::incarnation it, std::uint64_t seen_beat,
                                   std::string_view why) override;
  persistence::end_answer end_silent(persistence::incarnation it, std::uint64_t seen_beat,
                                     std::string_view why) override;
  persistence::cluster_card cluster() override;
  std::vector<std::optional<domain::epoch>> claim(persistence::incarnation me,
                                                  std::span<const persistence::owned_shard> seen) override;
  std::optional<domain::epoch> give(persistence::incarnation me, const persistence::owned_shard& shard,
                                    persistence::incarnation taker) override;
  std::vector<persistence::owned_shards> owners() override;
  void rebalance() override;
  std::vector<persistence::shared_event> shared_events() override;
  bool gather(persistence::incarnation me, const domain::event_id& event, domain::epoch own) override;
  void let_go(persistence::incarnation me, const domain::event_id& event) override;
  void keep_draft(const domain::draft_id& token, const persistence::plan_draft& draft) override;
  std::optional<persistence::plan_draft> draft(const domain::draft_id& token) override;
  void drop_draft(const domain::draft_id& token) override;
  persistence::store_news listen(std::chrono::milliseconds patience) override;

private:
  /// Does `work`, which the books' fault may keep from happening, or its answer from arriving.
  template <class Work>
  auto call(const Work& work);
  [[nodiscard]] persistence::member* living(persistence::incarnation it);
  [[nodiscard]] bool is_owned_by_living(const std::string& owner) const;
  void end(persistence::member& it, persistence::node_status as, std::string_view why);
  persistence::end_answer end_unless_beaten(persistence::incarnation it, std::uint64_t seen_beat, std::string_view why);

  std::shared_ptr<memory_books> books_;
  std::optional<std::size_t> heard_; ///< how many of the news; none before the first time
};

} // namespace usher::tests
