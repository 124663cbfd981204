#pragma once

#include "gateway/options.hpp"
#include "node/settings.hpp"
#include "payments/sandbox.hpp"

#include <string>

/// What the parts of a node need but the settings do not say directly.
namespace usher::node {

/// With the shop's key read from its file. Throws `bad_configuration` when that fails.
[[nodiscard]] gateway::options gateway_options_for(const settings& all);

/// Says in the log that payments are only pretended, and who can choose their outcome.
void warn_of_sandbox(const settings& all);

/// Says in the log, once for each port that is not on a loopback address, what can be read on the way to it.
void warn_of_clear_text(const settings& all);

/// With the account book's path.
[[nodiscard]] payments::sandbox_settings sandbox_settings_for(const settings& all);

} // namespace usher::node
