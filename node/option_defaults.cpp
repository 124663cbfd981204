#include "node/option_defaults.hpp"

#include "log/log.hpp"
#include "node/configuration.hpp"
#include "node/endpoint.hpp"
#include "persistence/store_url.hpp"

#include <fstream>
#include <optional>
#include <sstream>

namespace usher::node {
namespace {

codec::shop_key key_of_file(const std::string& path) {
  std::ifstream file{path};
  std::ostringstream text;
  if (!file || !(text << file.rdbuf()))
    throw bad_configuration{"auth.shop-public-key-file = " + path + ": must be a readable file"};
  return {codec::token_algorithm::rs256, text.str(), std::nullopt};
}

std::optional<codec::shop_key> shop_key_of(const auth_settings& auth) {
  std::optional<codec::shop_key> result;
  if (!auth.shop_secret.empty())
    result = codec::shop_key{codec::token_algorithm::hs256, auth.shop_secret, std::nullopt};
  else if (!auth.shop_public_key_file.empty())
    result = key_of_file(auth.shop_public_key_file);
  if (result && !auth.shop_audience.empty())
    result->audience = auth.shop_audience;
  return result;
}

} // namespace

gateway::options gateway_options_for(const settings& all) {
  auto result = all.gateway;
  result.shop = shop_key_of(all.auth);
  result.anonymous = all.auth.anonymous.value_or(!result.shop);
  if (!all.auth.anonymous && result.anonymous)
    log::of("node").warn("no key of a shop is set (auth.shop-secret, auth.shop-public-key-file): anybody gets a "
                         "buyer's token");
  if (!result.shop && !result.anonymous)
    throw bad_configuration{"auth.anonymous = false: needs auth.shop-secret or auth.shop-public-key-file, else nobody "
                            "can buy"};
  return result;
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

void warn_of_clear_text(const settings& all) {
  auto warn = [](const char* option, const endpoint& place, const char* secrets) {
    if (!is_loopback(place))
      log::of("node").warn(
          "{} = {}: this port speaks plain HTTP, so {} can be read and changed on the way. Put a proxy "
          "that speaks TLS in front of it (docs/operating/in-front.md), on this machine or in a "
          "network that nobody else can listen in",
          option, to_string(place), secrets);
  };
  warn("http.address", all.gateway.buyers, "buyers' tokens, passes and tickets");
  warn("admin.address", all.gateway.operators, "the admin key");
}

} // namespace usher::node
