#pragma once

#include "node/settings.hpp"

#include <caf/config_value.hpp>

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace usher::node {

/// One setting, declared once: the configuration file, the flags and the reference page
/// (docs/operating/configuration.md) all use this.
struct option {
  std::string name;     ///< as the file has it, e.g. `http.max-connections`
  std::string sentence; ///< what it does
  std::string unit;     ///< e.g. `seconds`; empty if it has none
  std::string bounds;   ///< what is allowed, for people, e.g. `1 to 64`
  bool secret = false;  ///< a given value is never shown
  /// The field's value in the file's notation.
  std::function<std::string(const settings&)> show;
  /// Sets the field; false, with nothing set, if the value is not allowed.
  std::function<bool(settings&, const caf::config_value&)> set;
};

/// All options, in the order of the reference page.
[[nodiscard]] const std::vector<option>& options();

/// The option with that name, or null.
[[nodiscard]] const option* find_option(std::string_view name);

} // namespace usher::node
