#pragma once

#include <caf/load_inspector_base.hpp>
#include <caf/save_inspector_base.hpp>
#include <caf/span.hpp>
#include <caf/string_view.hpp>
#include <caf/type_id.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

/// How values become bytes by their own `inspect`, and bytes values:
///
///     integer     := LEB128, seven bits a byte, the lowest first; a signed one zigzag: 0, -1, 1, -2 are 0, 1, 2, 3;
///                    one that is a single byte is that byte
///     boolean     := byte, 0 or 1
///     double      := 8 bytes, the lowest first
///     text        := length | bytes
///     sequence    := count | element*
///     map         := count | (key | value)*
///     pair, tuple := its elements: these never grow
///     enumeration := its number
///     object      := length | field*
///
///     optional field := byte, 0 or 1 | value, if it is 1
///     variant field  := number of the alternative, from 0 | value
///
/// An optional or a variant that is no field is an object with one field. Lengths and counts are LEB128. Every value
/// has at least one byte, so a field is missing exactly when its object ends before it. Nothing else tells one
/// alternative or element from another, so alternatives are only appended, and elements keep their type for ever.
///
/// Not chosen: a length of fixed size. It would spare an object of more than 127 bytes being moved when it is complete,
/// and would cost three bytes for each identifier.
namespace usher::cluster::wire {

/// One object, as `inspect` meets it: its fields with their length before them.
template <class Inspector>
class framed_object {
public:
  explicit framed_object(Inspector& inspector) : inspector_(inspector) {}

  template <class... Fields>
  [[nodiscard]] bool fields(Fields&&... all) {
    return inspector_.with_length([&] { return inspector_.fields(all...); });
  }

private:
  Inspector& inspector_;
};

/// Appends values to a text of bytes.
class byte_writer : public caf::save_inspector_base<byte_writer> {
public:
  explicit byte_writer(std::string& bytes) : bytes_(bytes) {}

  static constexpr bool has_human_readable_format() noexcept { return false; }

  /// Writes what `content` writes, with its length before it.
  template <class Content>
  [[nodiscard]] bool with_length(Content content) {
    bytes_.push_back('\0'); // room for the length of most
    const auto begin = bytes_.size();
    if (!content())
      return false;
    put_length(begin);
    return true;
  }

  template <class... Fields>
  [[nodiscard]] bool fields(Fields&&... all) {
    return (all(*this) && ...);
  }

  // ---- what `inspect` and CAF call ----

  template <class T>
  [[nodiscard]] auto object(T&) noexcept {
    return framed_object<byte_writer>{*this};
  }

  template <class T>
  requires(std::is_integral_v<T>) [[nodiscard]] bool value(T x) {
    if constexpr (sizeof(T) == 1)
      bytes_.push_back(static_cast<char>(x));
    else if constexpr (std::is_signed_v<T>)
      put(zigzag(x));
    else
      put(x);
    return true;
  }
  [[nodiscard]] bool value(double x);
  [[nodiscard]] bool value(std::string_view x) {
    put(x.size());
    bytes_ += x;
    return true;
  }

  [[nodiscard]] bool begin_field(caf::string_view) noexcept { return true; }
  [[nodiscard]] bool begin_field(caf::string_view, bool is_present) { return value(is_present); }
  [[nodiscard]] bool begin_field(caf::string_view, caf::span<const caf::type_id_t>, std::size_t alternative) {
    return value(alternative);
  }
  [[nodiscard]] bool begin_field(caf::string_view, bool is_present, caf::span<const caf::type_id_t>,
                                 std::size_t alternative) {
    return value(is_present) && (!is_present || value(alternative));
  }
  [[nodiscard]] bool end_field() noexcept { return true; }

  [[nodiscard]] bool begin_sequence(std::size_t count) { return value(count); }
  [[nodiscard]] bool end_sequence() noexcept { return true; }
  [[nodiscard]] bool begin_associative_array(std::size_t count) { return value(count); }
  [[nodiscard]] bool end_associative_array() noexcept { return true; }
  [[nodiscard]] bool begin_key_value_pair() noexcept { return true; }
  [[nodiscard]] bool end_key_value_pair() noexcept { return true; }
  [[nodiscard]] bool begin_tuple(std::size_t) noexcept { return true; }
  [[nodiscard]] bool end_tuple() noexcept { return true; }

private:
  [[nodiscard]] static constexpr std::uint64_t zigzag(std::int64_t x) noexcept {
    return static_cast<std::uint64_t>(x) << 1 ^ static_cast<std::uint64_t>(x >> 63);
  }

  void put(std::uint64_t x) {
    if (x < 0x80)
      bytes_.push_back(static_cast<char>(x));
    else
      put_long(x);
  }
  void put_long(std::uint64_t x);

  /// Puts the length of what stands from `begin` on into the byte before that, and what of it has no room there after
  /// that byte.
  void put_length(std::size_t begin);

  std::string& bytes_;
};

/// Reads values from bytes, whatever they are: what is no value gives false, and nothing is ever set up for more
/// elements than there are bytes left. A field that is missing stays as it was.
class byte_reader : public caf::load_inspector_base<byte_reader> {
public:
  /// How many objects may lie in each other: no message comes near it.
  static constexpr unsigned depth_max = 32;

  explicit byte_reader(std::string_view bytes) : rest_(bytes) {}

  static constexpr bool has_human_readable_format() noexcept { return false; }

  /// Nothing is left of the innermost object, or of all bytes.
  [[nodiscard]] bool at_end() const noexcept { return rest_.empty(); }

  /// Has `content` read what has its length before it, and skips what is left of that.
  template <class Content>
  [[nodiscard]] bool with_length(Content content) {
    std::size_t length = 0;
    if (!begin_sequence(length) || depth_ == depth_max)
      return false;
    const auto after = rest_.substr(length);
    rest_ = rest_.substr(0, length);
    const auto depth = depth_++;
    const auto is_read = content();
    depth_ = depth;
    rest_ = after;
    return is_read;
  }

  template <class... Fields>
  [[nodiscard]] bool fields(Fields&&... all) {
    return ((at_end() || all(*this)) && ...);
  }

  // ---- what `inspect` and CAF call ----

  template <class T>
  [[nodiscard]] auto object(T&) noexcept {
    return framed_object<byte_reader>{*this};
  }

  template <class T>
  requires(std::is_integral_v<T>) [[nodiscard]] bool value(T& x) noexcept {
    if constexpr (sizeof(T) == 1)
      return take_byte(x);
    else if constexpr (std::is_signed_v<T>)
      return take_signed(x);
    else
      return take_unsigned(x);
  }
  [[nodiscard]] bool value(double& x) noexcept;
  [[nodiscard]] bool value(std::string& x);

  [[nodiscard]] bool begin_field(caf::string_view) noexcept { return true; }
  [[nodiscard]] bool begin_field(caf::string_view, bool& is_present) noexcept { return value(is_present); }
  [[nodiscard]] bool begin_field(caf::string_view, caf::span<const caf::type_id_t> known,
                                 std::size_t& alternative) noexcept {
    return value(alternative) && alternative < known.size();
  }
  [[nodiscard]] bool begin_field(caf::string_view name, bool& is_present, caf::span<const caf::type_id_t> known,
                                 std::size_t& alternative) noexcept {
    return value(is_present) && (!is_present || begin_field(name, known, alternative));
  }
  [[nodiscard]] bool end_field() noexcept { return true; }

  [[nodiscard]] bool begin_sequence(std::size_t& count) noexcept { return value(count) && count <= rest_.size(); }
  [[nodiscard]] bool end_sequence() noexcept { return true; }
  [[nodiscard]] bool begin_associative_array(std::size_t& count) noexcept { return begin_sequence(count); }
  [[nodiscard]] bool end_associative_array() noexcept { return true; }
  [[nodiscard]] bool begin_key_value_pair() noexcept { return true; }
  [[nodiscard]] bool end_key_value_pair() noexcept { return true; }
  [[nodiscard]] bool begin_tuple(std::size_t) noexcept { return true; }
  [[nodiscard]] bool end_tuple() noexcept { return true; }

private:
  /// False when there is none, or when it is 2 or more and should be a boolean.
  template <class T>
  [[nodiscard]] bool take_byte(T& x) noexcept {
    if (rest_.empty())
      return false;
    const auto byte = static_cast<unsigned char>(rest_.front());
    rest_.remove_prefix(1);
    x = static_cast<T>(byte);
    return !std::is_same_v<T, bool> || byte <= 1;
  }

  template <class T>
  [[nodiscard]] bool take_unsigned(T& x) noexcept {
    std::uint64_t number = 0;
    if (!take(number) || !std::in_range<T>(number))
      return false;
    x = static_cast<T>(number);
    return true;
  }

  template <class T>
  [[nodiscard]] bool take_signed(T& x) noexcept {
    std::uint64_t zigzag = 0;
    if (!take(zigzag))
      return false;
    const auto number = static_cast<std::int64_t>(zigzag >> 1 ^ -(zigzag & 1));
    x = static_cast<T>(number);
    return std::in_range<T>(number);
  }

  [[nodiscard]] bool take(std::uint64_t& x) noexcept {
    if (rest_.empty() || static_cast<unsigned char>(rest_.front()) >= 0x80)
      return take_long(x);
    x = static_cast<unsigned char>(rest_.front());
    rest_.remove_prefix(1);
    return true;
  }
  [[nodiscard]] bool take_long(std::uint64_t& x) noexcept;

  std::string_view rest_; ///< of the innermost object
  unsigned depth_ = 0;    ///< of it
};

} // namespace usher::cluster::wire
