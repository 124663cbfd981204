#pragma once

#include "messages/type_ids.hpp"

#include <boost/pfr/core.hpp>
#include <caf/actor_cast.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <random>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

/// Values of messages, made and compared member by member. The members are found by reflection and not by `inspect`, so
/// that a member that `inspect` leaves out, or gives to another one, comes out wrong.
namespace usher::tests {

template <class T>
concept plain_struct = std::is_class_v<T> && std::is_aggregate_v<T>;

template <class T>
concept actor_handle = requires {
  typename T::signatures;
};

/// The members of a struct that has constructors, which reflection does not see. The binding fails to compile when the
/// struct gets another member.
inline auto members(domain::settings_change& x) {
  auto& [name, currency, prices, hold_ttl, max_seats, admission, max_shopping, room, orphans, pause, opens, closes,
         cancellations, hidden] = x;
  return std::tie(name, currency, prices, hold_ttl, max_seats, admission, max_shopping, room, orphans, pause, opens,
                  closes, cancellations, hidden);
}

/// The first enumerator of an enumeration; 0 unless it is said here.
template <class Enum>
inline constexpr Enum first_of{};
template <>
inline constexpr auto first_of<domain::rejection> = domain::rejection::bad_request;

/// Makes values of any type that travels: empty and full containers, all alternatives, extreme and ordinary numbers.
class varied_values {
public:
  /// `peers` become the actors that handles point to; there must be at least one.
  varied_values(std::uint32_t seed, std::vector<caf::actor> peers) : random_{seed}, peers_{std::move(peers)} {}

  template <class T>
  [[nodiscard]] T make() {
    T value{};
    many_ = one_in(8);
    fill(value);
    return value;
  }

private:
  [[nodiscard]] std::uint64_t below(std::uint64_t bound) { return random_() % bound; }
  [[nodiscard]] bool one_in(std::uint64_t n) { return below(n) == 0; }

  /// Mostly short; now and then once longer than what one byte counts.
  [[nodiscard]] std::size_t length() {
    if (std::exchange(many_, false))
      return 128 + below(100);
    return below(4);
  }

  void fill(bool& x) { x = one_in(2); }

  template <class T>
  requires(std::is_integral_v<T>) void fill(T& x) {
    static constexpr std::array extremes{std::numeric_limits<T>::min(), std::numeric_limits<T>::max(), T{0}, T{1}};
    x = one_in(2) ? extremes[below(extremes.size())] : static_cast<T>(random_());
  }

  template <class T>
  requires(std::is_enum_v<T>) void fill(T& x) {
    const auto first = static_cast<std::uint64_t>(first_of<T>);
    const auto last = static_cast<std::uint64_t>(domain::last_of<T>::value);
    x = static_cast<T>(first + below(last - first + 1));
  }

  void fill(std::string& x) {
    static const std::array<std::string, 6> some{"a", "Парк ★", "\xff\xfe", std::string{"\0\n\"", 3}, "rock", " "};
    x.clear();
    for (auto left = length(); left > 0; --left)
      x += some[below(some.size())];
  }

  template <class R, class P>
  void fill(std::chrono::duration<R, P>& x) {
    R count{};
    fill(count);
    x = std::chrono::duration<R, P>{count};
  }

  template <class C, class D>
  void fill(std::chrono::time_point<C, D>& x) {
    D since{};
    fill(since);
    x = std::chrono::time_point<C, D>{since};
  }

  template <class Tag, class R>
  void fill(domain::identifier<Tag, R>& x) {
    R value{};
    fill(value);
    x = domain::identifier<Tag, R>{std::move(value)};
  }

  template <class T>
  void fill(std::vector<T>& x) {
    x.clear();
    for (auto left = length(); left > 0; --left)
      fill(x.emplace_back());
  }

  template <class T>
  void fill(std::optional<T>& x) {
    x.reset();
    if (one_in(2))
      fill(x.emplace());
  }

  template <class A, class B>
  void fill(std::pair<A, B>& x) {
    fill(x.first);
    fill(x.second);
  }

  template <class... Ts>
  void fill(std::variant<Ts...>& x) {
    fill_alternative(x, below(sizeof...(Ts)), std::index_sequence_for<Ts...>{});
  }
  template <class Variant, std::size_t... I>
  void fill_alternative(Variant& x, std::size_t chosen, std::index_sequence<I...>) {
    ((I == chosen ? fill(x.template emplace<I>()) : void()), ...);
  }

  void fill(domain::settings_change& x) {
    std::apply([this](auto&... each) { (fill(each), ...); }, members(x));
  }

  template <actor_handle T>
  void fill(T& x) {
    x = one_in(4) ? T{} : caf::actor_cast<T>(peers_[below(peers_.size())]);
  }

  template <plain_struct T>
  void fill(T& x) {
    boost::pfr::for_each_field(x, [this](auto& member) { this->fill(member); });
  }

  std::mt19937_64 random_;
  std::vector<caf::actor> peers_;
  bool many_ = false;
};

// ---- equality ------------------------------------------------------------------

template <class T>
[[nodiscard]] bool same(const T& a, const T& b);
template <class T>
[[nodiscard]] bool same(const std::vector<T>& a, const std::vector<T>& b);
template <class T>
[[nodiscard]] bool same(const std::optional<T>& a, const std::optional<T>& b);
template <class A, class B>
[[nodiscard]] bool same(const std::pair<A, B>& a, const std::pair<A, B>& b);
template <class... Ts>
[[nodiscard]] bool same(const std::variant<Ts...>& a, const std::variant<Ts...>& b);

template <plain_struct T, std::size_t... I>
[[nodiscard]] bool same_members(const T& a, const T& b, std::index_sequence<I...>) {
  return (same(boost::pfr::get<I>(a), boost::pfr::get<I>(b)) && ...);
}

template <class T>
bool same(const T& a, const T& b) {
  if constexpr (plain_struct<T>)
    return same_members(a, b, std::make_index_sequence<boost::pfr::tuple_size_v<T>>{});
  else
    return a == b;
}

template <class T>
bool same(const std::vector<T>& a, const std::vector<T>& b) {
  if (a.size() != b.size())
    return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (!same(a[i], b[i]))
      return false;
  return true;
}

template <class T>
bool same(const std::optional<T>& a, const std::optional<T>& b) {
  return a.has_value() == b.has_value() && (!a || same(*a, *b));
}

template <class A, class B>
bool same(const std::pair<A, B>& a, const std::pair<A, B>& b) {
  return same(a.first, b.first) && same(a.second, b.second);
}

template <class... Ts>
bool same(const std::variant<Ts...>& a, const std::variant<Ts...>& b) {
  if (a.index() != b.index())
    return false;
  return std::visit([&b](const auto& x) { return same(x, std::get<std::decay_t<decltype(x)>>(b)); }, a);
}

} // namespace usher::tests
