#pragma once

#include "persistence/booking_store.hpp"
#include "tests/simulation/sim_store.hpp"
#include "tests/simulation/store_line.hpp"
#include "tests/support/memory_store.hpp"

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace usher::simulation {

/// One process's connection to the store.
class sim_connection final : public persistence::booking_store {
public:
  sim_connection(sim_store& store, store_client client);

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
  std::vector<persistence::append_result> append_now(std::span<const persistence::journal_entry> group);

  store_line line_;
  tests::memory_store tables_;
};

} // namespace usher::simulation
