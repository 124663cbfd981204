#pragma once

#include "codec/problem.hpp"
#include "codec/public_names.hpp"
#include "codec/wish.hpp"
#include "domain/ids.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// The frames that clients send, one struct each; see docs/protocol.md.
namespace usher::codec::frames {

/// Where a returning client wants to go on.
struct resume_point {
  std::string session; ///< the token that `welcome` gave
};

/// Sections of one event that a client watched before.
struct wanted_sections {
  domain::event_id event;
  std::vector<std::string> sections;
};

struct hello {
  std::optional<std::string> token;
  std::optional<resume_point> resume;
  std::optional<std::vector<std::string>> places{}; ///< queue tokens of places that the buyer has
  std::optional<std::vector<wanted_sections>> watch{};
};

/// What is mine? Of one event, or of all after one.
struct list_own {
  std::optional<domain::event_id> event;
  std::optional<domain::event_id> after;
};

struct join_queue {
  domain::event_id event;
  std::optional<std::string> token; ///< proves a place that the buyer already has
};

struct leave_queue {
  domain::event_id event;
};

struct watch_seats {
  domain::event_id event;
  std::string section;
};

struct unwatch_seats {
  domain::event_id event;
  std::string section;
};

struct hold {
  domain::event_id event;
  std::optional<std::string> key;
  std::optional<std::string> pass;
  places_wish places;
};

struct release {
  hold_name hold;
};

struct order {
  hold_name hold;
  std::string key;
  std::string method;
};

struct ping {};

using content = std::variant<hello, join_queue, leave_queue, watch_seats, unwatch_seats, hold, release, order, list_own,
                             ping, problem>;

/// One frame as read. `content` is a `problem` when it is not a frame of the protocol; the id is set whenever it could
/// be read, so that the problem can be sent in answer to it.
struct received {
  std::optional<std::string> id;
  frames::content content;
};

enum class sender : std::uint8_t { client, server };

/// A frame type of the protocol. A test compares the AsyncAPI document with this table.
struct frame_type {
  std::string_view name;
  sender from = sender::client;
  std::string_view answered_by; ///< of a client's frame: the type of a success
};

[[nodiscard]] std::span<const frame_type> frame_types();

} // namespace usher::codec::frames
