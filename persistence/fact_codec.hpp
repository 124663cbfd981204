#pragma once

#include "domain/facts.hpp"
#include "persistence/plan_supplement.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// How facts look in the journal: a version byte, the kind's number, then its fields. Whole numbers are
/// variable-length, identifiers 16 bytes, everything little-endian; facts are self-delimiting.
namespace usher::persistence {

/// Appends `fact` to `bytes`.
void encode(const domain::fact& fact, std::string& bytes);

/// Reads one fact from the front of `bytes` and removes it. Nothing, with `bytes` unchanged, when they do not begin
/// with a fact of a known version; any bytes are safe to pass.
[[nodiscard]] std::optional<domain::fact> decode_front(std::string_view& bytes);

/// Reads bytes that are exactly one fact; nothing when they are not.
[[nodiscard]] std::optional<domain::fact> decode(std::string_view bytes);

/// A snapshot: a 0, a version byte, how many facts it has, and these.
[[nodiscard]] std::string encode_snapshot(const std::vector<domain::fact>& facts);
/// Nothing when the bytes are no snapshot of the present version.
[[nodiscard]] std::optional<std::vector<domain::fact>> decode_snapshot(std::string_view bytes);
/// Whether a snapshot is of an earlier version: see `stored_snapshot`.
[[nodiscard]] bool is_outdated_snapshot(std::string_view bytes);

/// A plan's supplement, in the same manner; an empty one is no bytes.
[[nodiscard]] std::string encode(const plan_supplement& supplement);
[[nodiscard]] std::optional<plan_supplement> decode_supplement(std::string_view bytes);

} // namespace usher::persistence
