#include "node/configuration.hpp"

#include "cluster/link/link_address.hpp"
#include "cluster/link/link_settings.hpp"
#include "node/endpoint.hpp"
#include "node/option_kinds.hpp"
#include "node/option_table.hpp"
#include "persistence/booking_store.hpp"
#include "persistence/store_url.hpp"

#include <caf/actor_system_config.hpp>
#include <caf/config_value.hpp>
#include <caf/error.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace usher::node {
namespace {

[[noreturn]] void refuse(const option& what, const std::string& given, const std::string& origin) {
  auto unit = what.unit.empty() ? "" : " " + what.unit;
  auto value = what.secret ? "" : " = " + given;
  throw bad_configuration{origin + ": " + what.name + value + ": must be " + what.bounds + unit};
}

std::string decimal(const std::string& text, const std::string& origin) {
  try {
    return with_decimal_numbers(text);
  } catch (const std::invalid_argument& why) {
    throw bad_configuration{origin + ": " + why.what()};
  }
}

void set_from_file(settings& into, const std::string& name, const caf::config_value& value, const std::string& origin) {
  auto known = find_option(name);
  if (!known)
    throw bad_configuration{origin + ": there is no option " + name
                            + " (`usher node --print-options` lists all of them)"};
  if (!known->set(into, value))
    refuse(*known, to_string(value), origin);
}

/// Sets everything below `prefix`; groups may be nested or dotted.
void set_group(settings& into, const caf::settings& group, const std::string& prefix, const std::string& origin) {
  for (auto& [key, value] : group) {
    auto name = prefix + key;
    if (auto inner = caf::get_if<caf::settings>(&value))
      set_group(into, *inner, name + ".", origin);
    else
      set_from_file(into, name, value, origin);
  }
}

} // namespace

configuration parse_configuration(const std::string& text, const std::string& origin) {
  // CAF's reader does not complain when the text ends inside a group; but then this last line is not at the top level.
  constexpr char last_key[] = "end-of-file";
  std::istringstream source{decimal(text, origin) + "\n" + last_key + " = true\n"};
  auto content = caf::actor_system_config::parse_config(source);
  if (!content)
    throw bad_configuration{origin + ": not in CAF's configuration format: " + to_string(content.error())};
  if (!content->contains(last_key))
    throw bad_configuration{origin
                            + ": a group has no closing brace, or a name has a dot: write `http { threads = 2 }`, "
                              "not `http.threads = 2`"};
  configuration result;
  for (auto& [key, value] : *content) {
    auto group = caf::get_if<caf::settings>(&value);
    if (key == last_key)
      continue;
    if (!group)
      set_from_file(result.node, key, value, origin);
    else if (key == "caf")
      result.actor_system.emplace(key, value);
    else
      set_group(result.node, *group, key == "usher" ? "" : key + ".", origin);
  }
  return result;
}

configuration read_configuration(const std::string& path) {
  std::ifstream file{path};
  std::error_code unknown;
  if (!file || std::filesystem::is_directory(path, unknown))
    throw bad_configuration{path + ": cannot be read"};
  std::ostringstream text;
  text << file.rdbuf();
  if (file.bad())
    throw bad_configuration{path + ": cannot be read to its end"};
  return parse_configuration(text.str(), path);
}

void set_option(settings& into, const std::string& name, const std::string& value, const std::string& origin) {
  auto known = find_option(name);
  if (!known)
    throw bad_configuration{origin + ": there is no option " + name};
  auto parsed = value == "true" || value == "false" ? caf::config_value{value == "true"} : caf::config_value{value};
  if (!known->set(into, parsed))
    refuse(*known, value, origin);
}

std::optional<std::string> admin_key_of_environment() {
  auto value = std::getenv("USHER_ADMIN_KEY");
  if (!value || !*value)
    return std::nullopt;
  return value;
}

namespace {

/// What the file contains, without the line's end that editors add.
std::string secret_in(const std::string& path, const char* option_name) {
  std::ifstream file{path};
  std::ostringstream text;
  std::error_code unknown;
  if (!file || std::filesystem::is_directory(path, unknown) || !(text << file.rdbuf()))
    throw bad_configuration{std::string{option_name} + " = " + path + ": must be a readable file"};
  auto secret = text.str();
  while (secret.ends_with('\n') || secret.ends_with('\r'))
    secret.pop_back();
  return secret;
}

} // namespace

void read_secret_files(settings& into) {
  if (!into.admin_key_file.empty() && into.gateway.admin_key.empty())
    set_option(into, "admin.key", secret_in(into.admin_key_file, "admin.key-file"), into.admin_key_file);
  if (into.auth.shop_secret_file.empty())
    return;
  if (!into.auth.shop_secret.empty())
    throw bad_configuration{"auth.shop-secret and auth.shop-secret-file: set only one of them"};
  set_option(into, "auth.shop-secret", secret_in(into.auth.shop_secret_file, "auth.shop-secret-file"),
             into.auth.shop_secret_file);
}

std::optional<std::string> careless_secret(const std::string& path, const settings& in_file) {
  using std::filesystem::perms;
  std::error_code unknown;
  auto allowed = std::filesystem::status(path, unknown).permissions();
  if (unknown || (allowed & (perms::group_read | perms::others_read)) == perms::none)
    return std::nullopt;
  const char* secret = !in_file.gateway.admin_key.empty()                              ? "admin.key"
                       : !in_file.auth.shop_secret.empty()                             ? "auth.shop-secret"
                       : persistence::without_password(in_file.store) != in_file.store ? "the password in store.url"
                                                                                       : nullptr;
  if (secret == nullptr)
    return std::nullopt;
  return path + ": other users of this machine may read it, and it contains " + secret
         + ": chmod 600, or keep it in a "
           "file of its own";
}

namespace {

void check_cluster(const settings& all) {
  const auto& name = all.cluster.name;
  const auto& link = all.cluster.link;
  const auto& address = all.cluster.address;
  if (!name.empty() && persistence::sqlite_file_of(all.store))
    throw bad_configuration{"cluster.name = " + name
                            + ": a cluster needs PostgreSQL, and store.url is an SQLite file, which one node serves"};
  if (auto why = cluster::objection_to(link))
    throw bad_configuration{*why};
  if (!address.empty() && link.listen.empty())
    throw bad_configuration{"cluster.address = " + address + ": needs cluster.listen"};
  if (link.listen.empty())
    return;
  if (name.empty())
    throw bad_configuration{"cluster.listen = " + link.listen + ": needs cluster.name, or there are no other nodes"};
  auto told = cluster::parse_link_address(address.empty() ? link.listen : address).value();
  if (told.port == 0 || is_everywhere(told))
    throw bad_configuration{"cluster.address: must be set, to an address by which others can reach this node, which "
                            + to_string(told) + " is not"};
}

} // namespace

void check_together(const settings& all) {
  if (!all.auth.shop_secret.empty() && !all.auth.shop_public_key_file.empty())
    throw bad_configuration{"auth.shop-secret and auth.shop-public-key-file: set only one of them"};
  auto& gateway = all.gateway;
  // The gateway checks, too, but only after a node without a key has made one up.
  if (gateway.admin_key.empty() && !is_loopback(gateway.operators))
    throw bad_configuration{"admin.key: must be set when admin.address is not a loopback address"};
  if (gateway.buyers.port != 0 && to_string(gateway.buyers) == to_string(gateway.operators))
    throw bad_configuration{"http.address and admin.address: must differ"};
  if (gateway.proxy_protocol && gateway.trusted_proxies.empty())
    throw bad_configuration{"http.proxy-protocol: needs http.trusted-proxies, or nobody could connect"};
  check_cluster(all);
  if (!gateway::can_read_all(gateway))
    throw bad_configuration{
        "http.max-incoming-bytes: half of it must be at least twice admin.max-body-bytes, and divided by http.threads "
        "at least twice http.max-body-bytes and http.max-frame-bytes"};
}

std::string reference_page() {
  std::ostringstream page;
  page << "# Configuration\n\n"
          "What `usher node --config FILE` reads: CAF's configuration format, with a group for each part of a name, at "
          "the top level or\nall together inside of `usher { … }`. Flags win over the file. A value out of bounds, or "
          "an option that is not listed here,\nstops the start. CAF's own options (`caf { scheduler { … } }`) may "
          "stand in the same file; Usher starts with one scheduler\nthread and the policy `sharing`.\n\n"
          "The password for PostgreSQL need not stand in `store.url` or on a command line: `PGPASSWORD`, `PGPASSFILE` "
          "and\n`~/.pgpass` count as they do for psql.\n\n"
          "```\nhttp {\n  address = \"0.0.0.0:8080\"\n  max-connections = 50000\n}\n"
          "store {\n  url = \"sqlite:/var/lib/usher/usher.db\"\n}\n```\n\n"
          "This page is written by `usher node --print-options`; a test compares them.\n\n"
          "| option | what it does | allowed | unit | default |\n|---|---|---|---|---|\n";
  settings defaults;
  for (auto& each : options()) {
    auto value = each.show(defaults);
    page << "| `" << each.name << "` | " << each.sentence << " | " << each.bounds << " | " << each.unit << " | "
         << (value == "\"\""                 ? "none"
             : value.find(' ') == value.npos ? "`" + value + "`"
                                             : value)
         << " |\n";
  }
  return page.str();
}

} // namespace usher::node
