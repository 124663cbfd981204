#include "persistence/journal_examiner.hpp"

#include "persistence/fact_codec.hpp"
#include "persistence/journal_chain.hpp"

namespace usher::persistence {

namespace {

constexpr std::size_t page_rows = 1000;

} // namespace

void examine_shard(const domain::shard_id& shard, const page_reader& read_page,
                   const std::function<void(const examined_entry&)>& each) {
  auto previous = first_link(shard);
  for (domain::fact_seq after;;) {
    auto page = read_page(after, page_rows);
    for (const auto& row : page) {
      auto expected = next_link(previous, row.seq, row.epoch, row.at, row.fact);
      each({shard, row.epoch, row.seq, row.at, decode(row.fact), row.reached && bytes_of(expected) == row.link});
      // The next row is compared with the link that is here, right or wrong: one change, one finding.
      previous = link_from(row.link);
      after = row.seq;
    }
    if (page.size() < page_rows)
      return;
  }
}

journal_entry trusted(const examined_entry& row) {
  if (!row.fact)
    throw store_broken("the journal of " + to_string(row.shard) + " cannot be read at "
                       + std::to_string(row.seq.value()) + ": its bytes are no fact that this program knows");
  return {row.shard, row.epoch, row.seq, row.at, *row.fact};
}

} // namespace usher::persistence
