#define CAF_SUITE cluster.wire

#include "cluster/wire/messages.hpp"

#include "tests/cluster/wire_examples.hpp"
#include "tests/cluster/wire_fixture.hpp"

#include <caf/test/bdd_dsl.hpp>

#include <random>
#include <string>

using namespace usher;
using namespace usher::tests;

namespace {

struct fixture : wire_fixture {
  [[nodiscard]] std::string body_of(const caf::message& what) {
    auto bytes = wire::encode(what, numbers);
    CAF_REQUIRE(bytes.has_value());
    return bytes->body;
  }

  template <class Kind>
  [[nodiscard]] bool is_read_as(const Kind&, const wire::encoded& bytes, const typename Kind::type& content) {
    auto got = wire::decode(bytes.tag, bytes.body, handles);
    if (!got || !got->template match_element<typename Kind::type>(0))
      return false;
    if constexpr (Kind::with_gateway)
      if (got->size() != 2 || got->template get_as<messages::gateway_actor>(1) != gateways[1])
        return false;
    return same(got->template get_as<typename Kind::type>(0), content);
  }

  template <class Kind>
  [[nodiscard]] bool survives(const Kind& kind, const typename Kind::type& content) {
    auto bytes = wire::encode(packed(kind, content), numbers);
    return bytes && bytes->tag == kind.tag && is_read_as(kind, *bytes, content);
  }

  /// Whether the bytes are none of a message, or a message that survives another journey.
  [[nodiscard]] bool is_refused_or_sound(wire::message_tag tag, const std::string& body) {
    auto got = wire::decode(tag, body, handles);
    if (!got)
      return true;
    auto written = wire::encode(*got, numbers);
    auto again = written ? wire::decode(written->tag, written->body, handles) : std::nullopt;
    return again && wire::encode(*again, numbers) == written;
  }
};

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("every message that travels is read as it was written") {
  for_all_that_travels([&]<class Kind>(const Kind& kind) {
    varied_values values{kind.tag, {caf::actor_cast<caf::actor>(gateways[0])}};
    auto wrong = survives(kind, example_values::make<typename Kind::type>()) ? 0 : 1;
    for (auto i = 0; i < 300; ++i)
      wrong += survives(kind, values.make<typename Kind::type>()) ? 0 : 1;
    if (wrong > 0)
      CAF_MESSAGE(caf::type_name_v<typename Kind::type>);
    CHECK_EQ(wrong, 0);
  });
}

SCENARIO("an answer without content has no bytes") {
  auto bytes = wire::encode({}, {});
  CAF_REQUIRE(bytes.has_value());
  CHECK((*bytes == wire::encoded{wire::nothing, ""}));
  auto got = wire::decode(wire::nothing, "", {});
  CAF_REQUIRE(got.has_value());
  CHECK(got->empty());
  CHECK(!wire::decode(wire::nothing, "a", {}));
}

SCENARIO("what does not travel is not written") {
  CHECK(!wire::encode(caf::make_message(1), numbers));
  CHECK(!wire::encode(caf::make_message(messages::flush{}), numbers));
  CHECK(!wire::encode(caf::make_message(messages::put_event{}), numbers));
  CHECK(!wire::encode(caf::make_message(messages::subscribe{}, gateways[0]), numbers));
  CHECK(!wire::encode(caf::make_message(messages::find_hold{}, 1), numbers));
  CHECK(!wire::encode(caf::make_message(messages::watch_section{}), numbers));
  CHECK(!wire::encode(caf::make_message(messages::find_hold{}, gateways[0]), numbers));
}

SCENARIO("a gateway that is not known does not come with a message") {
  CHECK(!wire::encode(caf::make_message(messages::watch_section{}, make_gateway()), numbers));
  CHECK(!wire::encode(caf::make_message(messages::watch_section{}, gateways[0]), {}));
  auto bytes = wire::encode(caf::make_message(messages::watch_section{}, gateways[2]), numbers);
  CAF_REQUIRE(bytes.has_value());
  CHECK(wire::decode(bytes->tag, bytes->body, handles).has_value());
  CHECK(!wire::decode(bytes->tag, bytes->body, {}));
  bytes->body.back() = 3;
  CHECK(!wire::decode(bytes->tag, bytes->body, handles));
}

SCENARIO("only an event's holds are passed on") {
  for_all_that_travels([](const auto& kind) { CHECK_EQ(wire::may_be_passed_on(kind.tag), kind.tag == 1); });
  CHECK(!wire::may_be_passed_on(wire::nothing));
  CHECK(!wire::may_be_passed_on(60'000));
}

SCENARIO("no tag is known that is not tested") {
  std::vector<wire::message_tag> tested{wire::nothing};
  for_all_that_travels([&](const auto& kind) { tested.push_back(kind.tag); });
  std::vector<wire::message_tag> known;
  for (std::uint32_t number = 0; number <= 0xffff; ++number) {
    const auto tag = static_cast<wire::message_tag>(number);
    auto is_known = false;
    for (std::size_t zeros = 0; zeros < 3; ++zeros) // nothing, an object without fields, and one with a gateway
      is_known |= wire::decode(tag, std::string(zeros, '\0'), handles).has_value();
    if (is_known)
      known.push_back(tag);
  }
  CHECK((known == tested));
}

SCENARIO("a message that is cut short, or has something behind it, is none") {
  for_all_that_travels([&]<class Kind>(const Kind& kind) {
    const auto whole = body_of(packed(kind, example_values::make<typename Kind::type>()));
    auto accepted = 0;
    for (std::size_t size = 0; size < whole.size(); ++size)
      accepted += wire::decode(kind.tag, whole.substr(0, size), handles) ? 1 : 0;
    CHECK_EQ(accepted, 0);
    CHECK(!wire::decode(kind.tag, whole + '\0', handles));
  });
}

SCENARIO("damaged bytes are a message or none") {
  std::mt19937 random{1};
  auto wrong = 0;
  for_all_that_travels([&]<class Kind>(const Kind& kind) {
    varied_values values{kind.tag, {caf::actor_cast<caf::actor>(gateways[0])}};
    for (auto i = 0; i < 1'000; ++i) {
      auto bytes = body_of(packed(kind, values.make<typename Kind::type>()));
      for (auto changes = 1 + random() % 3; changes > 0; --changes)
        bytes[random() % bytes.size()] ^= static_cast<char>(1 + random() % 255);
      wrong += is_refused_or_sound(kind.tag, bytes) ? 0 : 1;
    }
  });
  CHECK_EQ(wrong, 0);
}

END_FIXTURE_SCOPE()
