#define CAF_SUITE gateway.compression

#include "gateway/http/compression.hpp"
#include "gateway/http/compressor.hpp"
#include "tests/gateway/served.hpp"

#include <caf/test/bdd_dsl.hpp>

#include <zlib.h>

#include <memory>
#include <string>

using namespace usher;
using namespace usher::tests;
using gateway::accepts_gzip;

namespace {

const headers with_gzip{{"Accept-Encoding", "gzip"}};

/// What a client makes of an answer.
std::string inflated(const std::string& packed) {
  z_stream stream{};
  constexpr int gzip_only = 15 + 16;
  if (inflateInit2(&stream, gzip_only) != Z_OK)
    throw std::runtime_error{"zlib does not begin"};
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  std::string text, piece(64 * 1024, '\0');
  int outcome = Z_OK;
  while (outcome == Z_OK) {
    stream.next_out = reinterpret_cast<Bytef*>(piece.data());
    stream.avail_out = static_cast<uInt>(piece.size());
    outcome = inflate(&stream, Z_NO_FLUSH);
    text.append(piece, 0, piece.size() - stream.avail_out);
  }
  auto rest = stream.avail_in;
  inflateEnd(&stream);
  if (outcome != Z_STREAM_END || rest != 0)
    throw std::runtime_error{"this is not gzip"};
  return text;
}

/// Something like a plan, of about so many bytes.
std::string plan_text(std::size_t size, const std::string& name) {
  std::string text = R"({"name":")" + name + R"(","seats":[)";
  for (int number = 1; text.size() < size; ++number)
    text += R"({"guid":"A-)" + std::to_string(number) + R"(","x":)" + std::to_string(number * 7 % 1000) + "},";
  return text + "null]}";
}

/// Seats of one section with so many seats.
domain::shared_plan hall_of(int seats) {
  domain::section_plan one;
  one.id = "huge";
  one.name = "Huge";
  one.rows = {"A"};
  for (int number = 1; number <= seats; ++number)
    one.seats.push_back(planned("a-seat-with-a-long-name-" + std::to_string(number), std::to_string(number), 0, 0));
  return std::make_shared<const domain::seating_plan>("Huge hall", std::vector<std::string>{"Gold"},
                                                      std::vector<domain::section_plan>{one});
}

void announce(served& gateway, domain::shared_plan plan, std::string text) {
  gateway.notes->tell(messages::event_announced{domain::event_id{"open"},
                                                std::move(plan),
                                                std::make_shared<const std::string>(std::move(text)),
                                                "EUR",
                                                false,
                                                false,
                                                {}});
}

bool is_packed(const http_answer& answer) {
  return answer.headers.contains("content-encoding") && answer.headers.at("content-encoding") == "gzip";
}

} // namespace

SCENARIO("gzip is used for those who accept it") {
  GIVEN("what clients say") {
    for (const auto* yes :
         {"gzip", "GZIP", "x-gzip", "deflate, gzip;q=1.0, *;q=0.5", "gzip, deflate, br, zstd", "*", "identity, gzip",
          "gzip;q=0.001", "gzip ; q=0.5", "br;q=1.0, gzip;q=0.8, *;q=0.1", "identity;q=0.5, *", "gzip;q=1.000",
          "gzip;q=0, x-gzip", ",,gzip,", "gzip;Q=1", "gzip;level=9;q=0.5"})
      CHECK(accepts_gzip(yes));
    for (const auto* no : {"",
                           "identity",
                           "deflate",
                           "gzip;q=0",
                           "gzip;q=0.0",
                           "gzip;q=0.000",
                           "*;q=0",
                           "gzip;q=0, *",
                           "gzip;q=0.5, identity",
                           "*;q=0.5, identity;q=0.6",
                           "gzipped",
                           "gzip;q=",
                           "gzip;q=2",
                           "gzip;q=1.5",
                           "gzip;q=0.1234",
                           "gzip;q=-1",
                           "gzip;q=x",
                           "gzip;q=0,5",
                           ";q=1",
                           "q=1",
                           ",",
                           ";"})
      CHECK(!accepts_gzip(no));
  }
}

SCENARIO("what is compressed can be read again") {
  GIVEN("texts of several sizes") {
    for (std::size_t size : {0, 1, 1000, 5'000'000}) {
      auto text = size == 0 ? std::string{} : plan_text(size, "a");
      for (auto how : {gateway::effort::least, gateway::effort::usual})
        CHECK(inflated(gateway::gzip(text, how)) == text);
    }
    auto text = plan_text(1'000'000, "a");
    CHECK_LT(gateway::gzip(text, gateway::effort::usual).size(), text.size() / 5);
  }
}

SCENARIO("a text that many ask for is compressed once, and kept for as long as there is the text") {
  GIVEN("a text") {
    gateway::compressor packer;
    auto text = std::make_shared<const std::string>(plan_text(100'000, "a"));
    gateway::compressor::text packed;
    served::await([&] { return (packed = packer.find(text)) != nullptr; });
    CHECK(inflated(*packed) == *text);
    CHECK(packer.find(text) == packed);
    std::weak_ptr<const std::string> form = packed;
    packed.reset();
    CHECK(!form.expired());
    text.reset();
    auto other = std::make_shared<const std::string>(plan_text(1000, "b"));
    (void)packer.find(other);
    CHECK(form.expired());
    packer.stop();
  }
}

SCENARIO("a plan is compressed for those who accept it") {
  GIVEN("an event with a plan of a megabyte") {
    served gateway;
    const std::string target = "/v1/events/open/plan";
    auto text = plan_text(1'000'000, "first");
    announce(gateway, gateway.notes->plan, text);
    http_client buyer{gateway.port()};
    served::await([&] { return is_packed(buyer.call("GET", target, {}, with_gzip)); });
    auto packed = buyer.call("GET", target, {}, with_gzip);
    auto plain = buyer.call("GET", target);
    CHECK(plain.text == text);
    CHECK(inflated(packed.text) == text);
    CHECK_LT(packed.text.size(), text.size() / 5);
    CHECK(!is_packed(plain));
    for (const auto& answer : {packed, plain}) {
      CHECK_EQ(answer.headers.at("vary"), "Accept-Encoding");
      CHECK_EQ(answer.headers.at("content-type"), "application/json");
    }
    CHECK(!is_packed(buyer.call("GET", target, {}, {{"Accept-Encoding", "gzip;q=0"}})));
    auto head = buyer.call("HEAD", target, {}, with_gzip);
    CHECK(is_packed(head));
    CHECK_EQ(head.headers.at("content-length"), std::to_string(packed.text.size()));
    THEN("each form has a tag of its own, and who knows one that is an answer to them need not read it again") {
      auto tag = plain.headers.at("etag"), packed_tag = packed.headers.at("etag");
      CHECK_NE(tag, packed_tag);
      for (const auto& known : {tag, packed_tag, "\"x\", W/" + tag, std::string{"*"}})
        for (const auto* accepted : {"gzip", "identity"}) {
          auto same = buyer.call("GET", target, {}, {{"If-None-Match", known}, {"Accept-Encoding", accepted}});
          if (known == packed_tag && accepted == std::string{"identity"}) {
            CHECK_EQ(same.status, 200u);
            CHECK_EQ(same.headers.at("etag"), tag);
            continue;
          }
          CHECK_EQ(same.status, 304u);
          CHECK_EQ(same.headers.at("vary"), "Accept-Encoding");
          CHECK_EQ(same.headers.at("etag"), known == packed_tag ? packed_tag : tag);
        }
    }
    THEN("a page is told on what else the answer depends") {
      auto shared = buyer.call("GET", target, {}, {{"Accept-Encoding", "gzip"}, {"Origin", "http://localhost"}});
      CHECK(is_packed(shared));
      CHECK_EQ(shared.headers.at("vary"), "Accept-Encoding, Origin");
    }
    THEN("a new plan has new forms") {
      auto next = plan_text(1'000'000, "second");
      announce(gateway, gateway.notes->plan, next);
      served::await([&] {
        auto answer = buyer.call("GET", target, {}, with_gzip);
        return is_packed(answer) && answer.headers.at("etag") != packed.headers.at("etag")
               && inflated(answer.text) == next;
      });
      CHECK_EQ(buyer.call("GET", target, {}, {{"If-None-Match", packed.headers.at("etag")}}).status, 200u);
    }
  }
  GIVEN("a small plan") {
    served gateway;
    auto answer = http_client{gateway.port()}.call("GET", "/v1/events/open/plan", {}, with_gzip);
    CHECK(!is_packed(answer));
    CHECK_EQ(answer.headers.at("vary"), "Accept-Encoding");
  }
}

SCENARIO("the seats of a section are compressed for those who accept it") {
  GIVEN("sections that are compressed at once, and by the way") {
    for (int seats : {1000, 100'000}) {
      served gateway;
      const std::string target = "/v1/events/open/sections/huge/seats";
      announce(gateway, hall_of(seats), "{}");
      http_client buyer{gateway.port()};
      served::await([&] { return buyer.call("GET", target).status == 200; });
      auto plain = buyer.call("GET", target);
      auto packed = buyer.call("GET", target, {}, with_gzip);
      CHECK(!is_packed(plain));
      CHECK(is_packed(packed));
      CHECK(inflated(packed.text) == plain.text);
      CHECK_LT(packed.text.size(), plain.text.size() / 2);
      CHECK_EQ(plain.headers.at("vary"), "Accept-Encoding");
      CHECK_EQ(packed.headers.at("vary"), "Accept-Encoding");
    }
  }
  GIVEN("a small section") {
    served gateway;
    auto answer = http_client{gateway.port()}.call("GET", "/v1/events/open/sections/stalls/seats", {}, with_gzip);
    CHECK_EQ(answer.status, 200u);
    CHECK(!is_packed(answer));
  }
}

SCENARIO("a gateway that stops does not wait for what is to be compressed") {
  GIVEN("clients that asked for a large section and are gone") {
    served gateway;
    announce(gateway, hall_of(100'000), "{}");
    http_client buyer{gateway.port()};
    const std::string target = "/v1/events/open/sections/huge/seats";
    served::await([&] { return buyer.call("GET", target).status == 200; });
    std::vector<std::unique_ptr<http_client>> gone;
    for (int i = 0; i < 8; ++i) {
      gone.push_back(std::make_unique<http_client>(gateway.port()));
      gone.back()->send("GET " + target + " HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\n\r\n");
    }
    CHECK_EQ(buyer.call("GET", "/healthz").status, 200u);
  }
}
