#pragma once

#include "gateway/options.hpp"
#include "node/settings.hpp"
#include "payments/sandbox.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

/// What the parts of a node need but the settings do not say directly.
namespace usher::node {

/// With the shop's key read from its file. Throws `bad_configuration` when that fails.
[[nodiscard]] gateway::options gateway_options_for(const settings& all);

/// Says in the log that payments are only pretended, and who can choose their outcome.
void warn_of_sandbox(const settings& all);

/// With the account book's path.
[[nodiscard]] payments::sandbox_settings sandbox_settings_for(const settings& all);

/// Takes back what cannot be had: with room for so many open files, fewer connections than configured, since the store,
/// the operators and the log need some. Returns a sentence about it, if it does.
[[nodiscard]] std::optional<std::string> fit_connections(gateway::options& gateway, std::size_t open_files_max);

/// A sentence if the proxies' networks contain everybody, so that each client may choose its address itself.
[[nodiscard]] std::optional<std::string> careless_trust(const std::vector<std::string>& trusted_proxies);

} // namespace usher::node
