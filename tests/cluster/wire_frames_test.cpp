#define CAF_SUITE cluster.wire_frames

#include "cluster/wire/frames.hpp"

#include "cluster/wire/inspectors.hpp"
#include "tests/cluster/wire_items.hpp"

#include <caf/test/bdd_dsl.hpp>

#include <random>
#include <string>
#include <vector>

using namespace usher;
using namespace usher::tests;

namespace {

std::string frame_of(const std::vector<wire::item>& items) {
  auto frame = wire::write_head(300);
  for (const auto& one : items)
    frame += wire::write(one);
  return frame;
}

std::vector<wire::item> items_in(const std::string& frame) {
  auto got = wire::read(frame);
  CAF_REQUIRE(got.has_value());
  return got->items;
}

/// An item of any kind, from what is behind its length.
std::string framed(const std::string& kind_and_body) {
  std::string bytes;
  wire::byte_writer to{bytes};
  CAF_REQUIRE(to.value(kind_and_body));
  return bytes;
}

/// The kind and body of an item that is shorter than 128 bytes.
std::string without_length(const wire::item& what) {
  return wire::write(what).substr(1);
}

} // namespace

SCENARIO("a batch is read as it was written") {
  auto got = wire::read(frame_of(one_of_each_item()));
  CAF_REQUIRE(got.has_value());
  CHECK((*got == wire::batch{300, one_of_each_item()}));
  CHECK_EQ(got->items.size(), std::variant_size_v<wire::item>);
}

SCENARIO("a batch may have no items") {
  CHECK((wire::read(wire::write_head(0)) == wire::batch{}));
}

SCENARIO("other versions are not read") {
  auto frame = wire::write_head(0);
  CHECK_EQ(frame[0], 1);
  for (char version : {'\0', '\2', '\x7f'}) {
    frame[0] = version;
    CHECK(!wire::read(frame));
  }
}

SCENARIO("items of an unknown kind are skipped") {
  const wire::item known = wire::lost{7};
  const auto frame = wire::write_head(0) + framed(std::string(1, '\0')) + framed("\x7f") + wire::write(known)
                     + framed("\xff" + std::string(300, 'x')) + wire::write(known);
  CHECK((items_in(frame) == std::vector{known, known}));
}

SCENARIO("an item without a kind is none") {
  CHECK(!wire::read(wire::write_head(0) + std::string(1, '\0')));
}

SCENARIO("fields that later releases append to items are skipped") {
  std::vector<wire::item> read;
  for (const auto& one : one_of_each_item())
    for (auto& got : items_in(wire::write_head(0) + framed(without_length(one) + "\x05later")))
      read.push_back(std::move(got));
  CHECK((read == one_of_each_item()));
}

SCENARIO("fields that an item does not have are as they are by default") {
  const auto frame = wire::write_head(0) + framed("\x01") + framed("\x03\x09") + framed("\x08");
  CHECK((items_in(frame) == std::vector<wire::item>{wire::request{}, wire::answer{9, {}}, wire::gateways{}}));
}

SCENARIO("a refusal for a reason that is not known leaves the outcome unknown") {
  for (char reason : {'\0', '\x7f'}) {
    const auto refusal = std::string{"\x04\x09\x01"} + reason; // kind, number, length of the refusal
    const wire::item next = wire::unknown{10};
    CHECK((items_in(wire::write_head(0) + framed(refusal) + wire::write(next))
           == std::vector<wire::item>{wire::unknown{9}, next}));
  }
}

SCENARIO("a kind of shard that is not known is refused") {
  auto frame = wire::write_head(0) + wire::write(wire::told{});
  CHECK(wire::read(frame).has_value());
  frame[5] = 3; // behind version, consumed, and the item's length and kind comes the shard's length
  CHECK(!wire::read(frame));
}

SCENARIO("a frame that is cut short is refused, or has the items before the cut") {
  const auto all = one_of_each_item();
  const auto whole = frame_of(all);
  auto shorter = 0;
  for (std::size_t size = 0; size < whole.size(); ++size) {
    auto got = wire::read(std::string_view{whole}.substr(0, size));
    if (!got)
      continue;
    ++shorter;
    CHECK(std::equal(got->items.begin(), got->items.end(), all.begin()));
    CHECK_EQ(frame_of(got->items).size(), size);
  }
  CHECK_EQ(shorter, static_cast<int>(all.size()));
}

SCENARIO("damaged frames are a batch or none") {
  std::mt19937 random{1};
  const auto whole = frame_of(one_of_each_item());
  auto read = 0;
  auto wrong = 0;
  for (auto i = 0; i < 100'000; ++i) {
    auto frame = whole;
    for (auto changes = 1 + random() % 3; changes > 0; --changes)
      frame[random() % frame.size()] ^= static_cast<char>(1 + random() % 255);
    auto got = wire::read(frame);
    if (!got)
      continue;
    ++read;
    wrong += items_in(frame_of(got->items)) == got->items ? 0 : 1;
  }
  CHECK_EQ(wrong, 0);
  CHECK_GT(read, 1'000);
}
