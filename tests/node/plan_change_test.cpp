#define CAF_SUITE node.plan_change

#include "tests/node/running.hpp"

#include "bench/temporary_directory.hpp"
#include "caf/test/bdd_dsl.hpp"
#include "crowd/http_client.hpp"
#include "node/application.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <string>
#include <vector>

using namespace usher::node;
namespace json = boost::json;

namespace {

/// A hall with these seats in each section, one row each.
std::string hall(const std::vector<std::pair<std::string, std::vector<std::string>>>& sections) {
  json::array zones;
  for (const auto& [name, guids] : sections) {
    json::array seats;
    for (const auto& guid : guids)
      seats.push_back({{"seat_guid", guid},
                       {"seat_number", guid},
                       {"position", {{"x", seats.size()}, {"y", 0}}},
                       {"category", "All"}});
    json::array rows{{{"row_number", "1"}, {"position", {{"x", 0}, {"y", 0}}}, {"seats", std::move(seats)}}};
    zones.push_back({{"name", name}, {"position", {{"x", 0}, {"y", 0}}}, {"rows", std::move(rows)}});
  }
  return json::serialize(
      json::value{{"name", "Hall"}, {"categories", json::array{{{"name", "All"}}}}, {"zones", std::move(zones)}});
}

/// A node with an operator and a buyer.
struct house {
  usher::bench::temporary_directory folder;
  application node{testing::configuration_in(folder.path()), [](const std::string&) {}};
  usher::crowd::http_client operators{{"127.0.0.1", node.operators().port}};
  usher::crowd::http_client buyers{{"127.0.0.1", node.buyers().port}};
  unsigned status = 0; ///< of the last answer
  std::string token;

  house() { token = buy("POST", "/v1/sessions", "{}").at("token").as_string().c_str(); }

  json::value call(usher::crowd::http_client& client, usher::crowd::http_request request, const std::string& bearer) {
    if (!bearer.empty())
      request.headers.emplace_back("Authorization", "Bearer " + bearer);
    auto answer = client.call(std::move(request));
    status = answer.status;
    return answer.body.empty() ? json::value{} : json::parse(answer.body);
  }
  json::value buy(std::string method, std::string target, std::string body = {}) {
    return call(buyers, {std::move(method), std::move(target), std::move(body), {}}, token);
  }
  json::value operate(std::string method, std::string target, std::string body = {}) {
    return call(operators, {std::move(method), std::move(target), std::move(body), {}}, node.admin_key());
  }
  json::value put(const std::string& plan) {
    return operate("PUT", "/admin/v1/events/rock",
                   R"({"name":"Rock","waiting_room":false,"state":"open","prices":{"All":100},"plan":)" + plan + "}");
  }
  std::string looks(const std::string& section) {
    auto seats = buy("GET", "/v1/events/rock/sections/" + section + "/seats");
    return json::serialize(seats.at("seats")) + " " + seats.at("status").as_string().c_str();
  }
};

} // namespace

SCENARIO("an operator changes the plan in the middle of a sale") {
  GIVEN("a hall in which one seat is held") {
    house it;
    it.put(hall({{"a", {"A1", "A2", "A3"}}, {"b", {"B1", "B2"}}}));
    CHECK_EQ(it.status, 201u);
    auto held = it.buy("POST", "/v1/events/rock/holds", R"({"seats":["A2"]})");
    REQUIRE_EQ(it.status, 201u);
    THEN("a plan that drops it is refused by name, and one that keeps it is taken") {
      auto refused = it.put(hall({{"a", {"A1", "A3"}}, {"b", {"B1", "B2"}}}));
      CHECK_EQ(it.status, 409u);
      CHECK(refused.at("type").as_string().ends_with("plan-in-use"));
      CHECK_EQ(json::serialize(refused.at("seats")), R"(["A2"])");
      CHECK(std::string{refused.at("detail").as_string().c_str()}.find("within 5 minutes") != std::string::npos);
      CHECK_EQ(it.looks("a"), R"(["A1","A2","A3"] .H.)");

      auto changed = it.put(hall({{"b", {"A3", "B2"}}, {"a", {"A4", "A2"}}}));
      CHECK_EQ(it.status, 200u);
      CHECK_EQ(changed.at("sections").at(0).at("id").as_string(), "b");
      CHECK_EQ(changed.at("sections").at(1).at("capacity").to_number<int>(), 2);
      CHECK_EQ(it.looks("a"), R"(["A4","A2"] .H)");
      CHECK_EQ(it.looks("b"), R"(["A3","B2"] ..)");
      it.buy("POST", "/v1/events/rock/holds", R"({"seats":["B1"]})");
      CHECK_EQ(it.status, 404u);
      it.buy("POST", "/v1/events/rock/holds", R"({"seats":["A3","A4"]})");
      CHECK_EQ(it.status, 201u);
      CHECK_EQ(it.looks("b"), R"(["A3","B2"] H.)");
      auto same = it.buy("GET", std::string{"/v1/holds/"} + held.at("hold").as_string().c_str());
      CHECK_EQ(same.at("seats").at(0).at("guid").as_string(), "A2");
      CHECK_EQ(it.operate("GET", "/admin/v1/events/rock/audit").at("audit").as_string(), "ok");
    }
  }
}
