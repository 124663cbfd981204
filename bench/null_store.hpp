#pragma once

#include "persistence/booking_store.hpp"

#include <chrono>

namespace usher::bench {

/// A store that writes everything instantly and remembers nothing: what is left to measure are the actors.
class null_store : public persistence::booking_store {
public:
  domain::instant now() override {
    return std::chrono::time_point_cast<domain::microseconds>(std::chrono::system_clock::now());
  }

  bool add_event(const persistence::stored_event&, std::uint16_t) override { return true; }
  bool replace_plan(const persistence::stored_event&, std::uint16_t, domain::epoch) override { return true; }
  std::vector<persistence::stored_event> events() override { return {}; }

  std::vector<std::optional<domain::epoch>> claim_shards(std::span<const persistence::wanted_shard> wanted,
                                                         std::string_view) override {
    return std::vector(wanted.size(), std::optional{domain::epoch(1)});
  }
  std::vector<std::optional<persistence::shard_history>>
  histories(std::span<const persistence::owned_shard> owned) override {
    return std::vector(owned.size(),
                       std::optional{persistence::shard_history{domain::epoch(1), domain::fact_seq(0), {}, {}}});
  }

  std::vector<persistence::append_result> append(std::span<const persistence::journal_entry> group) override {
    return std::vector(group.size(), persistence::append_result::written);
  }
  void put_snapshot(const domain::shard_id&, domain::epoch, domain::fact_seq,
                    const std::vector<domain::fact>&) override {}

  void read_journal(const domain::event_id&, const std::function<void(const persistence::journal_entry&)>&) override {}
  std::vector<persistence::sold_row> sold_seats(const domain::event_id&) override { return {}; }
  std::vector<persistence::order_row> orders(const domain::event_id&) override { return {}; }
  std::vector<persistence::stored_shard> shards(const domain::event_id&) override { return {}; }
  std::string secret(std::string_view, const std::function<std::string()>& make) override { return make(); }
};

} // namespace usher::bench
