#pragma once

#include "cluster/wire/messages.hpp"
#include "domain/ids.hpp"
#include "messages/domain_types.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// What one node sends another in one frame: a batch of items. Integers are LEB128 unless their size is said; strings
/// have their length before them.
///
///     batch := version u8 | consumed varint | item*
///     item  := length varint | kind u8 | body
///
/// Readers skip items of an unknown kind, and what follows the fields that they know in an item; fields that are
/// missing at an item's end are as they are by default. A refusal for a reason that the reader does not know is read as
/// `unknown`. Whatever else cannot be read ends the session.
namespace usher::cluster::wire {

/// A node asks a shard of another one.
struct request {
  std::uint64_t number = 0; ///< under which the asker awaits the answer; never the same twice in one life of a node
  std::uint64_t origin = 0; ///< the asking node's incarnation, if the request was passed on; 0: the sender
  domain::shard_id shard;
  encoded what;

  friend bool operator==(const request&, const request&) = default;
};

/// A shard tells another node's shard something; nobody answers.
struct told {
  domain::shard_id shard;
  encoded what;

  friend bool operator==(const told&, const told&) = default;
};

struct answer {
  std::uint64_t number = 0;
  encoded what;

  friend bool operator==(const answer&, const answer&) = default;
};

/// The shard, or its node, has refused: it was certainly not done.
struct refused {
  std::uint64_t number = 0;
  domain::refusal why;

  friend bool operator==(const refused&, const refused&) = default;
};

/// Whoever should have answered has ended: nobody knows.
struct unknown {
  std::uint64_t number = 0;

  friend bool operator==(const unknown&, const unknown&) = default;
};

/// News for gateways of the receiver.
struct news {
  std::vector<std::uint32_t> gateways;
  encoded what;

  friend bool operator==(const news&, const news&) = default;
};

/// The sender serves this shard at this epoch; or it does not any more.
struct home {
  domain::shard_id shard;
  domain::epoch epoch;
  bool served = true;

  friend bool operator==(const home&, const home&) = default;
};

/// So many gateways has the sender, and they are to hear what all shards tell.
struct gateways {
  std::uint32_t count = 0;

  friend bool operator==(const gateways&, const gateways&) = default;
};

/// The sender has lost its session with this node: what it had passed on there may be lost, too.
struct lost {
  std::uint64_t node = 0;

  friend bool operator==(const lost&, const lost&) = default;
};

/// The shard was given to the receiver, which has it at this epoch.
struct given {
  domain::shard_id shard;
  domain::epoch epoch;

  friend bool operator==(const given&, const given&) = default;
};

/// Whether the sender cannot reach the store.
struct store_state {
  bool cut_off = false;

  friend bool operator==(const store_state&, const store_state&) = default;
};

/// An event is new in the store, or otherwise another one there. Answered by `looked` under the same number, when the
/// receiver's gateways know.
struct look {
  std::uint64_t number = 0; ///< chosen by the sender
  domain::event_id event;

  friend bool operator==(const look&, const look&) = default;
};

struct looked {
  std::uint64_t number = 0;

  friend bool operator==(const looked&, const looked&) = default;
};

/// A kind is a number for ever, the place in this list, from 1: only ever append.
using item =
    std::variant<request, told, answer, refused, unknown, news, home, gateways, lost, given, store_state, look, looked>;

struct batch {
  std::uint64_t consumed = 0; ///< how many bytes of frames the sender has consumed in this session
  std::vector<item> items;

  friend bool operator==(const batch&, const batch&) = default;
};

/// One item, with its length.
[[nodiscard]] std::string write(const item& what);
/// The beginning of a batch; the items follow.
[[nodiscard]] std::string write_head(std::uint64_t consumed);
/// Reads a whole batch, whatever the bytes are; nothing if they are none.
[[nodiscard]] std::optional<batch> read(std::string_view frame);

} // namespace usher::cluster::wire
