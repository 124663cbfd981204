#define CAF_SUITE gateway.limits

#include "gateway/buyer_places.hpp"
#include "gateway/client_address.hpp"
#include "gateway/rate_limiter.hpp"
#include "gateway/strikes.hpp"

#include <caf/test/bdd_dsl.hpp>

#include <rapidcheck.h>

#include <atomic>
#include <cmath>
#include <thread>

using namespace usher::gateway;
using namespace std::chrono_literals;

namespace {

const moment start{1h};

boost::asio::ip::address address(const char* text) {
  return boost::asio::ip::make_address(text);
}

trusted_proxies proxies(const std::vector<std::string>& networks) {
  auto parsed = trusted_proxies::parse(networks);
  if (auto* sentence = std::get_if<std::string>(&parsed))
    CAF_FAIL(*sentence);
  return std::get<trusted_proxies>(parsed);
}

bool is_refused(const std::string& network) {
  return std::holds_alternative<std::string>(trusted_proxies::parse(std::vector{network}));
}

std::string client(const char* peer, std::string_view forwarded_for, const trusted_proxies& trusted) {
  return client_address(address(peer), {std::string{forwarded_for}, {}}, trusted).to_string();
}

} // namespace

SCENARIO("a burst is allowed, and then the rate") {
  GIVEN("2 a second with a burst of 3") {
    rate_limiter limiter{{.per_s = 2, .burst = 3}};
    THEN("the fourth request at once must wait") {
      for (int i = 0; i < 3; ++i)
        CHECK(limiter.take("anna", start).allowed);
      CHECK(limiter.take("anna", start) == (rate_limiter::verdict{false, 1}));
      CHECK(limiter.take("bob", start).allowed);
      CHECK(!limiter.take("anna", start + 499ms).allowed);
      CHECK(limiter.take("anna", start + 501ms).allowed);
      CHECK(!limiter.take("anna", start + 502ms).allowed);
      for (int i = 0; i < 3; ++i)
        CHECK(limiter.take("anna", start + 1h).allowed);
      CHECK(!limiter.take("anna", start + 1h).allowed);
    }
  }
}

SCENARIO("who waits as long as told is let in") {
  GIVEN("one request every four seconds") {
    rate_limiter limiter{{.per_s = 0.25, .burst = 1}};
    CHECK(limiter.take("anna", start).allowed);
    auto verdict = limiter.take("anna", start);
    THEN("it is four seconds") {
      CHECK_EQ(verdict.retry_after_s, 4u);
      CHECK(limiter.take("anna", start + 4s).allowed);
    }
  }
}

SCENARIO("never more than burst and rate allow") {
  GIVEN("requests at random times, sometimes from a clock that went back") {
    THEN("the sum stays under the line") {
      CHECK(rc::check("rate", [](const std::vector<std::int8_t>& steps) {
        rate_limiter limiter{{.per_s = 10, .burst = 5}};
        (void)limiter.take("anna", start);
        auto now = start, latest = start;
        int allowed = 1;
        for (auto step : steps) {
          now += step * 1ms;
          latest = std::max(latest, now);
          allowed += limiter.take("anna", now).allowed;
        }
        std::chrono::duration<double> passed = latest - start;
        RC_ASSERT(allowed <= 5 + std::floor(passed.count() * 10 + 1e-9));
      }));
    }
  }
}

SCENARIO("the table is bounded, and the one not heard of for longest is forgotten") {
  GIVEN("room for two") {
    rate_limiter limiter{{.per_s = 1, .burst = 1, .keys_max = 2}};
    CHECK(limiter.take("anna", start).allowed);
    CHECK(limiter.take("bob", start).allowed);
    CHECK(!limiter.take("anna", start).allowed);
    CHECK(limiter.take("carl", start).allowed);
    THEN("bob starts anew and anna does not") {
      CHECK_EQ(limiter.size(), 2u);
      CHECK(!limiter.take("anna", start).allowed);
      CHECK(limiter.take("bob", start).allowed);
      CHECK_EQ(limiter.size(), 2u);
    }
  }
}

SCENARIO("a large request counts as several, and what it owes is waited for") {
  GIVEN("2 a second with a burst of 3") {
    rate_limiter limiter{{.per_s = 2, .burst = 3}};
    CHECK(limiter.take("anna", start, 5).allowed);
    THEN("the bucket owes two, and has one again after a second and a half") {
      CHECK(limiter.take("anna", start) == (rate_limiter::verdict{false, 2}));
      CHECK(!limiter.take("anna", start + 1499ms).allowed);
      CHECK(limiter.take("anna", start + 1501ms).allowed);
    }
  }
}

SCENARIO("an IPv6 customer is a whole /64, and a /48 has no more than sixteen of them") {
  GIVEN("two addresses of one network and one of another") {
    address_rate_limiter limiter{{.per_s = 1, .burst = 1, .keys_max = 1600}};
    THEN("the first two share a bucket") {
      CHECK(limiter.take(address("2001:db8:1:2::1"), start).allowed);
      CHECK(!limiter.take(address("2001:db8:1:2:ffff::7"), start).allowed);
      CHECK(limiter.take(address("2001:db8:1:3::1"), start).allowed);
      CHECK(limiter.take(address("192.0.2.1"), start).allowed);
      CHECK(!limiter.take(address("::ffff:192.0.2.1"), start).allowed);
      CHECK(limiter.take(address("192.0.2.2"), start).allowed);
    }
    THEN("all of a /48 together are let in as often as sixteen") {
      int allowed = 0;
      for (int customer = 1; customer <= 100; ++customer)
        allowed += limiter.take(address(("2001:db8:7:" + std::to_string(customer) + "::1").c_str()), start).allowed;
      CHECK_EQ(allowed, 16);
    }
  }
}

SCENARIO("several threads share one bucket") {
  GIVEN("a limiter that four threads ask for the same few keys") {
    shared_rate_limiter limiter{{.per_s = 0.001, .burst = 10}};
    std::atomic<int> allowed = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i)
      threads.emplace_back([&] {
        for (int round = 0; round < 1000; ++round)
          allowed += limiter.take("buyer " + std::to_string(round % 20), start).allowed;
      });
    for (auto& one : threads)
      one.join();
    CHECK_EQ(allowed.load(), 20 * 10);
  }
}

SCENARIO("refusals are added up whatever succeeds in between, and one a second is forgotten") {
  GIVEN("a client that is refused now and then") {
    strikes patient, eager;
    for (int second = 0; second < 1000; ++second)
      CHECK(!patient.count(1, 3, start + second * 1s));
    THEN("only one who does so more often than once a second is to go") {
      int refused = 0;
      while (refused < 100 && !eager.count(1, 10, start + refused * 500ms))
        ++refused;
      CHECK_GE(refused, 10);
      CHECK_LT(refused, 20);
      CHECK(strikes{}.count(17, 10, start));
    }
  }
}

SCENARIO("connections are counted by whose they are, also when that is found out later") {
  GIVEN("places of two customers and of a proxy") {
    buyer_places places;
    const buyer_places::limits two{2, 1};
    auto first = places.take(address("192.0.2.1"));
    CHECK_EQ(places.excess_of(first, two), 0);
    auto second = places.take(address("::ffff:192.0.2.1"));
    CHECK_EQ(places.excess_of(second, two), 1); // two newcomers
    first.be_newcomers(false);
    CHECK_EQ(places.excess_of(second, two), 0);
    auto other = places.take(std::nullopt);
    CHECK_EQ(places.excess_of(other, two), 0);
    THEN("a place that turns out to be the first one's is one too many, until it is somebody else's") {
      other.be_newcomers(false);
      other.belong_to(address("192.0.2.1"));
      CHECK_EQ(places.excess_of(other, two), 1);
      CHECK_EQ(places.taken(), 3u);
      other.belong_to(address("192.0.2.2"));
      CHECK_EQ(places.excess_of(first, two), 0);
    }
    THEN("a place that is left is free") {
      { auto gone = std::move(second); }
      CHECK_EQ(places.taken(), 2u);
      CHECK_EQ(places.excess_of(first, {1, 1}), 0);
    }
    THEN("all customers of one IPv6 /48 have as many as sixteen") {
      std::vector<buyer_places::place> many;
      for (int customer = 1; customer <= 17; ++customer)
        many.push_back(places.take(address(("2001:db8:7:" + std::to_string(customer) + "::1").c_str())));
      CHECK_EQ(places.excess_of(many.back(), {1, 1}), 1);
    }
  }
}

SCENARIO("limits that mean nothing are refused") {
  GIVEN("such limits") {
    THEN("no limiter is made of them") {
      CHECK_THROWS_AS(rate_limiter({.per_s = 0}), std::invalid_argument);
      CHECK_THROWS_AS(rate_limiter({.per_s = NAN}), std::invalid_argument);
      CHECK_THROWS_AS(rate_limiter({.burst = 0.5}), std::invalid_argument);
      CHECK_THROWS_AS(rate_limiter({.keys_max = 0}), std::invalid_argument);
    }
  }
}

SCENARIO("proxies are networks or single addresses") {
  GIVEN("a list of them") {
    auto trusted = proxies({"10.0.0.0/8", "192.0.2.7", "2001:db8::/33", "0.0.0.0/32"});
    THEN("it contains what it says") {
      CHECK(trusted.contains(address("10.255.0.1")));
      CHECK(trusted.contains(address("::ffff:10.255.0.1")));
      CHECK(!trusted.contains(address("11.0.0.1")));
      CHECK(trusted.contains(address("192.0.2.7")));
      CHECK(!trusted.contains(address("192.0.2.6")));
      CHECK(trusted.contains(address("2001:db8:7fff::1")));
      CHECK(!trusted.contains(address("2001:db8:8000::1")));
      CHECK(!trusted_proxies{}.contains(address("127.0.0.1")));
      CHECK(proxies({"0.0.0.0/0"}).contains(address("203.0.113.9")));
      CHECK(!proxies({"0.0.0.0/0"}).contains(address("2001:db8::1")));
      CHECK(proxies({"::/0"}).contains(address("203.0.113.9")));
      CHECK(proxies({"fe80::7/10"}).contains(address("fe80::1%1")));
    }
  }
}

SCENARIO("what is no network is refused") {
  GIVEN("such texts") {
    THEN("each is refused") {
      for (auto text : {"", "localhost", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/8x", "10.0.0/8", "::/129",
                        "fe80::1%eth0", "/8"})
        CHECK(is_refused(text));
    }
  }
}

SCENARIO("the client is the rightmost address that no trusted proxy has") {
  GIVEN("two trusted networks") {
    auto trusted = proxies({"10.0.0.0/8", "2001:db8::/32"});
    THEN("what clients write into the header themselves does not count") {
      CHECK_EQ(client("203.0.113.9", "198.51.100.1", trusted), "203.0.113.9");
      CHECK_EQ(client("10.0.0.1", "", trusted), "10.0.0.1");
      CHECK_EQ(client("10.0.0.1", "203.0.113.9", trusted), "203.0.113.9");
      CHECK_EQ(client("::ffff:10.0.0.1", "203.0.113.9", trusted), "203.0.113.9");
      CHECK_EQ(client("10.0.0.1", "127.0.0.1, 203.0.113.9", trusted), "203.0.113.9");
      CHECK_EQ(client("10.0.0.1", "127.0.0.1, 203.0.113.9 ,10.0.0.2", trusted), "203.0.113.9");
      CHECK_EQ(client("10.0.0.1", "203.0.113.9:4711", trusted), "203.0.113.9");
      CHECK_EQ(client("10.0.0.1", "[2001:470::9]:4711", trusted), "2001:470::9");
      CHECK_EQ(client("10.0.0.1", "2001:470::9, 2001:db8::1", trusted), "2001:470::9");
      CHECK_EQ(client("10.0.0.1", "10.0.0.3,10.0.0.2", trusted), "10.0.0.3");
      CHECK_EQ(client("10.0.0.1", "203.0.113.9, unknown", trusted), "10.0.0.1");
      CHECK_EQ(client("10.0.0.1", "203.0.113.9, ,10.0.0.2", trusted), "10.0.0.2");
      CHECK_EQ(client("10.0.0.1", "[", trusted), "10.0.0.1");
    }
  }
}

SCENARIO("any header leads to an address") {
  GIVEN("random headers behind a trusted proxy") {
    auto trusted = proxies({"0.0.0.0/0", "::/0"});
    THEN("nothing is thrown") {
      CHECK(rc::check("headers", [&](const std::string& text) { (void)client("10.0.0.1", text, trusted); }));
      (void)client("10.0.0.1", std::string(100'000, ','), trusted);
    }
  }
}
