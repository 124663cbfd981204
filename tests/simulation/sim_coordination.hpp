#pragma once

#include "persistence/coordination.hpp"
#include "tests/simulation/sim_store.hpp"
#include "tests/simulation/store_line.hpp"
#include "tests/support/memory_coordination.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace usher::simulation {

/// One process's connection to the store as coordinator. What was sent to a store that stands still may be done when
/// nobody waits for it any more.
class sim_coordination final : public persistence::coordination {
public:
  sim_coordination(sim_store& store, store_client client);

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
  /// Calls that change something; `work` may happen when this object is gone.
  template <class Work>
  auto change(const char* what, Work work);
  template <class Work>
  auto end(const char* what, persistence::incarnation it, std::string_view why, Work work);

  store_line line_;
  tests::memory_coordination rows_;
};

} // namespace usher::simulation
