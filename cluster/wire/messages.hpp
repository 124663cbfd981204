#pragma once

#include "messages/type_ids.hpp"

#include <caf/message.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

/// The messages that travel between nodes, as bytes: which type has which tag, and how a message becomes bytes.
///
/// A tag is a number for ever; new ones are appended. Every object is written with its length before it, by the
/// messages' own `inspect`: a reader skips fields that it does not know, which can only be the last ones, and leaves
/// those that are missing as they are by default. So a message may grow by fields at its end, and releases before and
/// after that understand each other.
namespace usher::cluster::wire {

using message_tag = std::uint16_t;

/// The tag of an answer without content.
inline constexpr message_tag nothing = 0;

/// A message as bytes.
struct encoded {
  message_tag tag = nothing;
  std::string body;

  friend bool operator==(const encoded&, const encoded&) = default;
};

/// Which number a gateway of this node has; nothing for one that is not known.
using number_of_gateway = std::function<std::optional<std::uint32_t>(const messages::gateway_actor&)>;
/// The gateway of the other node that has this number, as this node sees it; null for an unknown number.
using gateway_of_number = std::function<messages::gateway_actor(std::uint32_t)>;

/// A message as bytes: one of the kinds that travel, alone or followed by the gateway that asks. Nothing for any other.
[[nodiscard]] std::optional<encoded> encode(const caf::message& what, const number_of_gateway& numbers);
/// The message of these bytes, whatever they are: nothing for what is none, or of an unknown tag.
[[nodiscard]] std::optional<caf::message> decode(message_tag tag, std::string_view body,
                                                 const gateway_of_number& gateways);

/// Whether a message with this tag is passed on by the shard that it comes to, so that another node may answer it.
[[nodiscard]] bool may_be_passed_on(message_tag tag);

} // namespace usher::cluster::wire
