#pragma once

#include "domain/facts.hpp"
#include "persistence/plan_supplement.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// How facts look in the journal: a version byte, the kind's number, then its fields. Whole numbers are
/// variable-length, identifiers 16 bytes, everything little-endian; a fact says itself where it ends.
namespace usher::persistence {

/// Appends `fact` to `bytes`.
void encode(const domain::fact& fact, std::string& bytes);

/// Reads one fact from the front of `bytes` and takes it off. Nothing, and `bytes` unchanged, when no
/// fact of a known version stands there, whatever the bytes are.
[[nodiscard]] std::optional<domain::fact> decode_front(std::string_view& bytes);

/// Reads bytes that are exactly one fact; nothing when they are not.
[[nodiscard]] std::optional<domain::fact> decode(std::string_view bytes);

/// A list of facts, as snapshots keep it.
[[nodiscard]] std::string encode_all(const std::vector<domain::fact>& facts);
[[nodiscard]] std::optional<std::vector<domain::fact>> decode_all(std::string_view bytes);

/// What belongs to a plan, in the same manner; nothing at all is no bytes.
[[nodiscard]] std::string encode(const plan_supplement& supplement);
[[nodiscard]] std::optional<plan_supplement> decode_supplement(std::string_view bytes);

} // namespace usher::persistence
