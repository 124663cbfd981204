#pragma once

#include "codec/tokens.hpp"
#include "domain/instant.hpp"

#include <string_view>

namespace usher::gateway {

/// Checks a buyer's token; `now` is the gateway's time. A shop writes its own clock's time into a token, so for those
/// this machine's clock counts; the claims' end is in the gateway's time.
[[nodiscard]] codec::verified<codec::buyer_claims> check_buyer(const codec::tokens& tokens, std::string_view token,
                                                               domain::instant now);

} // namespace usher::gateway
