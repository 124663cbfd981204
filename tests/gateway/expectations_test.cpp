#define CAF_SUITE gateway.expectations

#include "tests/gateway/served.hpp"

#include <caf/test/bdd_dsl.hpp>

using namespace usher;
using namespace usher::tests;

namespace {

std::string length(std::size_t bytes) {
  return "Content-Length: " + std::to_string(bytes) + "\r\n";
}

/// A request without its body, from a client that waits for permission to send it.
struct asking : served {
  using served::served;

  std::string request(const std::string& line, const std::string& more) {
    return line + "\r\nHost: localhost\r\nExpect: 100-continue\r\n" + more + "\r\n";
  }

  std::string hold_request(const std::string& more) {
    auto made = http_client{port()}.call("POST", "/v1/sessions").json();
    return request("POST /v1/events/open/holds HTTP/1.1", "Content-Type: application/json\r\nAuthorization: Bearer "
                                                              + std::string{made.at("token").as_string()} + "\r\n"
                                                              + more);
  }
};

const std::string seat_3 = R"({"seats":["S-A-3"]})";

} // namespace

SCENARIO("who asks before sending a body is told to go on, and then answered") {
  GIVEN("a hold whose body is still to come") {
    asking gateway;
    http_client client{gateway.port()};
    auto answer = client.head(gateway.hold_request(length(seat_3.size())));
    CHECK_EQ(answer.substr(0, 12), "HTTP/1.1 100");
    THEN("the body is read and answered") {
      CHECK_EQ(client.head(seat_3).substr(0, 12), "HTTP/1.1 201");
    }
  }
  GIVEN("a client that does not wait for the permission it asked for") {
    asking gateway;
    http_client client{gateway.port()};
    auto text = client.raw(gateway.hold_request(length(seat_3.size()) + "Connection: close\r\n") + seat_3);
    THEN("it gets both answers") {
      CHECK_EQ(text.substr(0, 12), "HTTP/1.1 100");
      CHECK_NE(text.find("HTTP/1.1 201"), std::string::npos);
    }
  }
}

SCENARIO("a body that is too large is refused before it is sent") {
  GIVEN("a limit of a thousand bytes") {
    auto configured = quick_options();
    configured.body_bytes_max = 1000;
    asking gateway{configured};
    THEN("a length above it is answered at once, and the connection is over") {
      http_client client{gateway.port()};
      auto answer = client.head(gateway.hold_request(length(1001)));
      CHECK_EQ(answer.substr(0, 12), "HTTP/1.1 413");
      CHECK_NE(answer.find("Connection: close"), std::string::npos);
    }
    THEN("a length that is no number that fits is no request") {
      http_client client{gateway.port()};
      CHECK_EQ(client.head(gateway.hold_request("Content-Length: 99999999999999999999\r\n")).substr(0, 12),
               "HTTP/1.1 400");
    }
    THEN("one that is sent in pieces without saying how long it is may begin, and no more than the limit is read") {
      http_client client{gateway.port()};
      auto answer = client.head(gateway.hold_request("Transfer-Encoding: chunked\r\n"));
      CHECK_EQ(answer.substr(0, 12), "HTTP/1.1 100");
      CHECK_EQ(client.head("3e9\r\n" + std::string(1001, ' ') + "\r\n").substr(0, 12), "HTTP/1.1 413");
    }
    THEN("a body within it is taken") {
      http_client client{gateway.port()};
      CHECK_EQ(client.head(gateway.hold_request(length(1000))).substr(0, 12), "HTTP/1.1 100");
    }
  }
}

SCENARIO("who needs no key sends no body") {
  GIVEN("a request for a probe, on either port, whose body is announced and never sent") {
    served gateway;
    for (auto port : {gateway.port(), gateway.operators()})
      for (const std::string path : {"/healthz", "/readyz"}) {
        http_client client{port};
        auto answer = client.head("POST " + path + " HTTP/1.1\r\nHost: localhost\r\n" + length(60'000'000) + "\r\n");
        CHECK_EQ(answer.substr(0, 12), "HTTP/1.1 413");
      }
  }
}

SCENARIO("who asks too often is refused before the body is sent") {
  GIVEN("an address that has asked as often as it may") {
    auto configured = quick_options();
    configured.per_address = {0.01, 3000, 100};
    configured.limit_loopback = true;
    served gateway{configured};
    auto sessions = [](const std::string& more) {
      return "POST /v1/sessions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n" + more + "\r\n";
    };
    http_client frequent{gateway.port()};
    while (frequent.call("GET", "/v1/events/open").status == 200) {
    }
    THEN("it is not told to go on, and what it sends all the same is not read") {
      http_client client{gateway.port()};
      auto answer = client.head(sessions(length(2) + "Expect: 100-continue\r\n"));
      CHECK_EQ(answer.substr(0, 12), "HTTP/1.1 429");
      CHECK_NE(answer.find("Retry-After: "), std::string::npos);
      CHECK_NE(answer.find("Connection: close"), std::string::npos);
      CHECK_EQ(client.raw("{}").find("HTTP/1.1"), std::string::npos);
    }
    THEN("it need not send its body to be told") {
      http_client client{gateway.port()};
      CHECK_EQ(client.head(sessions(length(60'000))).substr(0, 12), "HTTP/1.1 429");
    }
    THEN("a request without a body may be followed by another one, and probes are answered") {
      CHECK_EQ(frequent.call("GET", "/v1/events/open").status, 429u);
      CHECK_EQ(frequent.call("GET", "/healthz").status, 200u);
    }
  }
}

SCENARIO("a buyer's body is small unless configured otherwise, a plan is not") {
  GIVEN("the limits as they are without a setting") {
    asking gateway;
    THEN("more than 64 KiB are refused before they are sent, but on the operators' port") {
      http_client buyer{gateway.port()};
      CHECK_EQ(buyer.head(gateway.hold_request(length(64 * 1024 + 1))).substr(0, 12), "HTTP/1.1 413");
      http_client other{gateway.port()};
      CHECK_EQ(other.head(gateway.hold_request(length(64 * 1024))).substr(0, 12), "HTTP/1.1 100");
      http_client boss{gateway.operators()};
      auto plan =
          gateway.request("PUT /admin/v1/events/rock HTTP/1.1", length(40'000'000) + operators_key.front().first + ": "
                                                                    + operators_key.front().second + "\r\n");
      CHECK_EQ(boss.head(plan).substr(0, 12), "HTTP/1.1 100");
    }
  }
}

SCENARIO("nobody without the key is asked for a plan") {
  GIVEN("an operator's request with a large body and a wrong key") {
    asking gateway;
    http_client client{gateway.operators()};
    auto answer = client.head(gateway.request("PUT /admin/v1/events/rock HTTP/1.1", length(40'000'000)));
    THEN("it is refused at once") {
      CHECK_EQ(answer.substr(0, 12), "HTTP/1.1 401");
    }
  }
}

SCENARIO("what HTTP/1.0 does not know it is not told") {
  GIVEN("an old client that expects permission all the same") {
    asking gateway;
    http_client client{gateway.port()};
    auto text = client.raw(gateway.request("POST /v1/sessions HTTP/1.0", length(2)) + "{}");
    THEN("it gets its answer only") {
      CHECK_EQ(text.find(" 100 "), std::string::npos);
      CHECK_EQ(text.substr(8, 4), " 201");
    }
  }
}
