#pragma once

#include "codec/problem.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace usher::codec {

/// Adds a member's name or an index to a JSON pointer (RFC 6901).
[[nodiscard]] std::string pointer_to(std::string_view parent, std::string_view name);
[[nodiscard]] std::string pointer_to(std::string_view parent, std::size_t index);

/// The first thing that was wrong while reading, if any.
using first_fault = std::optional<problem>;

/// Reads the members of one object strictly. The first fault is kept; whatever is missing or read after it comes back
/// empty, so that a reader can read everything and check for a fault once.
///
/// Members whose value is `null` count as missing. Texts must not be empty, be too long or contain control characters.
class object_reader {
public:
  object_reader(const boost::json::object& object, first_fault& fault, std::string_view at = {})
      : object_(object), fault_(fault), at_(at) {}

  [[nodiscard]] bool has(std::string_view name) const { return find(name) != nullptr; }
  /// Whether the member is there and says that there is nothing.
  [[nodiscard]] bool says_null(std::string_view name) const;

  [[nodiscard]] std::string_view text(std::string_view name, std::size_t bytes_max);
  [[nodiscard]] std::optional<std::string> optional_text(std::string_view name, std::size_t bytes_max);
  /// A text that may be empty, such as the number painted on a seat.
  [[nodiscard]] std::string label(std::string_view name, std::size_t bytes_max);
  [[nodiscard]] std::int64_t number(std::string_view name, std::int64_t low, std::int64_t high);
  [[nodiscard]] std::optional<std::int64_t> optional_number(std::string_view name, std::int64_t low, std::int64_t high);
  [[nodiscard]] std::optional<bool> optional_truth(std::string_view name);
  [[nodiscard]] bool is_object(std::string_view name) const;
  /// Any finite number.
  [[nodiscard]] double real(std::string_view name);
  /// Null when it is missing or something else.
  [[nodiscard]] const boost::json::object* optional_object(std::string_view name);
  /// The same, but missing is wrong.
  [[nodiscard]] const boost::json::object* object(std::string_view name);
  /// Null unless it is an array of `least` to `most` elements.
  [[nodiscard]] const boost::json::array* array(std::string_view name, std::size_t least, std::size_t most);

  /// The elements of an array of `least` to `most` texts, as for `text`; those before the first that is wrong.
  [[nodiscard]] std::vector<std::string> texts(std::string_view name, std::size_t least, std::size_t most,
                                               std::size_t bytes_max);

  /// Members with other names than these are a fault.
  void refuse_others(std::initializer_list<std::string_view> known);

  /// Reports that a member is wrong, unless something was wrong before.
  void fail(std::string_view name, std::string sentence);
  /// Reports that the object as a whole is wrong.
  void fail(std::string sentence);

  [[nodiscard]] std::string pointer(std::string_view name) const { return pointer_to(at_, name); }
  [[nodiscard]] first_fault& fault() { return fault_; }

private:
  [[nodiscard]] const boost::json::value* find(std::string_view name) const;
  [[nodiscard]] const boost::json::value* require(std::string_view name);
  [[nodiscard]] std::string_view as_text(std::string_view name, const boost::json::value& json, std::size_t bytes_max);
  [[nodiscard]] std::int64_t as_number(std::string_view name, const boost::json::value& json, std::int64_t low,
                                       std::int64_t high);

  const boost::json::object& object_;
  first_fault& fault_;
  std::string_view at_;
};

/// The text without the byte order mark that some editors put before it.
[[nodiscard]] std::string_view without_byte_order_mark(std::string_view text);

/// Why `text` cannot be a name or a key, or nothing.
[[nodiscard]] std::optional<std::string> fault_of_text(std::string_view text, std::size_t bytes_max);

} // namespace usher::codec
