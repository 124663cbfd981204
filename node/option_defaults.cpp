#include "node/option_defaults.hpp"

#include "log/log.hpp"
#include "node/configuration.hpp"
#include "persistence/store_url.hpp"

#include <algorithm>
#include <fstream>
#include <optional>
#include <sstream>
#include <string_view>
#include <utility>
#include <vector>

namespace usher::node {
namespace {

constexpr std::size_t shop_keys_max = 16;

std::string text_of_file(const std::string& path, const char* option_name) {
  std::ifstream file{path};
  std::ostringstream text;
  if (!file || !(text << file.rdbuf()))
    throw bad_configuration{std::string{option_name} + " = " + path + ": must be a readable file"};
  return text.str();
}

/// What may stand before the `=` of `KID=FILE`.
bool is_key_id(std::string_view text) {
  return !text.empty() && text.size() <= 64 && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_'
           || c == '.';
  });
}

codec::shop_key key_of_list(const std::string& entry) {
  constexpr const char* option_name = "auth.shop-key-files";
  auto sign = entry.find('=');
  auto named = sign != std::string::npos && is_key_id(std::string_view{entry}.substr(0, sign));
  codec::shop_key result;
  if (named)
    result.id = entry.substr(0, sign);
  auto path = named ? entry.substr(sign + 1) : entry;
  result.key = text_of_file(path, option_name);
  if (result.key.starts_with("-----BEGIN ")) {
    result.algorithm = codec::token_algorithm::rs256;
    return result;
  }
  while (result.key.ends_with('\n') || result.key.ends_with('\r'))
    result.key.pop_back();
  if (result.key.size() < 32 || result.key.size() > 1024)
    throw bad_configuration{std::string{option_name} + " = " + path
                            + ": must contain a public key in PEM, or a secret of 32 to 1024 bytes"};
  return result;
}

std::vector<codec::shop_key> shop_keys_of(const auth_settings& auth) {
  std::vector<codec::shop_key> result;
  if (!auth.shop_secret.empty())
    result.push_back({codec::token_algorithm::hs256, auth.shop_secret, std::nullopt});
  else if (!auth.shop_public_key_file.empty())
    result.push_back({codec::token_algorithm::rs256,
                      text_of_file(auth.shop_public_key_file, "auth.shop-public-key-file"), std::nullopt});
  for (const auto& entry : auth.shop_key_files)
    result.push_back(key_of_list(entry));
  if (result.size() > shop_keys_max)
    throw bad_configuration{"auth.shop-key-files: a shop has at most 16 keys at a time"};
  if (!auth.shop_audience.empty())
    for (auto& one : result)
      one.audience = auth.shop_audience;
  return result;
}

} // namespace

gateway::options gateway_options_for(const settings& all) {
  auto result = all.gateway;
  result.shop = shop_keys_of(all.auth);
  result.anonymous = all.auth.anonymous.value_or(result.shop.empty());
  if (!all.auth.anonymous && result.anonymous)
    log::of("node").warn("no key of a shop is set (auth.shop-secret, auth.shop-public-key-file, "
                         "auth.shop-key-files): anybody gets a buyer's token");
  if (auto warning = careless_trust(result.trusted_proxies))
    log::of("node").warn("{}", *warning);
  if (result.shop.empty() && !result.anonymous)
    throw bad_configuration{"auth.anonymous = false: needs auth.shop-secret, auth.shop-public-key-file or "
                            "auth.shop-key-files, else nobody can buy"};
  return result;
}

std::optional<std::string> fit_connections(gateway::options& gateway, std::size_t open_files_max) {
  // Those that are turned away need one each, too, and a store, its watch and a few files of their own.
  constexpr std::size_t reserve = 256;
  auto others = gateway.operators_connections_max + reserve;
  auto most = open_files_max > others ? open_files_max - others : 1;
  if (gateway.connections_max <= most)
    return std::nullopt;
  auto wanted = std::exchange(gateway.connections_max, most);
  return "http.max-connections = " + std::to_string(wanted) + ": this process may open only "
         + std::to_string(open_files_max) + " files, so there will be " + std::to_string(most)
         + " connections of buyers at most (ulimit -n, or LimitNOFILE= of systemd, raises that)";
}

std::optional<std::string> careless_trust(const std::vector<std::string>& trusted_proxies) {
  for (const auto& network : trusted_proxies)
    if (network.ends_with("/0"))
      return "http.trusted-proxies: " + network
             + " is everybody, so each client may write into X-Forwarded-For whatever address it likes to be counted "
               "as";
  return std::nullopt;
}

payments::sandbox_settings sandbox_settings_for(const settings& all) {
  auto result = all.payments;
  if (!result.ledger)
    result.ledger = persistence::sqlite_file_of(all.store).value_or("usher") + ".payments";
  return result;
}

void warn_of_sandbox(const settings& all) {
  log::of("node").warn("payments: no provider is connected. The sandbox takes every payment and moves no money: do not "
                       "sell anything real with it");
  if (all.payments.magic_methods)
    log::of("node").warn("payments.sandbox.magic-methods: buyers choose themselves whether their payment succeeds");
}

} // namespace usher::node
