#pragma once

#include <boost/asio/ip/address.hpp>

#include <optional>
#include <string_view>
#include <vector>

/// What proxies write about those whose requests they pass on.
namespace usher::gateway {

/// How many entries of a header are looked at, from its end; honest proxies do not write more.
inline constexpr std::size_t hops_max = 32;

/// From whom each proxy had the request, the last proxy first; nothing for an entry that is not an address.
using hops = std::vector<std::optional<boost::asio::ip::address>>;

/// Reads `X-Forwarded-For`, several headers joined by commas: addresses, perhaps with ports.
[[nodiscard]] hops read_x_forwarded_for(std::string_view text);

/// Reads `Forwarded` (RFC 7239), several headers joined by commas: the `for` of each element. `unknown` and names that
/// a proxy made up (`_hidden`) are no addresses. A header that does not follow the grammar is one entry without an
/// address: quotes that do not end could make anything of what stands after them.
[[nodiscard]] hops read_forwarded(std::string_view text);

} // namespace usher::gateway
