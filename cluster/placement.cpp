#include "cluster/placement.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string_view>

namespace usher::cluster {

namespace {

/// FNV-1a: the same on every machine and in every release, which `std::hash` is not.
std::uint64_t hash_of(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (unsigned char byte : text)
    hash = (hash ^ byte) * 0x100000001b3;
  return hash;
}

/// Spreads a change of any bit over all of them (the finalizer of SplitMix64).
std::uint64_t mixed(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

/// In (0, 1), from the upper 53 bits.
double fraction(std::uint64_t hash) {
  return (static_cast<double>(hash >> 11) + 0.5) * 0x1p-53;
}

double score(std::uint64_t shard, std::uint64_t node, std::uint64_t weight) {
  return -static_cast<double>(weight) / std::log(fraction(mixed(shard ^ mixed(node))));
}

} // namespace

std::size_t fill_of(std::size_t shards, std::uint64_t weight, std::uint64_t total) {
  auto parts = 4 * total;
  return static_cast<std::size_t>((5 * shards * weight + parts - 1) / parts);
}

std::vector<std::size_t> place(const domain::event_id& event, std::uint16_t sections,
                               std::span<const candidate> nodes) {
  std::vector<std::size_t> result;
  if (nodes.empty())
    return result;
  std::vector<std::uint64_t> weights;
  for (const auto& node : nodes)
    weights.push_back(node.weight);
  if (std::all_of(weights.begin(), weights.end(), [](auto weight) { return weight == 0; }))
    weights.assign(nodes.size(), 1);
  auto total = std::accumulate(weights.begin(), weights.end(), std::uint64_t{0});
  auto shards = std::size_t{sections} + 2;
  std::vector<std::uint64_t> hashes;
  std::vector<std::size_t> room;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    hashes.push_back(hash_of(nodes[i].name));
    room.push_back(fill_of(shards, weights[i], total));
  }
  auto seed = mixed(hash_of(event.value()));
  result.reserve(shards);
  for (std::size_t shard = 0; shard < shards; ++shard) {
    auto of_shard = mixed(seed + shard);
    std::size_t best = nodes.size();
    double highest = -1;
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      if (room[i] == 0)
        continue;
      auto its = score(of_shard, hashes[i], weights[i]);
      if (its > highest || (its == highest && nodes[i].name < nodes[best].name)) {
        highest = its;
        best = i;
      }
    }
    --room[best]; // somebody has room: together they have a quarter more than there are shards
    result.push_back(best);
  }
  return result;
}

} // namespace usher::cluster
