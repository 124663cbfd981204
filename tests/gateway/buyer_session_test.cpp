#define CAF_SUITE gateway.buyer_session

#include "gateway/ws/buyer_session.hpp"
#include "tests/codec/hall.hpp"
#include "tests/gateway/still_thread.hpp"

#include <caf/test/bdd_dsl.hpp>

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace usher;
using namespace usher::tests;
using namespace std::chrono_literals;

namespace {

constexpr std::uint16_t wide_sections = 256;
const domain::buyer_id anna{"anna"};

/// Standing room alone, in as many sections as one connection may watch.
domain::shared_plan wide_hall() {
  std::vector<domain::section_plan> floors(wide_sections);
  for (std::uint16_t number = 0; number < wide_sections; ++number) {
    auto& floor = floors[number];
    floor.id = "floor-" + std::to_string(number);
    floor.name = floor.id;
    floor.general_capacity = 100;
    floor.general_category = domain::category_no{0};
  }
  return std::make_shared<const domain::seating_plan>("Wide hall", std::vector<std::string>{"Floor"}, floors);
}

/// Takes everything at once, and remembers it.
struct reader final : gateway::frame_sink {
  void send(gateway::outgoing_frame frame) override {
    frames.push_back(frame.own + (frame.shared ? frame.shared->text : ""));
  }
  [[nodiscard]] bool has_room() const override { return true; }
  void close(gateway::close_code, std::string_view) override { closed = true; }
  void request_answered() override {}

  /// How many problems it was told, of whatever kind.
  [[nodiscard]] std::ptrdiff_t problems() const {
    return std::count_if(frames.begin(), frames.end(), [](const std::string& frame) {
      return frame.find(R"("type":"problem")") != std::string::npos;
    });
  }

  std::vector<std::string> frames;
  bool closed = false;
};

gateway::options limited(double per_s, double burst) {
  gateway::options configured;
  configured.per_buyer = {per_s, burst, 1000};
  return configured;
}

/// A buyer who is back after losing a connection with which they watched every section of the wide hall.
struct comeback {
  explicit comeback(gateway::options configured) : thread(std::move(configured), moment_of_test) {
    thread.parts.directory.announced(
        {rock, wide_hall(), std::make_shared<const std::string>("{}"), "EUR", false, false, domain::epoch{1}});
    gateway::kept_session kept;
    kept.buyer = anna;
    for (std::uint16_t number = 0; number < wide_sections; ++number)
      kept.watches.emplace_back(rock, domain::section_no{number});
    auto lost = thread.shared.process + "-0-lost";
    thread.parts.resumptions.keep(lost, std::move(kept), std::chrono::steady_clock::now());
    auto until = moment_of_test() + 1h;
    auto token = thread.shared.tokens.sign(codec::session_claims{lost, anna, until, codec::anonymous_proof});
    session->receive(R"({"type":"hello","id":"1","resume":{"session":")" + token + R"(","seen":0}})");
  }

  ~comeback() { session->gone(); }

  /// How many sections are asked for that were not before.
  std::size_t sections_asked() {
    auto before = sections.size();
    for (auto& [number, request] : thread.asked())
      if (const auto* watch = std::get_if<messages::watch_section>(&request))
        CHECK(sections.insert(watch->section.value()).second);
    return sections.size() - before;
  }

  still_thread thread;
  reader client;
  std::shared_ptr<gateway::buyer_session> session =
      std::make_shared<gateway::buyer_session>(thread.parts.services.websockets.buyers, client,
                                               gateway::visitor{boost::asio::ip::make_address("192.0.2.1"), false});
  std::set<std::uint16_t> sections; ///< asked for so far
};

} // namespace

SCENARIO("whoever comes back to a great many sections has their requests for themselves") {
  GIVEN("a buyer who is back and may send 60 requests at once") {
    comeback anew{limited(20, 60)};
    CHECK(!anew.client.closed);
    CHECK_NE(anew.client.frames.at(0).find(R"("resumed":true)"), std::string::npos);
    WHEN("they ask for 45 holds within their first three seconds") {
      for (int second = 0; second < 3; ++second) {
        for (int request = 0; request < 15; ++request)
          anew.session->receive(R"({"type":"hold","id":"h","event":"rock","section":"floor-0","quantity":1})");
        anew.session->drained(); // all that was sent has been read
        anew.session->sweep();
      }
      THEN("none is refused") {
        CHECK_EQ(anew.client.problems(), 0);
      }
    }
  }
}

SCENARIO("sections that are watched again are asked for a few at a time, until all are") {
  GIVEN("a buyer who is back and may send requests enough") {
    comeback anew{limited(20, 1000)};
    CHECK_EQ(anew.sections_asked(), 5u);
    anew.session->drained();
    CHECK_EQ(anew.sections_asked(), 0u);
    WHEN("seconds pass") {
      for (std::uint32_t asked = 5; asked < 255; asked += 5) {
        anew.session->sweep();
        CHECK_EQ(anew.sections_asked(), 5u);
      }
      THEN("the last one is asked for at last, and none twice") {
        anew.session->sweep();
        CHECK_EQ(anew.sections_asked(), 1u);
        anew.session->sweep();
        CHECK_EQ(anew.sections_asked(), 0u);
        CHECK_EQ(anew.sections.size(), wide_sections);
      }
    }
  }
  GIVEN("a buyer who regains only eight requests a second") {
    comeback anew{limited(8, 1000)};
    CHECK_EQ(anew.sections_asked(), 2u);
    anew.session->sweep();
    CHECK_EQ(anew.sections_asked(), 2u);
  }
  GIVEN("a buyer who regains hardly any") {
    comeback anew{limited(0.01, 1)};
    CHECK_EQ(anew.sections_asked(), 1u);
    anew.session->sweep();
    CHECK_EQ(anew.sections_asked(), 0u);
  }
}
