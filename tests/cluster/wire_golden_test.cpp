#define CAF_SUITE cluster.wire_golden

#include "tests/cluster/wire_examples.hpp"
#include "tests/cluster/wire_fixture.hpp"
#include "tests/cluster/wire_items.hpp"

#include <caf/test/bdd_dsl.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <string_view>

using namespace usher;
using namespace usher::tests;

namespace {

const std::filesystem::path folder = std::filesystem::path{USHER_SOURCE_DIR} / "tests/cluster/golden";

std::string in_hex(std::string_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const auto byte = static_cast<unsigned char>(bytes[i]);
    text += digits[byte >> 4];
    text += digits[byte & 15];
    if (i % 32 == 31 && i + 1 < bytes.size())
      text += '\n';
  }
  return text + '\n';
}

std::string content_of(const std::filesystem::path& file) {
  std::ostringstream text;
  text << std::ifstream{file}.rdbuf();
  return text.str();
}

/// `001-hold_seats.hex`: tags sort as they are numbered.
template <class Kind>
std::string name_of(const Kind& kind) {
  const auto tag = std::to_string(kind.tag);
  const auto type = caf::to_string(caf::type_name_v<typename Kind::type>);
  return std::string(3 - tag.size(), '0') + tag + '-' + type.substr(type.rfind(':') + 1) + ".hex";
}

struct fixture : wire_fixture {
  std::set<std::string> seen;

  /// Whether the bytes are those of the file; a file that is missing is written when it is asked for.
  void compare(const std::string& name, std::string_view bytes) {
    seen.insert(name);
    const auto file = folder / name;
    if (!std::filesystem::exists(file) && std::getenv("USHER_WRITE_GOLDEN"))
      std::ofstream{file} << in_hex(bytes);
    if (!std::filesystem::exists(file))
      CAF_ERROR(name << " is missing: run this test with USHER_WRITE_GOLDEN=1 to write what is missing");
    else if (content_of(file) != in_hex(bytes))
      CAF_ERROR(name << " has other bytes than are written now. Releases would not understand each other, unless all "
                        "that has changed is that something got fields at its end. If so, delete the file and run this "
                        "test with USHER_WRITE_GOLDEN=1");
    else
      CHECK(true);
  }
};

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("every message and frame is written as in the releases before") {
  for_all_that_travels([&]<class Kind>(const Kind& kind) {
    auto bytes = wire::encode(packed(kind, example_values::make<typename Kind::type>()), numbers);
    CAF_REQUIRE(bytes.has_value());
    compare(name_of(kind), bytes->body);
  });
  auto frame = wire::write_head(300);
  for (const auto& one : one_of_each_item())
    frame += wire::write(one);
  compare("frame.hex", frame);
  for (const auto& file : std::filesystem::directory_iterator{folder})
    if (!seen.contains(file.path().filename()))
      CAF_ERROR(file.path().filename() << " is of a message that does not travel any more");
}

END_FIXTURE_SCOPE()
