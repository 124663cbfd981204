#define CAF_SUITE messages

#include "tests/messages/varied_values.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/binary_deserializer.hpp>
#include <caf/binary_serializer.hpp>
#include <caf/byte_buffer.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/message.hpp>
#include <caf/sec.hpp>
#include <caf/test/bdd_dsl.hpp>

#include <string_view>

using namespace usher;
using namespace usher::tests;

namespace {

using block = caf::id_block::usher;
using block_ids = std::make_integer_sequence<caf::type_id_t, block::end - block::begin>;

/// What never leaves its node, by design: it shares pointers, or carries facts that only this node may write.
/// Everything else in the block of type ids must travel.
template <class T>
inline constexpr bool stays_local = caf::detail::tl_contains<
    caf::detail::type_list<messages::put_event, messages::event_announced, messages::append_facts,
                           messages::facts_durable, messages::append_failed, messages::keep_snapshot,
                           messages::reclaim_shard, messages::shard_reclaimed, messages::shard_stopped,
                           messages::session_requests, messages::payment_answered, messages::shard_served,
                           messages::shard_withdrawn, messages::shard_given, messages::shards_reopened,
                           messages::passed_on, messages::answered_for, messages::news_for, messages::link_changed,
                           messages::store_cut_off, messages::frame_came>,
    T>::value;

/// Calls `f.operator()<T>()` for each type of the block.
template <class F, caf::type_id_t... I>
void for_each_type(F f, std::integer_sequence<caf::type_id_t, I...>) {
  (f.template operator()<caf::type_by_id_t<static_cast<caf::type_id_t>(block::begin + I)>>(), ...);
}

/// Whether a number has a name in its enumeration: the compiler prints it as a name then, and otherwise as a cast.
template <auto Value>
constexpr bool named() {
  constexpr std::string_view function = __PRETTY_FUNCTION__;
  constexpr auto at = function.find("Value = ") + std::string_view{"Value = "}.size();
  return function[at] != '(';
}

struct fixture {
  caf::actor_system_config configuration;
  caf::actor_system system{configuration.set("caf.scheduler.max-threads", 1)};
  std::vector<caf::actor> peers;

  fixture() {
    for (auto i = 0; i < 3; ++i)
      peers.push_back(system.spawn([](caf::event_based_actor*) -> caf::behavior { return {[](int) {}}; }));
  }

  ~fixture() {
    for (const auto& peer : peers)
      caf::anon_send_exit(peer, caf::exit_reason::user_shutdown);
  }

  template <class T>
  [[nodiscard]] caf::byte_buffer bytes_of(const T& value) {
    caf::byte_buffer bytes;
    caf::binary_serializer sink{system, bytes};
    if (!sink.apply(value))
      CAF_FAIL("a value is not written: " << caf::to_string(sink.get_error()));
    return bytes;
  }

  /// Reads a value from all of the bytes; why not, if they are not one.
  template <class T>
  [[nodiscard]] caf::error read(const caf::byte_buffer& bytes, T& value) {
    caf::binary_deserializer source{system, bytes};
    if (!source.apply(value))
      return source.get_error() ? source.get_error() : caf::make_error(caf::sec::runtime_error, "no reason given");
    return source.remaining() == 0 ? caf::error{} : caf::make_error(caf::sec::runtime_error, "bytes are left");
  }
};

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("every message between nodes is read as it was written") {
  GIVEN("all types that have an id and may leave their node") {
    WHEN("values of every shape are written and read") {
      THEN("each member is what it was") {
        auto checked = 0;
        auto round_trip = [&]<class T>() {
          if constexpr (!stays_local<T>) {
            varied_values values{static_cast<std::uint32_t>(caf::type_id_v<T>), peers};
            auto wrong = 0;
            for (auto i = 0; i < 1'000; ++i) {
              const auto written = values.make<T>();
              T got{};
              if (auto why = read(bytes_of(written), got); why || !same(written, got)) {
                ++wrong;
                CAF_MESSAGE(caf::type_name_v<T> << ": " << caf::to_string(why));
              }
            }
            CHECK_EQ(wrong, 0);
            ++checked;
          }
        };
        for_each_type(round_trip, block_ids{});
        CAF_MESSAGE(checked << " types travel");
        CHECK_GT(checked, 60);
      }
    }
  }
}

SCENARIO("a message finds its type at the other end") {
  GIVEN("each type that may leave its node, packed as actors send it") {
    WHEN("the packed message is written and read") {
      THEN("the same value is unpacked") {
        auto round_trip = [&]<class T>() {
          if constexpr (!stays_local<T>) {
            varied_values values{static_cast<std::uint32_t>(caf::type_id_v<T>), peers};
            const auto written = values.make<T>();
            caf::message got;
            CHECK_EQ(read(bytes_of(caf::make_message(written)), got), caf::error{});
            if constexpr (caf::is_error_code_enum_v<T>) { // CAF packs it as an error
              REQUIRE(got.match_elements<caf::error>());
              CHECK_EQ(got.get_as<caf::error>(0), caf::error{written});
            } else {
              REQUIRE(got.match_elements<T>());
              CHECK(same(written, got.get_as<T>(0)));
            }
          }
        };
        for_each_type(round_trip, block_ids{});
      }
    }
  }
}

SCENARIO("what shares pointers or facts cannot leave its node") {
  GIVEN("the types that stay local, which are just those that CAF is told to be unsafe") {
    WHEN("somebody tries to write one") {
      THEN("it is refused as unsafe") {
        auto refused = [&]<class T>() {
          static_assert(stays_local<T> == caf::allowed_unsafe_message_type<T>::value,
                        "a type that is marked as unsafe is named in this test, and no other");
          if constexpr (stays_local<T>) {
            caf::byte_buffer bytes;
            caf::binary_serializer sink{system, bytes};
            CHECK(!sink.apply(caf::make_message(T{})));
            CHECK_EQ(sink.get_error(), caf::sec::unsafe_type);
          }
        };
        for_each_type(refused, block_ids{});
      }
    }
  }
}

SCENARIO("a message that is cut short is an error") {
  GIVEN("each type that may leave its node") {
    WHEN("the last bytes of a value are missing") {
      THEN("it is not read") {
        auto cut = [&]<class T>() {
          if constexpr (!stays_local<T>) {
            varied_values values{static_cast<std::uint32_t>(caf::type_id_v<T>), peers};
            auto accepted = 0;
            for (auto i = 0; i < 20; ++i) {
              const auto whole = bytes_of(values.make<T>());
              const auto step = whole.size() / 64 + 1;
              for (std::size_t size = 0; size < whole.size(); size += step) {
                T got{};
                if (!read(caf::byte_buffer(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)), got)) {
                  CAF_MESSAGE(caf::type_name_v<T> << " of " << whole.size() << " bytes is read from " << size);
                  ++accepted;
                }
              }
            }
            CHECK_EQ(accepted, 0);
          }
        };
        for_each_type(cut, block_ids{});
      }
    }
  }
}

SCENARIO("a number that no enumerator has is an error") {
  GIVEN("the enumerations that travel") {
    WHEN("one more than the last enumerator is read") {
      THEN("it is refused") {
        auto above = [&]<class Enum>(Enum) {
          constexpr auto last = domain::last_of<Enum>::value;
          constexpr auto next = static_cast<Enum>(static_cast<std::underlying_type_t<Enum>>(last) + 1);
          static_assert(named<last>() && !named<next>(), "last_of names the last enumerator");
          Enum got{};
          CHECK_EQ(read(bytes_of(last), got), caf::error{});
          CHECK(got == last);
          CHECK(read(bytes_of(next), got));
        };
        above(domain::rejection{});
        above(domain::togetherness{});
        above(domain::seat_grade{});
        above(domain::seat_state{});
        above(domain::event_state{});
        above(domain::order_state{});
        above(domain::queue_state{});
      }
    }
  }
}

SCENARIO("damaged bytes are a value or an error") {
  GIVEN("each type that may leave its node, with some of its bytes changed") {
    WHEN("it is read") {
      THEN("it is refused, or it is a value that survives another journey") {
        auto refused = 0;
        auto read_all_the_same = 0;
        auto damage = [&]<class T>() {
          if constexpr (!stays_local<T>) {
            varied_values values{static_cast<std::uint32_t>(caf::type_id_v<T>), peers};
            std::mt19937 random{caf::type_id_v<T>};
            auto wrong = 0;
            for (auto i = 0; i < 2'000; ++i) {
              auto bytes = bytes_of(values.make<T>());
              if (bytes.empty())
                continue;
              for (auto changes = 1 + random() % 3; changes > 0; --changes)
                bytes[random() % bytes.size()] ^= static_cast<caf::byte>(1 + random() % 255);
              T got{};
              if (read(bytes, got)) {
                ++refused;
                continue;
              }
              ++read_all_the_same;
              T again{};
              if (read(bytes_of(got), again) || !same(got, again))
                ++wrong;
            }
            CHECK_EQ(wrong, 0);
          }
        };
        for_each_type(damage, block_ids{});
        CAF_MESSAGE(refused << " refused, " << read_all_the_same << " read");
        CHECK_GT(refused, 10'000);
        CHECK_GT(read_all_the_same, 10'000);
      }
    }
  }
}

END_FIXTURE_SCOPE()
