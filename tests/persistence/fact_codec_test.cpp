#define CAF_SUITE persistence.fact_codec

#include "persistence/fact_codec.hpp"

#include "tests/persistence/sample_facts.hpp"

#include <caf/test/bdd_dsl.hpp>
#include <rapidcheck.h>

using namespace usher;
using namespace usher::persistence;
using namespace usher::tests;

namespace {

std::string encoded(const domain::fact& fact) {
  std::string bytes;
  encode(fact, bytes);
  return bytes;
}

} // namespace

SCENARIO("every kind of fact is read as it was written") {
  GIVEN("one fact of each kind") {
    auto facts = one_of_each();
    CHECK_EQ(facts.size(), std::variant_size_v<domain::fact>);
    THEN("each comes back, alone and in a list") {
      for (const auto& fact : facts)
        CHECK(decode(encoded(fact)) == fact);
      CHECK(decode_snapshot(encode_snapshot(facts)) == facts);
      CHECK((decode_snapshot(encode_snapshot({})) == std::vector<domain::fact>{}));
    }
    THEN("facts that follow each other are told apart") {
      std::string bytes;
      for (const auto& fact : facts)
        encode(fact, bytes);
      std::string_view rest = bytes;
      for (const auto& fact : facts)
        CHECK(decode_front(rest) == fact);
      CHECK(rest.empty());
    }
  }
}

SCENARIO("the journal's format does not change") {
  GIVEN("a hold of two seats") {
    THEN("its bytes are these for ever") {
      domain::fact fact = domain::seats_held{{1, 2},
                                             domain::buyer_id{"ann"},
                                             {{domain::seat_no{3}, 100}, {domain::seat_no{300}, -1}},
                                             domain::instant{domain::microseconds{4}},
                                             5};
      std::string expected{"\x01\x00"
                           "\x01\0\0\0\0\0\0\0\x02\0\0\0\0\0\0\0"
                           "\x03"
                           "ann"
                           "\x02"
                           "\x03"
                           "\xC8\x01"
                           "\xAC\x02"
                           "\x01"
                           "\x04\0\0\0\0\0\0\0"
                           "\x05\0\0\0\0\0\0\0",
                           45};
      CHECK(encoded(fact) == expected);
    }
  }
}

SCENARIO("settings that were written before they said more are read with the defaults") {
  GIVEN("settings as the first version wrote them") {
    std::string bytes{"\x01\x08"
                      "\x00"
                      "\x03"
                      "EUR"
                      "\x00"
                      "\xD8\x04"
                      "\x05"
                      "\x64"
                      "\x00"
                      "\x01"
                      "\x00"
                      "\x00"
                      "\x00",
                      17};
    THEN("they are these") {
      domain::event_settings settings;
      settings.max_seats_per_buyer = 5;
      CHECK(decode(bytes) == domain::fact{domain::event_defined{settings}});
      settings.rehold = {domain::seconds{7}};
      CHECK(decode(encoded(domain::event_defined{settings})) == domain::fact{domain::event_defined{settings}});
      CHECK(!decode(bytes + '\0'));
    }
    THEN("those of the second version say how long seats are left to others, and buyers cancel until the sale closes") {
      domain::event_settings settings;
      settings.max_seats_per_buyer = 5;
      settings.rehold = {domain::seconds{7}};
      auto then = bytes + '\x0E';
      then[0] = '\x02';
      CHECK(decode(then) == domain::fact{domain::event_defined{settings}});
      CHECK(!decode(then + '\0'));
      settings.cancellations = {domain::cancellation_rule::who::nobody, domain::instant{domain::microseconds{9}}};
      CHECK(decode(encoded(domain::event_defined{settings})) == domain::fact{domain::event_defined{settings}});
    }
    THEN("those of the third version say who may cancel, and the event is shown") {
      domain::event_settings settings;
      settings.max_seats_per_buyer = 5;
      settings.rehold = {domain::seconds{7}};
      settings.cancellations.by = domain::cancellation_rule::who::operators;
      auto then = bytes + "\x0E\x01" + '\0';
      then[0] = '\x03';
      CHECK(decode(then) == domain::fact{domain::event_defined{settings}});
      CHECK(!decode(then + '\0'));
      settings.hidden = true;
      auto now = then + '\1';
      now[0] = '\x04';
      CHECK(decode(now) == domain::fact{domain::event_defined{settings}});
      CHECK_EQ(encoded(domain::event_defined{settings}), now);
    }
  }
}

SCENARIO("what only snapshots say has these bytes for as long as they have this version") {
  using bytes = std::string;
  auto written = [](const domain::fact& fact) { return encode_snapshot({fact}); };
  CHECK_EQ(written(domain::section_past{{{1, 2}}, {{domain::seat_no{3}, 4, 100}}}),
           bytes("\0\2\1\1\x0F"
                 "\1\1\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0"
                 "\1\3\4\xC8\1",
                 27));
  CHECK_EQ(written(domain::hold_extended{{1, 2}, domain::instant{domain::microseconds{4}}}),
           bytes("\0\2\1\1\x10"
                 "\1\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0"
                 "\4\0\0\0\0\0\0\0",
                 29));
  CHECK_EQ(
      written(domain::numbers_used_up{{{domain::queue_number{1}, domain::queue_number{7}}}, domain::queue_number{6}}),
      bytes("\0\2\1\1\x11\1\1\7\6", 9));
}

SCENARIO("a snapshot of an earlier version is known as such") {
  auto now = encode_snapshot(one_of_each());
  CHECK(!is_outdated_snapshot(now));
  GIVEN("what was written before snapshots had a version: how many facts, and these") {
    CHECK(is_outdated_snapshot(std::string_view{now}.substr(2)));
    CHECK(!decode_snapshot(std::string_view{now}.substr(2)));
    CHECK(is_outdated_snapshot(std::string_view{"\0", 1}));
  }
  GIVEN("one of a later version, and nothing at all") {
    now[1] = '\x03';
    CHECK(!is_outdated_snapshot(now));
    CHECK(!decode_snapshot(now));
    CHECK(!is_outdated_snapshot({}));
    CHECK(!decode_snapshot({}));
  }
}

SCENARIO("a journal from before seats could be without a price reads as it did") {
  GIVEN("settings with prices of 0 and 100, as they were written then") {
    const std::string then{"\x01\x08"
                           "\x01x"
                           "\x03"
                           "EUR"
                           "\x02\x00\xC8\x01"     // the prices, plain numbers
                           "\xD8\x04\x08\x64\x00" // 300 s, 8 seats, 100 per second, no cap
                           "\x01\x00\x00\x00",    // a waiting room, orphans allowed, no times
                           21};
    THEN("0 is still a price") {
      auto fact = decode(then);
      REQUIRE(fact.has_value());
      const auto& settings = std::get<domain::event_defined>(*fact).settings;
      CHECK(settings.prices == (std::vector<domain::price>{0, 100}));
      CHECK(settings.hold_ttl == domain::seconds{300});
    }
  }
  GIVEN("settings with a category without a price") {
    domain::event_settings settings;
    settings.prices = {{}, 0, 100};
    THEN("it comes back as one, and not as 0") {
      CHECK((decode(encoded(domain::event_defined{settings})) == domain::fact{domain::event_defined{settings}}));
    }
  }
}

SCENARIO("bytes that are no fact are refused, whatever they are") {
  GIVEN("one fact of each kind") {
    THEN("a part of it is no fact, and neither is it with something behind it") {
      for (const auto& fact : one_of_each()) {
        auto bytes = encoded(fact);
        for (std::size_t size = 0; size < bytes.size(); ++size)
          CHECK((!decode(std::string_view{bytes}.substr(0, size))));
        CHECK(!decode(bytes + '\0'));
      }
    }
    THEN("another version or an unknown kind is no fact") {
      auto bytes = encoded(one_of_each().front());
      bytes[0] = 2;
      CHECK(!decode(bytes));
      bytes[0] = 1;
      bytes[1] = static_cast<char>(std::variant_size_v<domain::fact>);
      CHECK(!decode(bytes));
    }
    THEN("a value outside its enumeration is no fact") {
      auto bytes = encoded(domain::event_state_changed{domain::event_state::closed});
      bytes.back() = 100;
      CHECK(!decode(bytes));
    }
  }
  GIVEN("any bytes") {
    THEN("reading them is harmless, and what is read can be written and read again") {
      auto harmless = rc::check([](const std::vector<std::uint8_t>& tail, std::uint8_t kind) {
        std::string bytes{'\x01', static_cast<char>(kind % std::variant_size_v<domain::fact>)};
        bytes.append(tail.begin(), tail.end());
        if (auto fact = decode(bytes))
          RC_ASSERT(decode(encoded(*fact)) == fact);
        auto snapshot = std::string{"\0\2\1", 3} + bytes;
        if (auto facts = decode_snapshot(snapshot))
          RC_ASSERT(decode_snapshot(encode_snapshot(*facts)) == facts);
      });
      CHECK(harmless);
    }
    THEN("so are facts with a few bytes changed") {
      auto harmless = rc::check([](std::vector<std::pair<std::uint16_t, char>> changes) {
        for (const auto& original : one_of_each()) {
          auto bytes = encoded(original);
          for (auto [place, value] : changes)
            bytes[place % bytes.size()] = value;
          if (auto fact = decode(bytes))
            RC_ASSERT(decode(encoded(*fact)) == fact);
        }
      });
      CHECK(harmless);
    }
  }
}

SCENARIO("what belongs to a plan is read as it was written, and nothing else is") {
  GIVEN("numbers of places and settings that are due") {
    plan_supplement supplement;
    CHECK(encode(supplement).empty());
    CHECK((decode_supplement("") == supplement));
    supplement.numbering.sections = {{"stalls", {"A-1", "", "A-2"}, {}},
                                     {"floor", {"", "", ""}, {domain::seat_no{1}, domain::seat_no{300}}}};
    supplement.due = {domain::fact_seq{1'000'000}, {}};
    auto bytes = encode(supplement);
    THEN("all of it comes back") {
      CHECK((decode_supplement(bytes) == supplement));
    }
    THEN("a part of it, or more than it, is nothing") {
      for (std::size_t size = 1; size < bytes.size(); ++size)
        CHECK(!decode_supplement(std::string_view{bytes}.substr(0, size)));
      CHECK(!decode_supplement(bytes + "x"));
      bytes[0] = 5;
      CHECK(!decode_supplement(bytes));
    }
  }
}
