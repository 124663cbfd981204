#include "persistence/fact_codec.hpp"

#include <array>
#include <cstdint>
#include <limits>
#include <tuple>
#include <type_traits>
#include <utility>

namespace usher::persistence {
namespace {

using namespace usher::domain;

constexpr char format_version = 1;
/// Of what contains an event's settings. Since version 2 these say how long seats are left to others, since version 3
/// who may cancel orders, since version 4 whether the event is hidden.
constexpr char rehold_version = 2;
constexpr char cancellations_version = 3;
constexpr char hidden_version = 4;
constexpr char settings_version = hidden_version;
/// Of snapshots. It follows a 0, which those of before cannot begin with unless they are empty: they began with how
/// many facts they have.
constexpr char snapshot_mark = 0;
constexpr char snapshot_version = 2;

/// How a category without a price is written down.
constexpr minor_units no_price = -1;

template <class Enum>
constexpr Enum last_of = Enum{};
template <>
constexpr hold_end last_of<hold_end> = hold_end::unacknowledged;
template <>
constexpr event_state last_of<event_state> = event_state::closed;
template <>
constexpr order_state last_of<order_state> = order_state::given_up;
template <>
constexpr cancellation_rule::who last_of<cancellation_rule::who> = cancellation_rule::who::nobody;

// ---- which fields, in which order; the same list writes and reads ----

template <class X>
constexpr auto fields = nullptr;
template <>
constexpr auto fields<priced_seat> = std::tuple{&priced_seat::seat, &priced_seat::price};
template <>
constexpr auto fields<sold_seat> = std::tuple{&sold_seat::seat, &sold_seat::price, &sold_seat::version};
template <>
constexpr auto fields<ordered_seat> = std::tuple{&ordered_seat::section, &ordered_seat::seat, &ordered_seat::price};
template <>
constexpr auto fields<rehold_rule> = std::tuple{&rehold_rule::pause};
template <>
constexpr auto fields<cancellation_rule> = std::tuple{&cancellation_rule::by, &cancellation_rule::until};
template <>
constexpr auto fields<event_settings> = std::tuple{&event_settings::name,
                                                   &event_settings::currency,
                                                   &event_settings::prices,
                                                   &event_settings::hold_ttl,
                                                   &event_settings::max_seats_per_buyer,
                                                   &event_settings::admission_per_s,
                                                   &event_settings::max_shopping,
                                                   &event_settings::waiting_room,
                                                   &event_settings::refuse_orphans,
                                                   &event_settings::opens_at,
                                                   &event_settings::closes_at,
                                                   &event_settings::rehold,
                                                   &event_settings::cancellations};
template <>
constexpr auto fields<seats_held> =
    std::tuple{&seats_held::hold, &seats_held::buyer, &seats_held::seats, &seats_held::until, &seats_held::wish_digest};
template <>
constexpr auto fields<hold_ended> = std::tuple{&hold_ended::hold, &hold_ended::why};
template <>
constexpr auto fields<payment_started> =
    std::tuple{&payment_started::hold, &payment_started::order, &payment_started::until};
template <>
constexpr auto fields<payment_stopped> =
    std::tuple{&payment_stopped::hold, &payment_stopped::order, &payment_stopped::until};
template <>
constexpr auto fields<seats_sold> =
    std::tuple{&seats_sold::hold, &seats_sold::order, &seats_sold::buyer, &seats_sold::seats};
template <>
constexpr auto fields<seats_returned> = std::tuple{&seats_returned::order, &seats_returned::seats};
template <>
constexpr auto fields<seats_blocked> = std::tuple{&seats_blocked::seats};
template <>
constexpr auto fields<seats_unblocked> = std::tuple{&seats_unblocked::seats};
template <>
constexpr auto fields<event_defined> = std::tuple{&event_defined::settings};
template <>
constexpr auto fields<event_state_changed> = std::tuple{&event_state_changed::state};
template <>
constexpr auto fields<order_started> =
    std::tuple{&order_started::order, &order_started::hold,           &order_started::buyer,
               &order_started::seats, &order_started::total,          &order_started::method,
               &order_started::key,   &order_started::request_digest, &order_started::at};
template <>
constexpr auto fields<order_advanced> =
    std::tuple{&order_advanced::order, &order_advanced::state, &order_advanced::reason, &order_advanced::at};
template <>
constexpr auto fields<order_cancel_requested> = std::tuple{&order_cancel_requested::order, &order_cancel_requested::at};
template <>
constexpr auto fields<numbers_reserved> = std::tuple{&numbers_reserved::up_to};
template <>
constexpr auto fields<number_span> = std::tuple{&number_span::first, &number_span::last};
template <>
constexpr auto fields<turns_taken> = std::tuple{&turns_taken::numbers, &turns_taken::inside_until};
template <>
constexpr auto fields<returned_seat> =
    std::tuple{&returned_seat::seat, &returned_seat::returns, &returned_seat::refunded};
template <>
constexpr auto fields<section_past> = std::tuple{&section_past::ended_holds, &section_past::returned};
template <>
constexpr auto fields<hold_extended> = std::tuple{&hold_extended::hold, &hold_extended::until};
template <>
constexpr auto fields<numbers_used_up> = std::tuple{&numbers_used_up::numbers, &numbers_used_up::highest_turn};
template <>
constexpr auto fields<section_numbering> =
    std::tuple{&section_numbering::id, &section_numbering::guids, &section_numbering::open};
template <>
constexpr auto fields<plan_numbering> = std::tuple{&plan_numbering::sections};
template <>
constexpr auto fields<due_settings> = std::tuple{&due_settings::seq, &due_settings::settings};
template <>
constexpr auto fields<plan_supplement> = std::tuple{&plan_supplement::numbering, &plan_supplement::due};

// ---- the two directions ----

class writer {
public:
  explicit writer(std::string& bytes) : bytes_(bytes) {}

  template <class X>
  void all_fields(const X& x) {
    std::apply([&](auto... member) { (one(x.*member), ...); }, fields<X>);
  }

  void count(std::uint64_t x) {
    std::array<char, 10> digits;
    std::size_t length = 0;
    for (; x >= 0x80; x >>= 7)
      digits[length++] = static_cast<char>(x | 0x80);
    digits[length++] = static_cast<char>(x);
    bytes_.append(digits.data(), length);
  }

private:
  template <class X>
  void one(const X& x) {
    if constexpr (std::is_enum_v<X> || std::is_same_v<X, bool>)
      bytes_ += static_cast<char>(x);
    else
      all_fields(x);
  }
  void one(const event_settings& x) {
    all_fields(x);
    one(x.hidden);
  }
  void one(std::uint32_t x) { count(x); }
  /// Only digests are plain 64-bit numbers: variable length would not make them shorter.
  void one(std::uint64_t x) {
    std::array<char, 8> octets;
    for (std::size_t i = 0; i < octets.size(); ++i)
      octets[i] = static_cast<char>(x >> 8 * i);
    bytes_.append(octets.data(), octets.size());
  }
  void one(std::int64_t x) { count(static_cast<std::uint64_t>(x) << 1 ^ static_cast<std::uint64_t>(x >> 63)); }
  void one(seconds x) { one(static_cast<std::int64_t>(x.count())); }
  void one(instant x) { one(static_cast<std::uint64_t>(x.time_since_epoch().count())); }
  void one(const std::string& x) {
    count(x.size());
    bytes_ += x;
  }
  template <class Tag, class Representation>
  void one(const identifier<Tag, Representation>& x) {
    if constexpr (std::is_same_v<Representation, std::string>)
      one(x.value());
    else
      count(x.value());
  }
  template <class Tag>
  void one(const wide_id<Tag>& x) {
    one(x.high);
    one(x.low);
  }
  /// Journals from before seats could be without a price have plain amounts here, never negative ones.
  void one(const price& x) { one(x.value_or(no_price)); }
  template <class X>
  void one(const std::optional<X>& x) {
    one(x.has_value());
    if (x)
      one(*x);
  }
  template <class X>
  void one(const std::vector<X>& xs) {
    count(xs.size());
    for (const auto& x : xs)
      one(x);
  }

  std::string& bytes_;
};

/// Once something does not fit, everything after it reads as empty and `good` stays false.
class reader {
public:
  explicit reader(std::string_view bytes) : rest_(bytes) {}

  [[nodiscard]] char version() const noexcept { return version_; }

  /// Reads the version that what follows was written at. False when it is unknown.
  bool read_version() {
    version_ = static_cast<char>(octet());
    return good_ && version_ >= format_version && version_ <= settings_version;
  }

  [[nodiscard]] bool good() const { return good_; }
  [[nodiscard]] std::string_view rest() const { return rest_; }

  template <class X>
  void all_fields(X& x) {
    std::apply([&](auto... member) { (one(x.*member), ...); }, fields<X>);
  }

  std::uint64_t count(std::uint64_t most) {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      auto digit = octet();
      if (shift == 63 && digit > 1)
        break;
      value |= static_cast<std::uint64_t>(digit & 0x7f) << shift;
      if ((digit & 0x80) == 0) {
        if (value > most)
          break;
        return value;
      }
    }
    good_ = false;
    return 0;
  }

  std::uint8_t octet() {
    if (!good_ || rest_.empty()) {
      good_ = false;
      return 0;
    }
    auto x = static_cast<std::uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    return x;
  }

private:
  template <class X>
  void one(X& x) {
    if constexpr (std::is_enum_v<X>)
      x = static_cast<X>(count(static_cast<std::uint64_t>(last_of<X>)));
    else if constexpr (std::is_same_v<X, bool>)
      x = count(1) == 1;
    else
      all_fields(x);
  }
  void one(std::uint32_t& x) { x = static_cast<std::uint32_t>(count(std::numeric_limits<std::uint32_t>::max())); }
  void one(std::uint64_t& x) {
    x = 0;
    for (unsigned i = 0; i < 8; ++i)
      x |= static_cast<std::uint64_t>(octet()) << 8 * i;
  }
  void one(std::int64_t& x) {
    auto folded = count(std::numeric_limits<std::uint64_t>::max());
    x = static_cast<std::int64_t>(folded >> 1 ^ (~(folded & 1) + 1));
  }
  void one(rehold_rule& x) {
    if (version_ >= rehold_version)
      all_fields(x);
  }
  void one(cancellation_rule& x) {
    if (version_ >= cancellations_version)
      all_fields(x);
  }
  void one(event_settings& x) {
    all_fields(x);
    if (version_ >= hidden_version)
      one(x.hidden);
  }
  void one(seconds& x) {
    std::int64_t number = 0;
    one(number);
    x = seconds{number};
  }
  void one(instant& x) {
    std::uint64_t number = 0;
    one(number);
    x = instant{microseconds{static_cast<std::int64_t>(number)}};
  }
  void one(std::string& x) {
    auto size = static_cast<std::size_t>(count(rest_.size()));
    if (size > rest_.size()) { // the length itself used up some of what `count` was compared with
      good_ = false;
      return;
    }
    x = rest_.substr(0, size);
    rest_.remove_prefix(size);
  }
  template <class Tag, class Representation>
  void one(identifier<Tag, Representation>& x) {
    if constexpr (std::is_same_v<Representation, std::string>) {
      std::string text;
      one(text);
      x = identifier<Tag, Representation>{std::move(text)};
    } else {
      x = identifier<Tag, Representation>{
          static_cast<Representation>(count(std::numeric_limits<Representation>::max()))};
    }
  }
  template <class Tag>
  void one(wide_id<Tag>& x) {
    one(x.high);
    one(x.low);
  }
  void one(price& x) {
    minor_units amount = 0;
    one(amount);
    x = amount == no_price ? price{} : price{amount};
  }
  template <class X>
  void one(std::optional<X>& x) {
    bool there = false;
    one(there);
    if (there)
      one(x.emplace());
  }
  template <class X>
  void one(std::vector<X>& xs) {
    // An element takes at least one byte, so hostile counts cannot reserve much more than they send.
    auto size = count(rest_.size());
    xs.reserve(static_cast<std::size_t>(size));
    for (; size > 0 && good_; --size)
      one(xs.emplace_back());
  }

  std::string_view rest_;
  char version_ = format_version;
  bool good_ = true;
};

template <std::size_t Kind>
fact read_kind(reader& codec) {
  std::variant_alternative_t<Kind, fact> x;
  codec.all_fields(x);
  return x;
}

template <std::size_t... Kinds>
constexpr auto readers_of(std::index_sequence<Kinds...>) {
  return std::array<fact (*)(reader&), sizeof...(Kinds)>{&read_kind<Kinds>...};
}

constexpr auto readers = readers_of(std::make_index_sequence<std::variant_size_v<fact>>{});

/// The newest version of the facts of a kind.
char version_of(std::size_t kind) {
  static const auto with_settings = fact{event_defined{}}.index();
  return kind == with_settings ? settings_version : format_version;
}

} // namespace

void encode(const fact& x, std::string& bytes) {
  bytes += version_of(x.index());
  bytes += static_cast<char>(x.index());
  writer codec{bytes};
  std::visit([&codec](const auto& alternative) { codec.all_fields(alternative); }, x);
}

std::optional<fact> decode_front(std::string_view& bytes) {
  reader codec{bytes};
  if (!codec.read_version())
    return std::nullopt;
  std::size_t kind = codec.octet();
  if (!codec.good() || kind >= readers.size() || codec.version() > version_of(kind))
    return std::nullopt;
  auto x = readers[kind](codec);
  if (!codec.good())
    return std::nullopt;
  bytes = codec.rest();
  return x;
}

std::optional<fact> decode(std::string_view bytes) {
  auto x = decode_front(bytes);
  if (!bytes.empty())
    return std::nullopt;
  return x;
}

std::string encode_snapshot(const std::vector<fact>& facts) {
  std::string bytes{snapshot_mark, snapshot_version};
  writer{bytes}.count(facts.size());
  for (const auto& x : facts)
    encode(x, bytes);
  return bytes;
}

bool is_outdated_snapshot(std::string_view bytes) {
  auto is_marked = bytes.size() >= 2 && bytes.front() == snapshot_mark;
  return !bytes.empty() && (!is_marked || (bytes[1] >= 1 && bytes[1] < snapshot_version));
}

std::optional<std::vector<fact>> decode_snapshot(std::string_view bytes) {
  if (bytes.size() < 2 || bytes[0] != snapshot_mark || bytes[1] != snapshot_version)
    return std::nullopt;
  bytes.remove_prefix(2);
  reader codec{bytes};
  auto size = codec.count(bytes.size());
  if (!codec.good())
    return std::nullopt;
  bytes = codec.rest();
  std::vector<fact> facts;
  for (; size > 0; --size) {
    auto x = decode_front(bytes);
    if (!x)
      return std::nullopt;
    facts.push_back(std::move(*x));
  }
  if (!bytes.empty())
    return std::nullopt;
  return facts;
}

std::string encode(const plan_supplement& supplement) {
  std::string bytes;
  if (supplement == plan_supplement{})
    return bytes;
  bytes += settings_version;
  writer{bytes}.all_fields(supplement);
  return bytes;
}

std::optional<plan_supplement> decode_supplement(std::string_view bytes) {
  plan_supplement supplement;
  if (bytes.empty())
    return supplement;
  reader codec{bytes};
  if (!codec.read_version())
    return std::nullopt;
  codec.all_fields(supplement);
  if (!codec.good() || !codec.rest().empty())
    return std::nullopt;
  return supplement;
}

} // namespace usher::persistence
