#include "persistence/booking_store.hpp"

#include "persistence/postgres/store.hpp"
#include "persistence/sqlite/store.hpp"
#include "persistence/store_url.hpp"

#include <utility>

namespace usher::persistence {

void booking_store::at_one_moment(const std::function<void()>& work) {
  work();
}

std::optional<domain::instant> booking_store::newest_fact_at() {
  return std::nullopt;
}

std::optional<shard_history> booking_store::claim(const domain::shard_id& shard, std::string_view owner,
                                                  std::optional<domain::epoch> expected) {
  const wanted_shard wanted{shard, expected};
  auto epoch = claim_shards({&wanted, 1}, owner).front();
  if (!epoch)
    return std::nullopt;
  const owned_shard owned{shard, *epoch};
  return std::move(histories({&owned, 1}).front());
}

void booking_store::note_ends(const domain::event_id&) {}

void booking_store::examine_journal(const domain::event_id& event,
                                    const std::function<void(const examined_entry&)>& each) {
  read_journal(event, [&each](const journal_entry& entry) {
    each({entry.shard, entry.epoch, entry.seq, entry.at, entry.fact, true});
  });
}

std::optional<stored_snapshot> booking_store::snapshot(const domain::shard_id&) {
  return std::nullopt;
}

std::unique_ptr<booking_store> open_store(const std::string& url, schema_upkeep upkeep,
                                          std::function<std::string()> session) {
  if (auto file = sqlite_file_of(url))
    return sqlite::open(*file, upkeep);
  if (is_store_url(url))
    return postgres::open(url, upkeep, std::move(session));
  throw store_broken("a store is sqlite:FILE, postgres://USER@HOST/DATABASE or postgresql://USER@HOST/DATABASE");
}

} // namespace usher::persistence
