#pragma once

#include "cluster/link/link_pulse.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

/// What the two ends of a link say to each other. Integers are little-endian, texts have their length (u16) before
/// them.
///
///     word    := kind u8 | session u64 | body     -- the receiver's number of the session; 0: it has none yet
///     hello   := version u16 | cluster text | name text | me u64 | you u64 | session u64
///     beat    := number u64 | echo u64 | held u64
///     payload := the rest
///
/// A hello of another version is read up to its version, and what follows the fields of one that is known is skipped.
/// A beat of an older release ends before `held`, which is 0 then.
namespace usher::cluster {

/// The first word of each end.
struct link_hello {
  /// What this release speaks. Two that differ in it cannot be linked.
  static constexpr std::uint16_t spoken = 1;

  std::uint16_t version = spoken;
  std::string cluster;       ///< the store's `cluster_card::id`
  std::string name;          ///< the sender's
  std::uint64_t me = 0;      ///< the sender's incarnation
  std::uint64_t you = 0;     ///< whom the sender takes the receiver for
  std::uint64_t session = 0; ///< the sender's number of it

  friend bool operator==(const link_hello&, const link_hello&) = default;
};

/// A frame of whoever uses the link.
struct link_payload {
  std::string frame;

  friend bool operator==(const link_payload&, const link_payload&) = default;
};

struct link_word {
  std::uint64_t session = 0;
  std::variant<link_hello, link_beat, link_payload> what;

  friend bool operator==(const link_word&, const link_word&) = default;
};

[[nodiscard]] std::string write(const link_word& word);
/// Nothing for what is no word.
[[nodiscard]] std::optional<link_word> read_link_word(std::string bytes);

} // namespace usher::cluster
