#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace usher::domain {

/// A number or text with one meaning: identifiers with different tags never mix.
template <class Tag, class Representation>
class identifier {
public:
  using representation = Representation;

  identifier() = default;
  explicit identifier(Representation value) : value_(std::move(value)) {}

  [[nodiscard]] const Representation& value() const noexcept { return value_; }

  friend auto operator<=>(const identifier&, const identifier&) = default;
  friend bool operator==(const identifier&, const identifier&) = default;

  /// Lets a serializer reach the value; see `messages`.
  template <class Inspector>
  friend bool inspect(Inspector& f, identifier& x) {
    return f.apply(x.value_);
  }

private:
  Representation value_{};
};

/// An event's name in URLs: 1 to 64 of `a-z 0-9 -`, see `is_event_id`.
using event_id = identifier<struct event_tag, std::string>;
/// A section's number in its event, from 0.
using section_no = identifier<struct section_tag, std::uint16_t>;
/// A number given to one place of a section for ever: at first a seat's index in the plan, from 0. In general admission
/// one place is as good as another.
using seat_no = identifier<struct seat_tag, std::uint32_t>;
/// A category's place in its event's plan, from 0.
using category_no = identifier<struct category_tag, std::uint16_t>;
/// Who buys: the `sub` of the token, at most 128 bytes.
using buyer_id = identifier<struct buyer_tag, std::string>;
/// A number of the waiting room, from 1.
using queue_number = identifier<struct queue_tag, std::uint64_t>;
/// How often a shard has changed hands. Only grows.
using epoch = identifier<struct epoch_tag, std::uint64_t>;
/// A fact's place in its shard's journal, from 1, without gaps.
using fact_seq = identifier<struct fact_tag, std::uint64_t>;

/// 128 bits drawn at random, or derived from an idempotency key: unguessable, and unique without coordination.
template <class Tag>
struct wide_id {
  std::uint64_t high = 0;
  std::uint64_t low = 0;

  friend auto operator<=>(const wide_id&, const wide_id&) = default;
  friend bool operator==(const wide_id&, const wide_id&) = default;

  template <class Inspector>
  friend bool inspect(Inspector& f, wide_id& x) {
    return f.object(x).fields(f.field("high", x.high), f.field("low", x.low));
  }
};

using hold_id = wide_id<struct hold_tag>;
using order_id = wide_id<struct order_tag>;
/// A plan that waits in the store for the node that is to put an event on it.
using draft_id = wide_id<struct draft_tag>;

/// The 32 hexadecimal digits of a wide id.
[[nodiscard]] std::string to_hex(std::uint64_t high, std::uint64_t low);
template <class Tag>
[[nodiscard]] std::string to_hex(const wide_id<Tag>& id) {
  return to_hex(id.high, id.low);
}

/// Reads 32 lower-case hexadecimal digits; false on anything else.
[[nodiscard]] bool from_hex(std::string_view text, std::uint64_t& high, std::uint64_t& low);

/// True for 1 to 64 of `a-z 0-9 -`, not starting or ending with `-`.
[[nodiscard]] bool is_event_id(std::string_view text);

/// The kinds of actor that own state; each such actor is a shard.
enum class shard_kind : std::uint8_t { event, section, waiting_room };

/// Names one shard: the unit that has one owner per epoch.
struct shard_id {
  shard_kind kind = shard_kind::event;
  event_id event;
  section_no section; ///< 0 unless `kind` is section

  friend auto operator<=>(const shard_id&, const shard_id&) = default;
  friend bool operator==(const shard_id&, const shard_id&) = default;
};

/// `rock` for the event, `rock/queue` for its waiting room, `rock/17` for a section.
[[nodiscard]] std::string to_string(const shard_id& shard);

} // namespace usher::domain

template <class Tag, class Representation>
struct std::hash<usher::domain::identifier<Tag, Representation>> {
  std::size_t operator()(const usher::domain::identifier<Tag, Representation>& id) const noexcept {
    return std::hash<Representation>{}(id.value());
  }
};

template <class Tag>
struct std::hash<usher::domain::wide_id<Tag>> {
  // An id made from a client's key is a digest, and a drawn one is random: any part is a good hash.
  std::size_t operator()(const usher::domain::wide_id<Tag>& id) const noexcept {
    return static_cast<std::size_t>(id.high ^ id.low);
  }
};

template <>
struct std::hash<usher::domain::shard_id> {
  std::size_t operator()(const usher::domain::shard_id& shard) const noexcept {
    auto event = std::hash<usher::domain::event_id>{}(shard.event);
    return event * 31 + static_cast<std::size_t>(shard.kind) * 65599 + shard.section.value();
  }
};
