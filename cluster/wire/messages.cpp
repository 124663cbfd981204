#include "cluster/wire/messages.hpp"

#include "cluster/wire/inspectors.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

namespace usher::cluster::wire {

namespace {

/// One type of message that travels.
struct kind {
  message_tag tag;
  caf::type_id_t type; ///< of its first element
  bool (*write)(byte_writer& to, const caf::message& what, const number_of_gateway& numbers);
  std::optional<caf::message> (*read)(byte_reader& from, const gateway_of_number& gateways);
  bool passed_on = false;
};

template <class T>
bool write_alone(byte_writer& to, const caf::message& what, const number_of_gateway&) {
  return what.match_elements<T>() && to.apply(what.get_as<T>(0));
}

template <class T>
std::optional<caf::message> read_alone(byte_reader& from, const gateway_of_number&) {
  T what{};
  if (!from.apply(what))
    return std::nullopt;
  return caf::make_message(std::move(what));
}

template <class T>
bool write_with_gateway(byte_writer& to, const caf::message& what, const number_of_gateway& numbers) {
  if (!what.match_elements<T, messages::gateway_actor>() || !numbers)
    return false;
  auto number = numbers(what.get_as<messages::gateway_actor>(1));
  return number && to.apply(what.get_as<T>(0)) && to.value(*number);
}

template <class T>
std::optional<caf::message> read_with_gateway(byte_reader& from, const gateway_of_number& gateways) {
  T what{};
  std::uint32_t number = 0;
  if (!from.apply(what) || !from.value(number) || !gateways)
    return std::nullopt;
  auto gateway = gateways(number);
  if (!gateway)
    return std::nullopt;
  return caf::make_message(std::move(what), std::move(gateway));
}

template <class T>
constexpr kind alone(message_tag tag) {
  return {tag, caf::type_id_v<T>, &write_alone<T>, &read_alone<T>};
}

template <class T>
constexpr kind with_gateway(message_tag tag) {
  return {tag, caf::type_id_v<T>, &write_with_gateway<T>, &read_with_gateway<T>};
}

constexpr kind passed_on(kind what) {
  what.passed_on = true;
  return what;
}

/// By tag. A tag that was given once is never given to another type, nor is its line taken out while a release that
/// sends it may be around. Each group is followed by tags that are free for more of its kind.
constexpr std::array kinds{
    // Gateways to shards.
    passed_on(alone<messages::hold_seats>(1)),
    alone<messages::release_hold>(2),
    alone<messages::find_hold>(3),
    alone<messages::start_order>(4),
    alone<messages::find_order>(5),
    alone<messages::cancel_order>(6),
    alone<messages::list_orders>(7),
    alone<messages::refund_order>(8),
    alone<messages::refund_orders>(9),
    alone<messages::describe_event>(10),
    alone<messages::change_event>(11),
    alone<messages::block_seats>(12),
    alone<messages::report_event>(13),
    alone<messages::read_section>(14),
    with_gateway<messages::watch_section>(15),
    with_gateway<messages::unwatch_section>(16),
    with_gateway<messages::join_queue>(17),
    alone<messages::ask_place>(18),
    alone<messages::leave_queue>(19),
    with_gateway<messages::people_left>(20),
    alone<messages::list_own>(21),
    // Shards to each other.
    alone<messages::hold_in_section>(64),
    alone<messages::start_payment>(65),
    alone<messages::stop_payment>(66),
    alone<messages::sell_seats>(67),
    alone<messages::take_back_seats>(68),
    alone<messages::block_in_section>(69),
    alone<messages::report_section>(70),
    alone<messages::list_claims>(71),
    alone<messages::terms_changed>(72),
    alone<messages::room_settings>(73),
    alone<messages::count_people>(74),
    alone<messages::shopping_ended>(75),
    alone<messages::allowance_back>(76),
    alone<messages::section_opened>(77),
    alone<messages::section_totals_changed>(78),
    alone<messages::room_opened>(79),
    alone<messages::put_known_event>(80),
    // Answers.
    alone<messages::hold_granted>(128),
    alone<messages::order_view>(129),
    alone<messages::order_list>(130),
    alone<messages::refund_progress>(131),
    alone<messages::event_view>(132),
    alone<messages::event_report>(133),
    alone<messages::section_view>(134),
    alone<domain::queue_place>(135),
    alone<messages::section_claims>(136),
    alone<messages::section_report>(137),
    alone<domain::waiting_room::figures>(138),
    alone<messages::own_list>(139),
    // News for gateways.
    alone<messages::seats_changed>(192),
    alone<messages::hold_expired>(193),
    alone<messages::order_changed>(194),
    alone<messages::people_admitted>(195),
    alone<messages::place_given_up>(196),
    alone<messages::queue_moved>(197),
};

constexpr bool is_in_order() {
  auto before = nothing;
  return std::ranges::all_of(kinds, [&](const kind& one) { return std::exchange(before, one.tag) < one.tag; });
}
static_assert(is_in_order(), "a tag stands for one type");

/// Where in the table each type of the block stands; the table's size for those that do not travel.
using block = caf::id_block::usher;
constexpr auto places = [] {
  std::array<std::size_t, block::end - block::begin> result{};
  result.fill(kinds.size());
  for (std::size_t i = 0; i < kinds.size(); ++i)
    result.at(kinds[i].type - block::begin) = i;
  return result;
}();
static_assert(std::ranges::count_if(places, [](std::size_t place) { return place < kinds.size(); }) == kinds.size(),
              "a type has one tag");

const kind* find_type(caf::type_id_t type) {
  if (type < block::begin || type >= block::end)
    return nullptr;
  auto place = places[type - block::begin];
  return place < kinds.size() ? &kinds[place] : nullptr;
}

const kind* find_tag(message_tag tag) {
  const auto* found = std::ranges::lower_bound(kinds, tag, {}, &kind::tag);
  return found != kinds.end() && found->tag == tag ? found : nullptr;
}

constexpr std::size_t usual_message_bytes = 128; ///< enough for most messages

} // namespace

std::optional<encoded> encode(const caf::message& what, const number_of_gateway& numbers) {
  encoded result;
  if (what.empty())
    return result;
  const auto* found = find_type(what.type_at(0));
  if (!found)
    return std::nullopt;
  result.tag = found->tag;
  result.body.reserve(usual_message_bytes);
  byte_writer to{result.body};
  if (!found->write(to, what, numbers))
    return std::nullopt;
  return result;
}

std::optional<caf::message> decode(message_tag tag, std::string_view body, const gateway_of_number& gateways) {
  if (tag == nothing)
    return body.empty() ? std::make_optional<caf::message>() : std::nullopt;
  const auto* found = find_tag(tag);
  if (!found)
    return std::nullopt;
  byte_reader from{body};
  auto what = found->read(from, gateways);
  return from.at_end() ? what : std::nullopt;
}

bool may_be_passed_on(message_tag tag) {
  const auto* found = find_tag(tag);
  return found && found->passed_on;
}

} // namespace usher::cluster::wire
