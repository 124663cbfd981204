#define CAF_SUITE cluster.wire_growth

#include "cluster/wire/inspectors.hpp"
#include "messages/domain_types.hpp"

#include <caf/test/bdd_dsl.hpp>

#include <limits>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

using namespace usher;
using namespace usher::cluster;

namespace {

// ---- a message, as two releases have it ----

struct older {
  std::uint32_t number = 7;
  std::string name = "nobody";
};

template <class Inspector>
bool inspect(Inspector& f, older& x) {
  return f.object(x).fields(f.field("number", x.number), f.field("name", x.name));
}

struct newer {
  std::uint32_t number = 7;
  std::string name = "nobody";
  std::optional<std::int64_t> price{5};
  std::vector<older> parts{{1, "one"}};
  bool wanted = true;
};

template <class Inspector>
bool inspect(Inspector& f, newer& x) {
  return f.object(x).fields(f.field("number", x.number), f.field("name", x.name), f.field("price", x.price),
                            f.field("parts", x.parts), f.field("wanted", x.wanted));
}

/// Has others before and behind what grows.
template <class Part>
struct parcel {
  std::vector<Part> parts;
  std::pair<Part, std::uint16_t> last;
  double weight = 0;
};

template <class Inspector, class Part>
bool inspect(Inspector& f, parcel<Part>& x) {
  return f.object(x).fields(f.field("parts", x.parts), f.field("last", x.last), f.field("weight", x.weight));
}

struct nested {
  std::vector<nested> inside;
};

template <class Inspector>
bool inspect(Inspector& f, nested& x) {
  return f.object(x).fields(f.field("inside", x.inside));
}

// ---- bytes ----

template <class T>
std::string written(const T& value) {
  std::string bytes;
  wire::byte_writer to{bytes};
  CAF_REQUIRE(to.apply(value));
  return bytes;
}

template <class T>
std::optional<T> read(const std::string& bytes) {
  wire::byte_reader from{bytes};
  T value{};
  return from.apply(value) && from.at_end() ? std::make_optional(std::move(value)) : std::nullopt;
}

template <class T>
bool survives(const T& value) {
  return read<T>(written(value)) == value;
}

template <class T>
bool extremes_survive() {
  return survives(std::numeric_limits<T>::min()) && survives(std::numeric_limits<T>::max()) && survives(T{0})
         && survives(T{1}) && survives(static_cast<T>(-1));
}

std::string repeated(const std::string& what, std::size_t times) {
  std::string result;
  for (; times > 0; --times)
    result += what;
  return result;
}

nested nest(unsigned depth) {
  nested result;
  if (depth > 1)
    result.inside.push_back(nest(depth - 1));
  return result;
}

} // namespace

SCENARIO("an older release skips the fields that it does not know") {
  parcel<newer> sent{{{1, "a", 2, {{3, "b"}}, false}, {4, std::string(300, 'c'), {}, {}, false}}, {{5, "d"}, 6}, 0.5};
  auto got = read<parcel<older>>(written(sent));
  CAF_REQUIRE(got.has_value());
  CAF_REQUIRE(got->parts.size() == 2);
  CHECK_EQ(got->parts[0].number, 1u);
  CHECK_EQ(got->parts[0].name, "a");
  CHECK_EQ(got->parts[1].number, 4u);
  CHECK_EQ(got->parts[1].name, std::string(300, 'c'));
  CHECK_EQ(got->last.first.name, "d");
  CHECK_EQ(got->last.second, 6u);
  CHECK_EQ(got->weight, 0.5);
}

SCENARIO("a newer release leaves the fields that are missing as they are by default") {
  parcel<older> sent{{{1, "a"}, {4, "c"}}, {{5, "d"}, 6}, 0.5};
  auto got = read<parcel<newer>>(written(sent));
  CAF_REQUIRE(got.has_value());
  CAF_REQUIRE(got->parts.size() == 2);
  for (const auto& part : got->parts) {
    CHECK_EQ(part.price.value_or(0), 5);
    CHECK_EQ(part.parts.size(), 1u);
    CHECK(part.wanted);
  }
  CHECK_EQ(got->parts[1].number, 4u);
  CHECK_EQ(got->last.first.number, 5u);
  CHECK_EQ(got->last.second, 6u);
  CHECK_EQ(got->weight, 0.5);
}

SCENARIO("an object without any field is one by default") {
  auto got = read<older>(std::string(1, '\0'));
  CAF_REQUIRE(got.has_value());
  CHECK_EQ(got->number, 7u);
  CHECK_EQ(got->name, "nobody");
}

SCENARIO("numbers of every size survive") {
  CHECK(extremes_survive<std::uint8_t>());
  CHECK(extremes_survive<std::int8_t>());
  CHECK(extremes_survive<std::uint16_t>());
  CHECK(extremes_survive<std::int16_t>());
  CHECK(extremes_survive<std::uint32_t>());
  CHECK(extremes_survive<std::int32_t>());
  CHECK(extremes_survive<std::uint64_t>());
  CHECK(extremes_survive<std::int64_t>());
  CHECK(survives(true));
  CHECK(survives(-0.1));
  CHECK(survives(std::numeric_limits<double>::infinity()));
  CHECK(survives(std::map<std::uint16_t, std::string>{{1, "a"}, {300, ""}}));
}

SCENARIO("numbers are as long as they are large") {
  CHECK_EQ(written(std::uint64_t{127}), "\x7f");
  CHECK_EQ(written(std::uint64_t{300}), "\xac\x02");
  CHECK_EQ(written(std::int64_t{-1}), "\x01");
  CHECK_EQ(written(std::int32_t{-65}), "\x81\x01");
  CHECK_EQ(written(std::uint8_t{200}), "\xc8");
  CHECK_EQ(written(-2.0), std::string("\0\0\0\0\0\0\0\xc0", 8));
  CHECK_EQ(written(older{1, "ab"}), std::string("\x04\x01\x02") + "ab");
}

SCENARIO("an object of any length has its length before it") {
  for (std::size_t size : {100u, 124u, 125u, 126u, 127u, 128u, 129u, 20'000u, 3'000'000u}) {
    auto got = read<parcel<older>>(written(parcel<older>{{{1, std::string(size, 'x')}}, {{2, "y"}, 3}, 4}));
    CAF_REQUIRE(got.has_value());
    CHECK_EQ(got->parts.at(0).name, std::string(size, 'x'));
    CHECK_EQ(got->last.first.name, "y");
  }
}

SCENARIO("a number that its type has no room for is refused") {
  CHECK(!read<std::uint16_t>("\x80\x80\x04"));
  CHECK(read<std::uint16_t>("\xff\xff\x03").has_value());
  CHECK(!read<std::int16_t>(written(std::int64_t{32'768})));
  CHECK(!read<std::int16_t>(written(std::int64_t{-32'769})));
  CHECK(!read<std::uint64_t>(repeated("\xff", 9) + "\x02"));
  CHECK(!read<std::uint64_t>(repeated("\x80", 10) + std::string(1, '\0')));
  CHECK(!read<std::uint64_t>(repeated("\xff", 9)));
  CHECK(!read<bool>("\x02"));
  CHECK(!read<domain::seat_state>("\x05"));
  CHECK(!read<double>("1234567"));
}

SCENARIO("nothing is set up for more than there are bytes") {
  const auto most = written(std::numeric_limits<std::uint64_t>::max());
  for (const auto& count : {most, written(std::uint64_t{11}), written(std::uint64_t{1} << 40)}) {
    const auto bytes = count + std::string(10, '\0');
    CHECK(!read<std::string>(bytes));
    CHECK(!read<std::vector<std::uint64_t>>(bytes));
    CHECK(!read<std::vector<older>>(bytes));
    CHECK(!(read<std::map<std::uint16_t, std::string>>(bytes)));
    CHECK(!read<older>(bytes));
  }
}

SCENARIO("objects lie in each other only so deep") {
  CHECK(read<nested>(written(nest(wire::byte_reader::depth_max))).has_value());
  CHECK(!read<nested>(written(nest(wire::byte_reader::depth_max + 1))));
  CHECK(!read<nested>(written(nest(1'000))));
}

SCENARIO("what could not be read in an object does not matter behind it") {
  const auto bytes = written(older{1, "a"}) + "\x01";
  wire::byte_reader from{bytes};
  CHECK(!from.with_length([] { return false; }));
  std::uint8_t behind = 0;
  CHECK(from.value(behind));
  CHECK_EQ(behind, 1u);
  CHECK(from.at_end());
}
