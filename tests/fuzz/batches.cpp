#include "cluster/wire/frames.hpp"
#include "cluster/wire/messages.hpp"
#include "domain/ensure.hpp"
#include "tests/cluster/wire_examples.hpp"
#include "tests/cluster/wire_fixture.hpp"
#include "tests/cluster/wire_items.hpp"
#include "tests/fuzz/target.hpp"

#include <caf/init_global_meta_objects.hpp>

#include <algorithm>
#include <optional>

namespace usher::fuzz {

namespace {

namespace wire = cluster::wire;

struct prepared_types {
  prepared_types() {
    caf::init_global_meta_objects<caf::id_block::usher>();
    caf::core::init_global_meta_objects();
  }
};

/// Gateways that come with messages. They never end: at the end of a program the actor system that they are of would
/// miss what CAF keeps for the main thread.
tests::wire_fixture& gateways() {
  static prepared_types types;
  static auto* here = new tests::wire_fixture;
  return *here;
}

/// What is a message is so again when it was written; the second time it has just the bytes that it had the first time.
void try_message(const wire::encoded& bytes) {
  const auto& here = gateways();
  auto what = wire::decode(bytes.tag, bytes.body, here.handles);
  if (!what)
    return;
  auto written = wire::encode(*what, here.numbers);
  domain::ensure(written && written->tag == bytes.tag, "what was read can be written");
  auto again = wire::decode(written->tag, written->body, here.handles);
  domain::ensure(again && wire::encode(*again, here.numbers) == written, "what was written can be read");
}

void try_item(const wire::item& one) {
  std::visit(
      []<class Item>(const Item& known) {
        if constexpr (requires { known.what; })
          try_message(known.what);
      },
      one);
}

void try_batch(const wire::batch& whole) {
  auto frame = wire::write_head(whole.consumed);
  for (const auto& one : whole.items)
    frame += wire::write(one);
  domain::ensure(wire::read(frame) == whole, "what was read is the same when it was written");
}

} // namespace

std::vector<std::string> seeds() {
  auto& here = gateways();
  auto all = wire::write_head(300);
  for (const auto& one : tests::one_of_each_item())
    all += wire::write(one);
  std::vector<std::string> result{std::move(all)};
  tests::for_all_that_travels([&]<class Kind>(const Kind& kind) {
    auto bytes = wire::encode(here.packed(kind, tests::example_values::make<typename Kind::type>()), here.numbers);
    result.push_back(static_cast<char>(kind.tag) + bytes->body);
    result.push_back(wire::write_head(0) + wire::write(wire::told{{}, *std::move(bytes)}));
  });
  return result;
}

/// As a frame, and as a message with its tag before it: a change of a message in a frame is nearly always one that the
/// frame's lengths give away.
void try_out(std::string_view text) {
  if (auto whole = wire::read(text)) {
    std::ranges::for_each(whole->items, try_item);
    try_batch(*whole);
  }
  if (!text.empty())
    try_message({static_cast<unsigned char>(text.front()), std::string{text.substr(1)}});
}

} // namespace usher::fuzz
