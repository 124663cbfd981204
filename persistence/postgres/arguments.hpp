#pragma once

#include "domain/ids.hpp"
#include "domain/instant.hpp"
#include "persistence/narrowed.hpp"
#include "persistence/postgres/array_parameter.hpp"

#include <pqxx/pqxx>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

/// Arguments of statements, and what they return.
namespace usher::persistence::postgres {

/// Text is passed as bytes, so that nothing ends at a zero byte.
[[nodiscard]] inline pqxx::bytes_view as_bytes(std::string_view text) {
  // Bytes at no address are a NULL to libpqxx, and an empty text may have none.
  return {reinterpret_cast<const std::byte*>(text.data() ? text.data() : ""), text.size()};
}

/// PostgreSQL's integers are signed.
[[nodiscard]] inline std::int64_t number(std::uint64_t x) {
  return static_cast<std::int64_t>(x);
}

[[nodiscard]] inline std::string to_text(const pqxx::field& field) {
  auto bytes = field.as<pqxx::bytes>();
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

template <class Number>
[[nodiscard]] Number to_number(const pqxx::field& field) {
  return Number{narrowed<typename Number::representation>(field.as<std::int64_t>())};
}

/// Times are microseconds since 1970 when they leave a statement.
[[nodiscard]] inline domain::instant to_instant(const pqxx::field& field) {
  return domain::instant{domain::microseconds{field.as<std::int64_t>()}};
}

/// Begins a statement whose first four arguments are a `shard_list`: `named` has those that there are, with the shard's
/// number, the epoch that came with it, and its place in the list. `OFFSET 0` keeps each from being looked up among all
/// of its event's.
constexpr auto named_shards = R"sql(
  WITH named AS MATERIALIZED (
    SELECT s.number, wanted.epoch, wanted.place
    FROM unnest($1::text[], $2::int[], $3::int[], $4::bigint[]) WITH ORDINALITY
         AS wanted (event, kind, section, epoch, place)
    JOIN event e ON e.id = wanted.event
    CROSS JOIN LATERAL (
      SELECT number FROM shard WHERE event = e.number AND kind = wanted.kind AND section = wanted.section OFFSET 0
    ) s
  )
)sql";

/// Shards as the first four arguments of a statement, each with an epoch.
class shard_list {
public:
  void add(const domain::shard_id& shard, std::int64_t epoch) {
    event_.add(shard.event.value());
    kind_.add(static_cast<std::int64_t>(shard.kind));
    section_.add(std::int64_t{shard.section.value()});
    epoch_.add(epoch);
  }
  /// Valid until the list changes.
  [[nodiscard]] pqxx::params arguments() {
    return {as_bytes(event_.bytes()), as_bytes(kind_.bytes()), as_bytes(section_.bytes()), as_bytes(epoch_.bytes())};
  }

private:
  using type = array_parameter::type;
  array_parameter event_{type::text};
  array_parameter kind_{type::int4};
  array_parameter section_{type::int4};
  array_parameter epoch_{type::int8};
};

/// How many shards one statement claims at most, so that it stays well within its time.
constexpr std::size_t shards_a_claim = 4'096;

/// Which of the arguments' rows, from 0, a row is about: its first column is a place, which counts from 1.
[[nodiscard]] inline std::size_t place_in(const pqxx::row& row) {
  return static_cast<std::size_t>(row[0].as<std::int64_t>() - 1);
}

/// Does `work` for parts of `all` that are no longer than `most`.
template <class T, class Work>
void for_each_part(std::span<T> all, std::size_t most, Work work) {
  for (; !all.empty(); all = all.subspan(std::min(most, all.size())))
    work(all.first(std::min(most, all.size())));
}

} // namespace usher::persistence::postgres
