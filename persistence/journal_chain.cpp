#include "persistence/journal_chain.hpp"

#include <algorithm>
#include <array>

namespace usher::persistence {

chain_link link_from(std::string_view bytes) {
  chain_link link{};
  if (bytes.size() == link.size())
    std::copy(bytes.begin(), bytes.end(), link.begin());
  return link;
}

chain_link first_link(const domain::shard_id& shard) {
  return digest::sha256({"usher journal\n", to_string(shard)});
}

chain_link next_link(const chain_link& previous, domain::fact_seq seq, domain::epoch epoch, domain::instant at,
                     std::string_view fact) {
  std::array<char, 56> head;
  std::copy(previous.begin(), previous.end(), head.begin());
  auto position = head.begin() + previous.size();
  for (auto number : {seq.value(), epoch.value(), static_cast<std::uint64_t>(at.time_since_epoch().count())})
    for (unsigned shift = 0; shift < 64; shift += 8)
      *position++ = static_cast<char>(number >> shift);
  return digest::sha256({{head.data(), head.size()}, fact});
}

} // namespace usher::persistence
