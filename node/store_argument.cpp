#include "node/store_argument.hpp"

#include "node/option_table.hpp"
#include "node/settings.hpp"

#include <caf/config_value.hpp>

#include <CLI/CLI.hpp>

namespace usher::node {

CLI::Option* declare_store(CLI::App& verb, std::string& store, const std::string& sentence) {
  auto allowed = [](const std::string& url) {
    const auto* known = find_option("store.url");
    settings scratch;
    return known->set(scratch, caf::config_value{url}) ? std::string{} : "must be " + known->bounds;
  };
  return verb.add_option("--store", store, sentence)->check(allowed);
}

} // namespace usher::node
