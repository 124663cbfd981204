#define CAF_SUITE cluster.link_words

#include "cluster/link/link_words.hpp"

#include <caf/test/bdd_dsl.hpp>

#include <limits>
#include <random>
#include <vector>

using namespace usher::cluster;

namespace {

const std::vector<link_word> samples{
    {0, link_hello{.cluster = "7f3a", .name = "north", .me = 3, .you = 2, .session = 17}},
    {5, link_hello{.cluster = {}, .name = std::string(63, 'x'), .me = std::numeric_limits<std::uint64_t>::max()}},
    {1ULL << 63, link_beat{1ULL << 40, 9, 1ULL << 33}},
    {7, link_payload{std::string("\0\xff and more", 11)}},
    {7, link_payload{}},
};

} // namespace

SCENARIO("what one end writes the other one reads") {
  for (const auto& word : samples)
    CHECK((read_link_word(write(word)) == word));
}

SCENARIO("the words of this release are these bytes") {
  CHECK_EQ(write({2, link_beat{0x0102, 3, 4}}),
           std::string("\2\2\0\0\0\0\0\0\0\2\1\0\0\0\0\0\0\3\0\0\0\0\0\0\0\4\0\0\0\0\0\0\0", 33));
  CHECK_EQ(write({1, link_payload{"frame"}}), std::string("\3\1\0\0\0\0\0\0\0frame", 14));
  CHECK_EQ(write({0, link_hello{.cluster = "c", .name = "ab", .me = 2, .you = 1, .session = 9}}),
           std::string("\1\0\0\0\0\0\0\0\0\1\0\1\0c\2\0ab\2\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\t\0\0\0\0\0\0\0", 42));
}

SCENARIO("a hello of another version is read as far as that") {
  auto later = write({0, link_hello{.version = 2, .cluster = "c", .name = "n"}});
  auto read = read_link_word(later.substr(0, 11));
  CAF_REQUIRE(read.has_value());
  CHECK_EQ(std::get<link_hello>(read->what).version, 2u);
}

SCENARIO("a beat of an older release says nothing of how long it held its echo") {
  auto whole = write({2, link_beat{7, 3, 4}});
  auto read = read_link_word(whole.substr(0, 25));
  CAF_REQUIRE(read.has_value());
  CHECK((read->what == decltype(read->what){link_beat{7, 3, 0}}));
}

SCENARIO("fields that a later release has added are skipped") {
  for (const auto& word : samples)
    if (!std::holds_alternative<link_payload>(word.what))
      CHECK((read_link_word(write(word) + "more") == word));
}

SCENARIO("what is cut short, or of no known kind, is no word") {
  for (const auto& word : samples) {
    auto whole = write(word);
    auto is_beat = std::holds_alternative<link_beat>(word.what);
    std::size_t shortest = std::holds_alternative<link_payload>(word.what) ? 9 : is_beat ? 25 : whole.size();
    for (std::size_t size = 0; size < shortest; ++size)
      CHECK(!read_link_word(whole.substr(0, size)));
    whole[0] = 0;
    CHECK(!read_link_word(whole));
    whole[0] = 4;
    CHECK(!read_link_word(whole));
  }
}

SCENARIO("whatever the bytes are, reading them does no harm") {
  std::minstd_rand random{1};
  for (auto i = 0; i < 20'000; ++i) {
    auto bytes = write(samples[random() % samples.size()]);
    for (auto change = random() % 4; change > 0; --change)
      bytes[random() % bytes.size()] = static_cast<char>(random());
    bytes.resize(random() % (bytes.size() + 1));
    if (auto read = read_link_word(bytes))
      CHECK((read_link_word(write(*read)) == read));
  }
}
