#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

namespace usher::codec {

/// Appends JSON to a string: adds commas by itself, escapes every text, replaces bytes that are not UTF-8 by U+FFFD.
/// Writes what it is told, in that order; closing objects and arrays is up to the caller.
class json_writer {
public:
  explicit json_writer(std::string& out) : out_(out) {}

  json_writer& begin_object() { return begin('{'); }
  json_writer& end_object() { return end('}'); }
  json_writer& begin_array() { return begin('['); }
  json_writer& end_array() { return end(']'); }

  /// A member's name, written unescaped: only names of the protocol, never a client's text.
  json_writer& key(std::string_view name) {
    separate();
    out_ += '"';
    out_ += name;
    out_ += "\":";
    first_ = true;
    return *this;
  }
  json_writer& value(std::string_view text);
  json_writer& value(const std::string& text) { return value(std::string_view{text}); }
  json_writer& value(const char* text) { return value(std::string_view{text}); }
  template <std::same_as<bool> Bool>
  json_writer& value(Bool truth) {
    return raw(truth ? "true" : "false");
  }
  template <std::signed_integral Number>
  json_writer& value(Number number) {
    return signed_number(number);
  }
  template <std::unsigned_integral Number>
  requires(!std::same_as<Number, bool>) json_writer& value(Number number) { return unsigned_number(number); }
  json_writer& null() { return raw("null"); }

  /// A value that is JSON already.
  json_writer& raw(std::string_view json) {
    separate();
    out_ += json;
    return *this;
  }

  template <class Value>
  json_writer& member(std::string_view name, const Value& content) {
    return key(name).value(content);
  }

private:
  json_writer& begin(char bracket) {
    separate();
    out_ += bracket;
    first_ = true;
    return *this;
  }
  json_writer& end(char bracket) {
    out_ += bracket;
    first_ = false;
    return *this;
  }
  void separate() {
    if (!first_)
      out_ += ',';
    first_ = false;
  }
  json_writer& signed_number(std::int64_t number);
  json_writer& unsigned_number(std::uint64_t number);

  std::string& out_;
  bool first_ = true; ///< no comma before what comes next
};

} // namespace usher::codec
