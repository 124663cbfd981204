#pragma once

#include "tests/messages/varied_values.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

/// One value of any type that travels, the same at every time, with nothing in it that is as it is by default. What a
/// member is depends on its place alone: a struct that gets another member at its end has the others as before.
namespace usher::tests {

class example_values {
public:
  template <class T>
  [[nodiscard]] static T make() {
    T value{};
    fill(value, 1);
    return value;
  }

private:
  /// The place of a member in what is at `place` itself.
  [[nodiscard]] static std::uint32_t inside(std::uint32_t place, std::size_t member) {
    return place * 5 + static_cast<std::uint32_t>(member) + 1;
  }

  static void fill(bool& x, std::uint32_t) { x = !x; }

  template <class T>
  requires(std::is_integral_v<T>) static void fill(T& x, std::uint32_t place) {
    const auto size = sizeof(T) == 8 ? std::int64_t{1'000'003} * place : std::int64_t{place};
    x = static_cast<T>(std::is_signed_v<T> && place % 2 == 0 ? -size : size);
  }

  template <class T>
  requires(std::is_enum_v<T>) static void fill(T& x, std::uint32_t) {
    x = x == domain::last_of<T>::value ? first_of<T> : static_cast<T>(static_cast<unsigned>(x) + 1);
  }

  static void fill(std::string& x, std::uint32_t place) { x = "text " + std::to_string(place); }

  template <class R, class P>
  static void fill(std::chrono::duration<R, P>& x, std::uint32_t place) {
    R count{};
    fill(count, place);
    x = std::chrono::duration<R, P>{count};
  }

  template <class C, class D>
  static void fill(std::chrono::time_point<C, D>& x, std::uint32_t place) {
    D since{};
    fill(since, place);
    x = std::chrono::time_point<C, D>{since};
  }

  template <class Tag, class R>
  static void fill(domain::identifier<Tag, R>& x, std::uint32_t place) {
    R value{};
    fill(value, place);
    x = domain::identifier<Tag, R>{std::move(value)};
  }

  template <class T>
  static void fill(std::vector<T>& x, std::uint32_t place) {
    for (std::size_t i = 0; i < 2; ++i)
      fill(x.emplace_back(), inside(place, i));
  }

  template <class T>
  static void fill(std::optional<T>& x, std::uint32_t place) {
    fill(x.emplace(), place);
  }

  template <class A, class B>
  static void fill(std::pair<A, B>& x, std::uint32_t place) {
    fill(x.first, inside(place, 0));
    fill(x.second, inside(place, 1));
  }

  template <class... Ts>
  static void fill(std::variant<Ts...>& x, std::uint32_t place) {
    if (place % 2 == 0)
      fill(x.template emplace<0>(), place);
    else
      fill(x.template emplace<1>(), place);
  }

  static void fill(domain::settings_change& x, std::uint32_t place) {
    std::size_t member = 0;
    std::apply([&](auto&... each) { (fill(each, inside(place, member++)), ...); }, members(x));
  }

  template <plain_struct T>
  static void fill(T& x, std::uint32_t place) {
    std::size_t member = 0;
    boost::pfr::for_each_field(x, [&](auto& each) { fill(each, inside(place, member++)); });
  }
};

} // namespace usher::tests
