#define CAF_SUITE node.application

#include "node/application.hpp"

#include "tests/node/running.hpp"

#include "bench/temporary_directory.hpp"
#include "caf/test/bdd_dsl.hpp"
#include "crowd/http_client.hpp"
#include "gateway/listener.hpp"
#include "node/admin_client.hpp"
#include "node/option_defaults.hpp"
#include "node/plan_files.hpp"
#include "persistence/booking_store.hpp"

#include <boost/json/object.hpp>

#include <chrono>
#include <fstream>

#include <sqlite3.h>

using namespace usher::node;
using testing::configuration_in;
using usher::bench::temporary_directory;

namespace {

void ignore(std::string) {}

std::string url_of(const usher::gateway::listen_address& place) {
  return "http://" + place.host + ":" + std::to_string(place.port);
}

} // namespace

SCENARIO("a node starts, serves and stops in one process, again and again") {
  GIVEN("an empty store") {
    temporary_directory place;
    {
      application node{configuration_in(place.path()), ignore};
      CHECK_NE(node.buyers().port, 0);
      CHECK_NE(node.operators().port, node.buyers().port);
      usher::crowd::http_client client{{"127.0.0.1", node.buyers().port}};
      CHECK_EQ(client.call({.target = "/readyz"}).status, 200u);
      admin_client operators{url_of(node.operators()), node.admin_key()};
      auto plan = read_plan_file("theatre");
      operators.put("/admin/v1/events/opera", event_document({{"name", "Opera"}}, plan.text));
      node.stop();
      node.stop();
    }
    WHEN("another one starts on the same store") {
      application node{configuration_in(place.path()), ignore};
      admin_client operators{url_of(node.operators()), node.admin_key()};
      CHECK_EQ(operators.get("/admin/v1/events/opera").at("name").as_string(), "Opera");
    }
  }
}

SCENARIO("a port in use is an error, and the next start succeeds") {
  GIVEN("a node") {
    temporary_directory first_place, second_place;
    auto wanted = configuration_in(second_place.path());
    {
      application first{configuration_in(first_place.path()), ignore};
      wanted.node.gateway.buyers.port = first.buyers().port;
      CHECK_THROWS_AS((application{wanted, ignore}), usher::gateway::cannot_listen);
    }
    application second{wanted, ignore};
    CHECK_EQ(second.buyers().port, wanted.node.gateway.buyers.port);
  }
}

SCENARIO("a store that cannot be used is an error") {
  GIVEN("a file that is no database, and an address where nobody is") {
    temporary_directory place;
    auto wanted = configuration_in(place.path());
    std::ofstream{place.path() / "usher.db"} << "certainly not a database, however long one looks at it";
    CHECK_THROWS_AS((application{wanted, ignore}), usher::persistence::store_broken);
    wanted.node.store = "postgres://usher@127.0.0.1:1/usher";
    CHECK_THROWS_AS((application{wanted, ignore}), usher::persistence::store_unavailable);
  }
}

SCENARIO("a node whose store answers but takes no facts is not ready until it takes them again") {
  GIVEN("a node with an event, and somebody who locks its store") {
    temporary_directory place;
    application node{configuration_in(place.path()), ignore};
    admin_client operators{url_of(node.operators()), node.admin_key()};
    auto plan = read_plan_file("theatre");
    operators.put("/admin/v1/events/opera", event_document({{"name", "Opera"}}, plan.text));
    sqlite3* other = nullptr;
    CHECK_EQ(sqlite3_open((place.path() / "usher.db").c_str(), &other), SQLITE_OK);
    CHECK_EQ(sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr), SQLITE_OK);
    CHECK_THROWS_AS(operators.patch("/admin/v1/events/opera", {{"hold_ttl_s", 120}}), refused);
    auto ready_answers = [&](unsigned status) {
      usher::crowd::http_client client{{"127.0.0.1", node.buyers().port}};
      auto until = std::chrono::steady_clock::now() + std::chrono::seconds{20};
      while (std::chrono::steady_clock::now() < until)
        if (client.call({.target = "/readyz"}).status == status)
          return true;
      return false;
    };
    CHECK(ready_answers(503));
    sqlite3_close(other);
    CHECK(ready_answers(200));
  }
}

SCENARIO("keys of a shop decide who is believed") {
  GIVEN("settings with and without one") {
    settings none;
    CHECK(gateway_options_for(none).anonymous);
    settings secret;
    secret.auth.shop_secret = std::string(32, 's');
    CHECK(!gateway_options_for(secret).anonymous);
    secret.auth.anonymous = true;
    CHECK(gateway_options_for(secret).anonymous);
    settings nobody;
    nobody.auth.anonymous = false;
    CHECK_THROWS_AS(gateway_options_for(nobody), bad_configuration);
    settings file;
    file.auth.shop_public_key_file = "/no/such/file";
    CHECK_THROWS_AS(gateway_options_for(file), bad_configuration);
    temporary_directory place;
    auto path = (place.path() / "shop=key").string();
    std::ofstream{path} << std::string(40, 'k') << '\n';
    settings several;
    several.auth.shop_secret = std::string(32, 's');
    several.auth.shop_key_files = {path, "2027=" + path};
    several.auth.shop_audience = "usher";
    auto keys = gateway_options_for(several).shop;
    CHECK_EQ(keys.size(), 3u);
    CHECK_EQ(keys.at(1).id, "");
    CHECK_EQ(keys.at(2).id, "2027");
    CHECK_EQ(keys.at(2).key, std::string(40, 'k'));
    CHECK_EQ(keys.at(2).audience.value_or(""), "usher");
    CHECK(!gateway_options_for(several).anonymous);
    std::ofstream{path} << "short";
    CHECK_THROWS_AS(gateway_options_for(several), bad_configuration);
    several.auth.shop_key_files = {"2027=/no/such/file"};
    CHECK_THROWS_AS(gateway_options_for(several), bad_configuration);
  }
}

SCENARIO("no more connections are promised than the system allows") {
  GIVEN("a node that is to have 100,000") {
    usher::gateway::options wanted;
    wanted.connections_max = 100'000;
    CHECK(!fit_connections(wanted, 1'000'000));
    CHECK_EQ(wanted.connections_max, 100'000u);
    auto warning = fit_connections(wanted, 4096);
    REQUIRE(warning.has_value());
    CHECK(testing::contains(*warning, "http.max-connections = 100000"));
    CHECK_LT(wanted.connections_max, 4096u);
    CHECK_GT(wanted.connections_max, 3000u);
    CHECK(fit_connections(wanted, 10).has_value());
    CHECK_EQ(wanted.connections_max, 1u);
  }
}

SCENARIO("trusting everybody about addresses is warned of") {
  CHECK(!careless_trust({"10.0.0.0/8", "::1"}));
  CHECK(careless_trust({"10.0.0.0/8", "0.0.0.0/0"}).has_value());
  CHECK(careless_trust({"::/0"}).has_value());
}

SCENARIO("the sandbox keeps its account book beside the store") {
  GIVEN("settings with several stores") {
    settings all;
    CHECK_EQ(sandbox_settings_for(all).ledger->string(), "usher.db.payments");
    all.store = "postgres://host/db";
    CHECK_EQ(sandbox_settings_for(all).ledger->string(), "usher.payments");
    all.payments.ledger = "book";
    CHECK_EQ(sandbox_settings_for(all).ledger->string(), "book");
  }
}
