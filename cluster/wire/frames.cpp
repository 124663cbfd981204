#include "cluster/wire/frames.hpp"

#include "cluster/wire/inspectors.hpp"
#include "domain/ensure.hpp"

#include <array>
#include <type_traits>
#include <utility>

/// Only frames name shards.
namespace usher::domain {

template <>
struct last_of<shard_kind> : std::integral_constant<shard_kind, shard_kind::waiting_room> {};

template <class Inspector>
bool inspect(Inspector& f, shard_id& x) {
  return f.object(x).fields(f.field("kind", x.kind), f.field("event", x.event), f.field("section", x.section));
}

} // namespace usher::domain

namespace usher::cluster::wire {

namespace {

constexpr std::uint8_t version = 1;

// ---- the bodies of items: fields without a length, as the item has one. They grow by fields at the end ----

template <class Inspector>
bool inspect_body(Inspector& f, request& x) {
  return f.fields(f.field("number", x.number), f.field("origin", x.origin), f.field("shard", x.shard),
                  f.field("tag", x.what.tag), f.field("what", x.what.body));
}

template <class Inspector>
bool inspect_body(Inspector& f, told& x) {
  return f.fields(f.field("shard", x.shard), f.field("tag", x.what.tag), f.field("what", x.what.body));
}

template <class Inspector>
bool inspect_body(Inspector& f, answer& x) {
  return f.fields(f.field("number", x.number), f.field("tag", x.what.tag), f.field("what", x.what.body));
}

template <class Inspector>
bool inspect_body(Inspector& f, refused& x) {
  return f.fields(f.field("number", x.number), f.field("why", x.why));
}

template <class Inspector>
bool inspect_body(Inspector& f, unknown& x) {
  return f.fields(f.field("number", x.number));
}

template <class Inspector>
bool inspect_body(Inspector& f, news& x) {
  return f.fields(f.field("gateways", x.gateways), f.field("tag", x.what.tag), f.field("what", x.what.body));
}

template <class Inspector>
bool inspect_body(Inspector& f, home& x) {
  return f.fields(f.field("shard", x.shard), f.field("epoch", x.epoch), f.field("served", x.served));
}

template <class Inspector>
bool inspect_body(Inspector& f, gateways& x) {
  return f.fields(f.field("count", x.count));
}

template <class Inspector>
bool inspect_body(Inspector& f, lost& x) {
  return f.fields(f.field("node", x.node));
}

template <class Inspector>
bool inspect_body(Inspector& f, given& x) {
  return f.fields(f.field("shard", x.shard), f.field("epoch", x.epoch));
}

template <class Inspector>
bool inspect_body(Inspector& f, store_state& x) {
  return f.fields(f.field("cut_off", x.cut_off));
}

template <class Inspector>
bool inspect_body(Inspector& f, look& x) {
  return f.fields(f.field("number", x.number), f.field("event", x.event));
}

template <class Inspector>
bool inspect_body(Inspector& f, looked& x) {
  return f.fields(f.field("number", x.number));
}

// ---- one item ----

std::uint8_t kind_of(const item& what) {
  return static_cast<std::uint8_t>(what.index() + 1);
}

template <class Item>
bool read_body(byte_reader& from, std::vector<item>& to) {
  Item one;
  if (!inspect_body(from, one))
    return false;
  to.emplace_back(std::move(one));
  return true;
}

/// A reason that this release does not know leaves the asker without an answer, but others with theirs.
template <>
bool read_body<refused>(byte_reader& from, std::vector<item>& to) {
  refused one;
  if (inspect_body(from, one) && one.why.reason != domain::rejection{})
    to.emplace_back(std::move(one));
  else
    to.emplace_back(unknown{one.number});
  return true;
}

template <std::size_t... I>
constexpr auto readers_of(std::index_sequence<I...>) {
  return std::array{&read_body<std::variant_alternative_t<I, item>>...};
}
constexpr auto readers = readers_of(std::make_index_sequence<std::variant_size_v<item>>{}); ///< by kind, from 1

bool read_item(byte_reader& from, std::vector<item>& to) {
  return from.with_length([&] {
    std::uint8_t kind = 0;
    if (!from.value(kind))
      return false;
    return kind == 0 || kind > readers.size() || readers[kind - 1](from, to);
  });
}

constexpr std::size_t usual_item_bytes = 160; ///< enough for most items

} // namespace

std::string write(const item& what) {
  std::string bytes;
  bytes.reserve(usual_item_bytes);
  byte_writer to{bytes};
  auto write_body = [&]<class Item>(const Item& one) { return inspect_body(to, const_cast<Item&>(one)); };
  auto is_written = to.with_length([&] { return to.value(kind_of(what)) && std::visit(write_body, what); });
  domain::ensure(is_written, "every item can be written");
  return bytes;
}

std::string write_head(std::uint64_t consumed) {
  std::string bytes;
  byte_writer to{bytes};
  domain::ensure(to.value(version) && to.value(consumed), "every number can be written");
  return bytes;
}

std::optional<batch> read(std::string_view frame) {
  byte_reader from{frame};
  std::uint8_t written_as = 0;
  batch result;
  if (!from.value(written_as) || written_as != version || !from.value(result.consumed))
    return std::nullopt;
  while (!from.at_end())
    if (!read_item(from, result.items))
      return std::nullopt;
  return result;
}

} // namespace usher::cluster::wire
