#pragma once

#include "node/settings.hpp"

#include <caf/settings.hpp>

#include <optional>
#include <stdexcept>
#include <string>

namespace usher::node {

/// The configuration makes no sense. The text names the option and what is allowed.
class bad_configuration : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

/// What a node is started with.
struct configuration {
  settings node;
  caf::settings actor_system; ///< CAF's own options, e.g. `caf.scheduler.max-threads`
};

/// Reads a file in CAF's configuration format over the defaults. Options are at the top level, or together inside
/// `usher { … }`; whatever is inside `caf { … }` is CAF's. Throws `bad_configuration`.
[[nodiscard]] configuration read_configuration(const std::string& path);

/// The same for text in memory; `origin` names it for people.
[[nodiscard]] configuration parse_configuration(const std::string& text, const std::string& origin);

/// Sets one option from a flag or the environment, where everything is text. Throws `bad_configuration`, which names
/// the source by `origin`.
void set_option(settings& into, const std::string& name, const std::string& value, const std::string& origin);

/// The value of USHER_ADMIN_KEY, if it is set and not empty.
[[nodiscard]] std::optional<std::string> admin_key_of_environment();

/// Reads the operators' key and the shop's secret from files of their own, where options name some and the secret is
/// not given otherwise. Throws `bad_configuration`.
void read_secret_files(settings& into);

/// A sentence for people when this file contains a secret and others than its owner may read it.
[[nodiscard]] std::optional<std::string> careless_secret(const std::string& path, const settings& in_file);

/// Checks options against each other: throws `bad_configuration` when they contradict each other.
void check_together(const settings& all);

/// The reference page of all options, in Markdown.
[[nodiscard]] std::string reference_page();

} // namespace usher::node
