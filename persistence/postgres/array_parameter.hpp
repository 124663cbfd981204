#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace usher::persistence::postgres {

/// One array argument in PostgreSQL's binary form: a group of rows is sent as a few arrays, without a parser on the
/// other side. Keeps its memory when cleared.
class array_parameter {
public:
  /// The element's type, by PostgreSQL's own numbers.
  enum class type : std::uint32_t { boolean = 16, bytea = 17, int8 = 20, int4 = 23, text = 25, uuid = 2950 };

  explicit array_parameter(type element);

  void clear();
  /// A number, in the width of the element's type; booleans are 0 and 1.
  void add(std::int64_t number);
  /// The bytes of a `bytea`, `text` or `uuid`.
  void add(std::string_view bytes);

  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  /// Valid until the array changes.
  [[nodiscard]] std::string_view bytes();

private:
  void put(std::uint64_t number, std::size_t width);

  type element_;
  std::size_t width_; ///< of a number
  std::size_t size_ = 0;
  std::vector<char> bytes_;
};

} // namespace usher::persistence::postgres
