#define CAF_SUITE gateway.seat_watch

#include "gateway/ws/seat_watch.hpp"
#include "tests/codec/hall.hpp"

#include <caf/test/bdd_dsl.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

using namespace usher;
using namespace usher::tests;
using namespace std::chrono_literals;

namespace {

const domain::section_no stalls{0};

/// Remembers what it was told.
struct watcher final : gateway::seat_watcher {
  void send(gateway::outgoing_frame frame) override { frames.push_back(std::move(frame)); }
  [[nodiscard]] bool has_room() const override { return room; }
  void watch_later(const domain::event_id&, domain::section_no, codec::reply_id re) override { owed.push_back(re); }
  void watch_refused(const domain::event_id&, domain::section_no, const codec::reply_id& re,
                     const codec::problem&) override {
    refused.push_back(re);
  }
  void finished() override { ++answered; }

  bool room = true;
  int answered = 0;
  std::vector<gateway::outgoing_frame> frames;
  std::vector<codec::reply_id> owed;
  std::vector<codec::reply_id> refused;
};

/// A thread's watchers, and a section that answers when the test says so.
struct hall {
  std::vector<std::uint64_t> questions; ///< unanswered, by the number that their answer needs
  std::size_t unwatches = 0;
  gateway::outbox outbox{100, 10s,
                         [this](messages::session_requests batch) {
                           for (auto& [number, request] : batch.requests)
                             if (std::holds_alternative<messages::watch_section>(request))
                               questions.push_back(number);
                             else
                               ++unwatches;
                         },
                         [] {}};
  gateway::seat_watch seats{outbox, [] { return messages::trace_id{}; }};

  static gateway::known_event_ptr event(domain::shared_plan plan = small_hall()) {
    gateway::known_event made;
    made.id = rock;
    made.plan = std::move(plan);
    made.currency = "EUR";
    return std::make_shared<const gateway::known_event>(std::move(made));
  }

  std::shared_ptr<watcher> come(const gateway::known_event_ptr& where, const char* re = "w") {
    auto one = std::make_shared<watcher>();
    seats.watch(where, stalls, one, re);
    return one;
  }

  std::size_t asked() {
    outbox.flush();
    return questions.size();
  }

  /// Answers the oldest question.
  void answer(gateway::answer what) {
    REQUIRE(asked() > 0);
    auto number = questions.front();
    questions.erase(questions.begin());
    outbox.answered(number, std::move(what));
  }

  static messages::section_view view(std::uint64_t seq, std::string status = "........") {
    return {rock, stalls, domain::epoch{1}, seq, std::move(status), {8, 0, 0, 0, 0, 0}};
  }

  void change(std::uint64_t seq) {
    seats.changed({rock, stalls, domain::epoch{1}, seq, {{domain::seat_no{2}, 'H'}}, {7, 1, 0, 0, 0, 0}});
  }
};

std::string text(const gateway::outgoing_frame& frame) {
  return frame.own + (frame.shared ? frame.shared->text : "");
}

bool is(const gateway::outgoing_frame& frame, const std::string& type) {
  return text(frame).starts_with(R"({"type":")" + type + '"');
}

} // namespace

SCENARIO("all who are told the same state share one text") {
  GIVEN("a section that two ask for before it is known, and a third one after that") {
    hall usher;
    auto where = hall::event();
    auto first = usher.come(where, "1");
    auto second = usher.come(where, "2");
    CHECK_EQ(usher.asked(), 1u);
    usher.answer(hall::view(10));
    auto third = usher.come(where, "3");
    THEN("each has an answer of its own with the same rest") {
      for (const auto& one : {first, second, third}) {
        REQUIRE_EQ(one->frames.size(), 1u);
        CHECK_EQ(one->answered, 1);
        CHECK_EQ(one->frames[0].shared.get(), first->frames[0].shared.get());
      }
      CHECK_NE(text(second->frames[0]).find(R"("re":"2")"), std::string::npos);
      CHECK_NE(text(third->frames[0]).find(R"("seq":10)"), std::string::npos);
    }
    usher.change(11);
    auto fourth = usher.come(where, "4");
    THEN("after a change there is another one") {
      CHECK_NE(text(fourth->frames.at(0)).find(R"("seq":11)"), std::string::npos);
      CHECK_NE(text(fourth->frames.at(0)).find("..H....."), std::string::npos);
      CHECK_EQ(first->frames.at(1).shared.get(), second->frames.at(1).shared.get());
      CHECK(is(first->frames.at(1), "seats.delta"));
    }
    usher.change(13); // the twelfth was missed
    usher.answer(hall::view(13));
    THEN("who missed something is told all of it, in one text, too") {
      for (const auto& one : {first, second, third, fourth}) {
        CHECK(is(one->frames.back(), "seats.snapshot"));
        CHECK_EQ(one->frames.back().shared.get(), first->frames.back().shared.get());
      }
      CHECK_EQ(text(first->frames.back()).find("\"re\""), std::string::npos);
    }
  }
}

SCENARIO("a section is asked once at a time, and again when its answer may be another one's") {
  GIVEN("a section that is being asked when its event is announced anew") {
    hall usher;
    auto where = hall::event();
    auto one = usher.come(where);
    usher.seats.announced(where);
    usher.seats.announced(where);
    usher.seats.sweep();
    CHECK_EQ(usher.asked(), 1u);
    usher.answer(hall::view(10));
    CHECK(one->frames.empty());
    CHECK_EQ(usher.asked(), 1u);
    usher.answer(hall::view(20));
    CHECK_EQ(one->frames.size(), 1u);
    CHECK_NE(text(one->frames[0]).find(R"("seq":20)"), std::string::npos);
    usher.seats.sweep();
    CHECK_EQ(usher.asked(), 0u);
  }
  GIVEN("a section that is known when its event is announced anew") {
    hall usher;
    auto where = hall::event();
    auto one = usher.come(where);
    usher.answer(hall::view(10));
    usher.seats.announced(where);
    usher.change(11);
    CHECK_EQ(one->frames.size(), 2u); // changes go on
    usher.answer(domain::refusal{domain::rejection::overloaded, {}, {}, {}});
    CHECK_EQ(usher.asked(), 0u);
    usher.seats.sweep();
    usher.answer(hall::view(11, "..H....."));
    THEN("watchers hear nothing that they know, and it is not asked again") {
      CHECK_EQ(one->frames.size(), 2u);
      usher.seats.sweep();
      CHECK_EQ(usher.asked(), 0u);
    }
    usher.seats.announced(hall::event()); // another plan
    usher.change(12);
    CHECK_EQ(one->frames.size(), 2u); // it is by the wrong plan, perhaps
    usher.answer(hall::view(12));
    CHECK(is(one->frames.at(2), "seats.snapshot"));
  }
}

SCENARIO("who has no room is told later, and who is refused watches nothing") {
  GIVEN("two who ask for a section, of whom one has not read enough") {
    hall usher;
    auto where = hall::event();
    auto full = usher.come(where, "f");
    full->room = false;
    auto other = usher.come(where);
    usher.answer(hall::view(10));
    CHECK(full->frames.empty());
    CHECK(full->owed == std::vector<codec::reply_id>{"f"});
    CHECK_EQ(full->answered, 1);
    usher.change(11);
    CHECK(full->frames.empty());
    CHECK_EQ(other->frames.size(), 2u);
  }
  GIVEN("a section that refuses") {
    hall usher;
    auto where = hall::event();
    auto one = usher.come(where, "1");
    usher.answer(domain::refusal{domain::rejection::overloaded, {}, {}, {}});
    CHECK(one->refused == std::vector<codec::reply_id>{"1"});
    usher.seats.sweep();
    CHECK_EQ(usher.asked(), 0u); // nobody is left who would need to know
  }
}

SCENARIO("a great many watchers leave at once in no time") {
  GIVEN("two hundred thousand who watch one section") {
    hall usher;
    auto where = hall::event();
    std::vector<std::shared_ptr<watcher>> all;
    for (int number = 0; number < 200'000; ++number)
      all.push_back(usher.come(where));
    usher.answer(hall::view(10));
    WHEN("all of them leave") {
      auto before = std::chrono::steady_clock::now();
      for (auto& one : all)
        usher.seats.unwatch(rock, stalls, *one);
      auto took = std::chrono::steady_clock::now() - before;
      THEN("it takes a moment, not one that grows with the square of their number") {
        CHECK(took < 1s);
        usher.outbox.flush();
        CHECK_EQ(usher.unwatches, 1u);
      }
    }
    AND("they are not there any more") {
      CHECK_EQ(all[0]->frames.size(), 1u);
      usher.change(11);
      CHECK_EQ(all[0]->frames.size(), 1u);
    }
  }
}
