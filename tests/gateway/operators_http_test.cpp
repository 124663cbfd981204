#define CAF_SUITE gateway.operators_http

#include "codec/openapi.hpp"
#include "gateway/http/routes.hpp"
#include "log/captured_log.hpp"
#include "tests/gateway/served.hpp"

#include <boost/json/parse.hpp>
#include <caf/test/bdd_dsl.hpp>

#include <algorithm>
#include <set>

using namespace usher;
using namespace usher::tests;

namespace {

struct fixture : served {
  http_client http{operators()};

  http_answer call(const std::string& method, const std::string& target, const std::string& body = {}) {
    return http.call(method, target, body, operators_key);
  }
};

const std::string tiny_plan =
    R"({"name":"Tiny","categories":[{"name":"Gold"}],"zones":[{"name":"Stalls","position":{"x":0,"y":0},"rows":[)"
    R"({"row_number":"1","position":{"x":0,"y":0},"seats":[{"seat_guid":"T-1","seat_number":"1","position":)"
    R"({"x":0,"y":0},"category":"Gold"}]}]}]})";

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("operators need the key") {
  GIVEN("somebody without it") {
    CHECK_EQ(http.call("GET", "/admin/v1/events/rock").slug(), "unauthorized");
    http_client wrong{operators()};
    CHECK_EQ(wrong.call("GET", "/metrics", {}, {{"Authorization", "Bearer guess"}}).status, 401u);
    CHECK_EQ(http_client{port()}.call("GET", "/admin/v1/events/rock", {}, operators_key).status, 404u);
  }
}

SCENARIO("who guesses at the key is slowed down, and noticed once") {
  GIVEN("a gateway, and somebody with wrong keys") {
    log::captured_log logged{"gateway"};
    served gateway;
    auto with = [&](const std::string& key) {
      return http_client{gateway.operators()}.call("GET", "/admin/v1/events", {}, {{"Authorization", "Bearer " + key}});
    };
    for (int i = 0; i < 20; ++i)
      CHECK_EQ(http_client{gateway.operators()}.call("GET", "/admin/v1/events").status, 401u); // no guess
    unsigned wrong = 0;
    while (wrong < 100 && with("guess").status == 401)
      ++wrong;
    CHECK_GE(wrong, 10u);
    CHECK_LT(wrong, 100u);
    auto refused = with("another guess");
    CHECK_EQ(refused.status, 429u);
    CHECK_EQ(with("the operator's key").status, 200u); // who shares the address is not kept out
    CHECK_EQ(refused.headers.at("retry-after"), "1");
    CHECK_EQ(logged.count("key from 127.0.0.1 is wrong"), 1);
    CHECK_EQ(logged.count("guess"), 0);
    await([&] { return with("guess").status == 401; });
  }
}

SCENARIO("each change leaves one line in the log, and readings leave none") {
  GIVEN("an operator who changes an event") {
    log::captured_log logged{"gateway"};
    served gateway;
    http_client boss{gateway.operators()};
    CHECK_EQ(boss.call("GET", "/admin/v1/events/rock", {}, operators_key).status, 200u);
    CHECK_EQ(logged.count("operator at"), 0);
    auto answer = boss.call("PATCH", "/admin/v1/events/rock", "{\n\"state\":\"paused\"}", operators_key);
    CHECK_EQ(answer.status, 200u);
    auto line = "[" + answer.headers.at("usher-request-id")
                + "] operator at 127.0.0.1: PATCH /admin/v1/events/rock { \"state\":\"paused\"}: 200";
    CHECK_EQ(logged.count(line), 1);
    CHECK_EQ(logged.count("operator's key"), 0);
    boss.call("PUT", "/admin/v1/events/rock", R"({"plan":)" + tiny_plan + std::string(1000, ' ') + "}", operators_key);
    CHECK_EQ(logged.count("PUT /admin/v1/events/rock"), 1);
    CHECK_EQ(logged.count(std::string(1000, ' ')), 0);
  }
}

SCENARIO("an audit may take longer than any buyer's request") {
  GIVEN("an audit that goes on while a silent connection of that patience ends") {
    auto configured = quick_options();
    configured.request_timeout = std::chrono::seconds{1};
    configured.idle_timeout = std::chrono::seconds{7};
    served gateway{configured};
    gateway.audits_wait = true;
    http_client silent{gateway.operators()};
    std::string audited;
    std::thread auditor{[&] {
      audited = http_client{gateway.operators()}.call("GET", "/admin/v1/events/rock/audit", {}, operators_key).text;
    }};
    CHECK_EQ(silent.call("GET", "/healthz").status, 200u);
    CHECK_EQ(silent.raw(""), "");
    gateway.waiting_audit();
    auditor.join();
    CHECK_EQ(audited, R"({"event":"rock","audit":"ok"})");
  }
}

SCENARIO("an operator whose request takes too long is told so, and may go on") {
  GIVEN("a second for requests and for audits, and less for buyers' than for a PUT") {
    auto configured = quick_options();
    configured.operators_timeout = std::chrono::seconds{1};
    configured.audit_timeout = std::chrono::seconds{1};
    log::captured_log logged{"gateway"};
    served gateway{configured};
    http_client boss{gateway.operators()};
    auto detail_of = [](const http_answer& answer) {
      CHECK_EQ(answer.status, 504u);
      CHECK_EQ(answer.headers.at("content-type"), "application/problem+json");
      CHECK(!answer.headers.contains("connection"));
      return std::string{answer.json().at("detail").as_string()};
    };
    gateway.notes->puts_wait = true;
    auto put = boss.call("PUT", "/admin/v1/events/rock", R"({"plan":)" + tiny_plan + "}", operators_key);
    // The sweep that ends it comes within a second of its time.
    auto begins_so = [](const std::string& detail) {
      return detail.starts_with("Not answered within 1 s. ") || detail.starts_with("Not answered within 2 s. ");
    };
    auto detail = detail_of(put);
    CHECK(begins_so(detail));
    CHECK(detail.ends_with(" It may still happen, or have happened: ask with GET /admin/v1/events/rock before you "
                           "repeat it."));
    CHECK_EQ(logged.count("PUT /admin/v1/events/rock"), 1);
    CHECK_EQ(boss.call("GET", "/admin/v1/events/rock", {}, operators_key).status, 200u);
    gateway.audits_wait = true;
    detail = detail_of(boss.call("GET", "/admin/v1/events/rock/audit", {}, operators_key));
    CHECK(begins_so(detail));
    CHECK(detail.ends_with(" Nothing has changed by it; ask again later."));
    gateway.waiting_audit(); // which nobody awaits any more
    gateway.audits_wait = false;
    CHECK_EQ(boss.call("GET", "/admin/v1/events/rock/audit", {}, operators_key).text,
             R"({"event":"rock","audit":"ok"})");
  }
  GIVEN("a PUT whose answer is lost long before its time is over") {
    served gateway;
    {
      std::lock_guard guard{gateway.notes->lock};
      gateway.notes->put_fails = caf::make_error(caf::sec::broken_promise);
    }
    http_client boss{gateway.operators()};
    auto put = boss.call("PUT", "/admin/v1/events/rock", R"({"plan":)" + tiny_plan + "}", operators_key);
    CHECK_EQ(put.status, 504u);
    CHECK_EQ(put.json().at("detail").as_string(),
             "The answer was lost. It may still happen, or have happened: ask with GET /admin/v1/events/rock before "
             "you repeat it.");
    CHECK_EQ(boss.call("GET", "/admin/v1/events/rock", {}, operators_key).status, 200u);
  }
  GIVEN("a second for buyers' requests only, and a PUT that is answered after that") {
    auto configured = quick_options();
    configured.request_timeout = std::chrono::seconds{1};
    configured.operators_timeout = std::chrono::seconds{20};
    configured.idle_timeout = std::chrono::seconds{2};
    served gateway{configured};
    gateway.notes->puts_wait = true;
    http_client silent{gateway.operators()};
    CHECK_EQ(silent.call("GET", "/healthz").status, 200u);
    unsigned status = 0;
    std::thread putting{[&] {
      auto body = R"({"plan":)" + tiny_plan + "}";
      status = http_client{gateway.operators()}.call("PUT", "/admin/v1/events/rock", body, operators_key).status;
    }};
    CHECK_EQ(silent.raw(""), ""); // two seconds have passed
    CHECK_EQ(http_client{gateway.operators()}.call("GET", "/admin/v1/events", {}, operators_key).status, 200u);
    putting.join();
    CHECK_EQ(status, 200u);
  }
}

SCENARIO("operators' connections are bounded") {
  GIVEN("room for two, one of which is idle") {
    auto configured = quick_options();
    configured.operators_connections_max = 2;
    served gateway{configured};
    http_client idle{gateway.operators()};
    CHECK_EQ(idle.call("GET", "/healthz").status, 200u);
    http_client silent{gateway.operators()};
    THEN("another takes the idle one's place, and then there is none") {
      http_client other{gateway.operators()};
      CHECK_EQ(idle.raw(""), "");
      http_client late{gateway.operators()};
      CHECK_EQ(late.call("GET", "/admin/v1/events", {}, operators_key).status, 503u);
      CHECK_EQ(other.call("GET", "/admin/v1/events", {}, operators_key).status, 200u);
    }
  }
}

SCENARIO("operators create, change and see events") {
  GIVEN("an operator") {
    auto made = call("PUT", "/admin/v1/events/new",
                     R"({"name":"New","state":"open","prices":{"Gold":100},"plan":)" + tiny_plan + "}");
    CHECK_EQ(made.status, 201u);
    CHECK_EQ(made.json().at("state").as_string(), "open");
    CHECK(notes->plan_put);
    CHECK_EQ(call("PUT", "/admin/v1/events/rock", R"({"name":"Rock","prices":{"Gold":200}})").status, 200u);
    CHECK(!notes->plan_put);
    CHECK_EQ(call("PUT", "/admin/v1/events/rock", "{}").json().at("name").as_string(), small_hall()->name());
    await([&] { return call("GET", "/admin/v1/events/new").status == 200; });
    CHECK_EQ(call("PATCH", "/admin/v1/events/rock", R"({"state":"paused"})").json().at("state").as_string(), "paused");
    CHECK_EQ(call("PATCH", "/admin/v1/events/rock", R"({"colour":"red"})").slug(), "bad-request");
    CHECK_EQ(call("PATCH", "/admin/v1/events/rock", R"({"state":null})").slug(), "bad-request");
    CHECK_EQ(call("PUT", "/admin/v1/events/Bad_Name", "{}").slug(), "bad-request");
    CHECK_EQ(call("PUT", "/admin/v1/events/other", R"({"name":"No plan"})").slug(), "bad-request");
    CHECK_EQ(call("GET", "/admin/v1/events").json().at("events").as_array().size(), 2u);
    CHECK_EQ(call("GET", "/admin/v1/events/rock/report").status, 200u);
    CHECK_EQ(call("POST", "/admin/v1/events/rock/seats/block", R"({"seats":["S-A-1"]})").status, 200u);
    CHECK_EQ(call("POST", "/admin/v1/events/rock/seats/unblock", R"({"seats":["S-A-1"]})").status, 200u);
    CHECK_EQ(call("GET", "/admin/v1/events/rock/audit").json().at("audit").as_string(), "ok");
    CHECK(call("GET", "/metrics").text.find("usher_gateway_http_requests_total") != std::string::npos);
    const std::string order = "rock~0000000000000003"
                              "0000000000000004";
    auto list = call("GET", "/admin/v1/events/rock/orders?state=open&limit=1");
    CHECK_EQ(list.json().at("next").as_string(), order);
    CHECK_EQ(list.json().at("orders").at(0).at("buyer").as_string(), "ada");
    CHECK_EQ(call("GET", "/admin/v1/events/rock/orders?colour=red").slug(), "bad-request");
    CHECK_EQ(call("GET", "/admin/v1/events/rock/orders/" + order).json().at("open").as_bool(), true);
    CHECK_EQ(call("GET", "/admin/v1/events/rock/orders/open" + order.substr(4)).slug(), "not-found");
    CHECK_EQ(call("POST", "/admin/v1/events/rock/orders/" + order + "/refund").status, 202u);
    CHECK_EQ(call("POST", "/admin/v1/events/rock/orders/refund").json().at("left").as_int64(), 1);
    CHECK_EQ(call("GET", "/admin/v1/tickets/rock~1~1.forged").slug(), "not-found");
    CHECK_EQ(call("GET", "/admin/v1/nodes").slug(), "not-found");
  }
}

SCENARIO("an operator is told what to look at, and where a plan's name is at fault") {
  GIVEN("plans as editors save them") {
    auto renamed = [](const std::string& name) {
      auto plan = tiny_plan;
      auto at = plan.find(R"("name":")") + 8;
      return plan.replace(at, plan.find('"', at) - at, name);
    };
    auto too_long = call("PUT", "/admin/v1/events/long", R"({"plan":)" + renamed(std::string(230, 'x')) + "}");
    CHECK_EQ(too_long.status, 400u);
    CHECK_EQ(too_long.json().at("pointer").as_string(), "/plan/name");
    CHECK(too_long.json().at("detail").as_string().find("--name") != std::string::npos);
    auto marked = call("PUT", "/admin/v1/events/marked", "\xEF\xBB\xBF{\"plan\":" + tiny_plan + "}");
    CHECK_EQ(marked.status, 201u);
    auto seat = std::string{R"({"seat_guid":"twin-)"};
    auto row = R"([{"row_number":"A","seats":[)" + seat
               + R"(1","seat_number":"1","position":{"x":0,"y":0},"category":""},)" + seat
               + R"(2","seat_number":"1","position":{"x":1,"y":0},"category":""}]}])";
    auto alike = call("PUT", "/admin/v1/events/alike",
                      R"({"plan":{"name":"Twins","categories":[],"zones":[{"zone_id":"z","rows":)" + row + "}]}}");
    CHECK_EQ(alike.status, 201u);
    CHECK(alike.json().at("warnings").at(0).as_string().find("twin-2") != std::string::npos);
  }
}

SCENARIO("the routes are those of the OpenAPI document, both ways") {
  GIVEN("the table and the document") {
    std::set<std::string> served_here;
    for (const auto& one : gateway::routes())
      served_here.insert(std::string{one.method} + " " + std::string{one.path});
    std::set<std::string> documented;
    const std::set<std::string> methods{"get", "put", "post", "patch", "delete"};
    auto document = boost::json::parse(codec::openapi_document());
    for (const auto& [path, calls] : document.at("paths").as_object())
      for (const auto& [method, call] : calls.as_object())
        if (methods.contains(method)) {
          std::string name{method};
          std::transform(name.begin(), name.end(), name.begin(), ::toupper);
          documented.insert(name + " " + std::string{path});
        }
    CHECK_EQ(served_here, documented);
  }
}

SCENARIO("an address in use, or no key where one is needed, stops the start") {
  GIVEN("a port that is taken") {
    auto configured = quick_options();
    configured.buyers.port = port();
    gateway::server second{configured, parts()};
    CHECK_THROWS_AS(second.start(), gateway::cannot_listen);
    configured.admin_key.clear();
    configured.operators.host = "0.0.0.0";
    CHECK_THROWS_AS((gateway::server{configured, parts()}), std::invalid_argument);
  }
}

END_FIXTURE_SCOPE()
