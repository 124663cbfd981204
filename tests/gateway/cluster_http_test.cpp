#define CAF_SUITE gateway.cluster_http

#include "log/captured_log.hpp"
#include "tests/gateway/served.hpp"

#include <caf/test/bdd_dsl.hpp>

#include <fmt/format.h>

using namespace usher;
using namespace usher::tests;
using gateway::cluster_call;
using gateway::cluster_conflict;

namespace {

const std::string cluster = "/admin/v1/cluster";

struct fixture : served {
  http_client http{operators()};

  http_answer call(const std::string& method, const std::string& target, const std::string& body = {}) {
    return http.call(method, target, body, operators_key);
  }
};

std::string detail_of(const http_answer& answer) {
  return std::string{answer.json().at("detail").as_string()};
}

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("each call about the cluster asks the node, which says how the nodes stand") {
  GIVEN("a node that answers") {
    struct {
      std::string method, target;
      cluster_call what;
      std::string node;
    } const calls[]{{"GET", cluster, cluster_call::status, ""},
                    {"POST", cluster + "/nodes/b/drain", cluster_call::drain, "b"},
                    {"POST", cluster + "/nodes/b.2_c-d/undrain", cluster_call::undrain, "b.2_c-d"},
                    {"POST", cluster + "/rebalance", cluster_call::rebalance, ""}};
    std::size_t asked = 0;
    for (const auto& one : calls) {
      desk->answer_with(R"({"seen_by":")" + one.target + R"("})");
      auto answer = call(one.method, one.target, one.method == "GET" ? "" : "{}");
      CHECK_EQ(answer.status, 200u);
      CHECK_EQ(answer.headers.at("content-type"), "application/json");
      CHECK_EQ(answer.json().at("seen_by").as_string(), one.target);
      auto heard = desk->heard();
      REQUIRE_EQ(heard.size(), ++asked);
      CHECK(heard.back().what == one.what);
      CHECK_EQ(heard.back().node, one.node);
      CHECK_EQ(fmt::format("{:016x}", heard.back().trace.value()), answer.headers.at("usher-request-id"));
    }
    CHECK_EQ(call("POST", cluster + "/rebalance").status, 200u); // without a body
  }
}

SCENARIO("what cannot be done is told with its reason") {
  GIVEN("a node that objects") {
    auto drained = [&](gateway::cluster_answer why) {
      desk->answer_with(std::move(why));
      return call("POST", cluster + "/nodes/b/drain");
    };
    auto unknown = drained(domain::refusal{.reason = domain::rejection::not_found, .detail = "Nobody is called b."});
    CHECK_EQ(unknown.status, 404u);
    CHECK_EQ(unknown.slug(), "not-found");
    CHECK_EQ(detail_of(unknown), "Nobody is called b.");
    auto conflict = drained(cluster_conflict{"It is the last one."});
    CHECK_EQ(conflict.status, 409u);
    CHECK_EQ(conflict.headers.at("content-type"), "application/problem+json");
    CHECK_EQ(conflict.json().at("type").as_string(), "about:blank");
    CHECK_EQ(conflict.json().at("title").as_string(), "Conflict");
    CHECK_EQ(detail_of(conflict), "It is the last one.");
    auto away = drained(domain::refusal{.reason = domain::rejection::store_unavailable, .detail = "It is away."});
    CHECK_EQ(away.status, 503u);
    CHECK_EQ(away.slug(), "store-unavailable");
    CHECK(away.headers.contains("retry-after"));
    CHECK_EQ(call("GET", cluster).status, 503u);
  }
}

SCENARIO("nobody asks the node who may not, or not so") {
  GIVEN("calls that are wrong in one way each") {
    CHECK_EQ(http_client{operators()}.call("POST", cluster + "/nodes/b/drain").status, 401u);
    CHECK_EQ(http_client{operators()}.call("GET", cluster).status, 401u);
    http_client buyer{port()};
    CHECK_EQ(buyer.call("GET", cluster, {}, operators_key).status, 404u);
    CHECK_EQ(buyer.call("POST", cluster + "/rebalance", {}, operators_key).status, 404u);
    auto wrong_method = call("GET", cluster + "/nodes/b/drain");
    CHECK_EQ(wrong_method.status, 405u);
    CHECK_EQ(wrong_method.headers.at("allow"), "POST");
    CHECK_EQ(call("POST", cluster).status, 405u);
    for (const auto* what : {"/nodes/b/drain", "/nodes/b/undrain", "/rebalance"}) {
      CHECK_EQ(call("POST", cluster + what, "[3]").slug(), "bad-request");
      CHECK_EQ(http.call("POST", cluster + what, "now", {operators_key[0], {"Content-Type", "text/plain"}}).status,
               415u);
    }
    for (const auto* nowhere : {"/nodes/b", "/nodes//drain", "/nodes/b/c/drain", "/nodes"})
      CHECK_EQ(call("POST", cluster + nowhere).status, 404u);
    CHECK(desk->heard().empty());
  }
  GIVEN("a node that knows of no cluster") {
    auto with = parts();
    with.cluster = {};
    gateway::server alone{quick_options(), std::move(with)};
    alone.start();
    http_client boss{alone.operators_port()};
    CHECK_EQ(boss.call("GET", cluster, {}, operators_key).slug(), "not-found");
    CHECK_EQ(boss.call("POST", cluster + "/rebalance", {}, operators_key).slug(), "not-found");
    CHECK(desk->heard().empty());
  }
}

SCENARIO("who changes the cluster leaves a line in the log, and who looks at it none") {
  GIVEN("an operator") {
    log::captured_log logged{"gateway"};
    served gateway;
    http_client boss{gateway.operators()};
    boss.call("GET", cluster, {}, operators_key);
    CHECK_EQ(logged.count("operator at"), 0);
    auto answer = boss.call("POST", cluster + "/nodes/b/drain", {}, operators_key);
    auto line = "[" + answer.headers.at("usher-request-id") + "] operator at 127.0.0.1: POST " + cluster
                + "/nodes/b/drain : 200";
    CHECK_EQ(logged.count(line), 1);
  }
}

SCENARIO("an operator who waits in vain is told where to look before it is done again") {
  GIVEN("a node that does not answer, and a second for that") {
    auto configured = quick_options();
    configured.operators_timeout = std::chrono::seconds{1};
    served gateway{configured};
    gateway.desk->answer_with(std::nullopt);
    http_client boss{gateway.operators()};
    for (const auto* what : {"/nodes/b/drain", "/rebalance"}) {
      auto drained = boss.call("POST", cluster + what, {}, operators_key);
      CHECK_EQ(drained.status, 504u);
      CHECK_NE(detail_of(drained).find("ask with GET /admin/v1/cluster before you repeat it."), std::string::npos);
    }
    CHECK_NE(detail_of(boss.call("GET", cluster, {}, operators_key)).find("Nothing has changed by it"),
             std::string::npos);
    gateway.desk->answer_with(R"({"nodes":[]})"); // also to those who have given up
    CHECK_EQ(boss.call("GET", cluster, {}, operators_key).status, 200u);
  }
}

END_FIXTURE_SCOPE()
