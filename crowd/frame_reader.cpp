#include "crowd/frame_reader.hpp"

#include <algorithm>
#include <cstddef>

namespace usher::crowd {

namespace {

constexpr std::string_view blanks = " \t\r\n";

/// Walks over a JSON text from left to right. A step that reaches the end leaves the scanner there.
class scanner {
public:
  explicit scanner(std::string_view text) : text_(text) {}

  [[nodiscard]] bool at_end() const { return place_ >= text_.size(); }

  bool take(char expected) {
    skip_blanks();
    if (at_end() || text_[place_] != expected)
      return false;
    ++place_;
    return true;
  }

  /// The inside of a string that starts here.
  std::optional<std::string_view> string() {
    if (!take('"'))
      return std::nullopt;
    auto start = place_;
    while ((place_ = text_.find_first_of("\"\\", place_)) != text_.npos) {
      if (text_[place_] == '"')
        return text_.substr(start, place_++ - start);
      place_ += 2;
    }
    place_ = text_.size();
    return std::nullopt;
  }

  /// Any value: a string's inside, or the text of everything else.
  std::optional<std::string_view> value() {
    skip_blanks();
    if (at_end())
      return std::nullopt;
    if (text_[place_] == '"')
      return string();
    auto start = place_;
    if (text_[place_] == '{' || text_[place_] == '[')
      return nested() ? std::optional(text_.substr(start, place_ - start)) : std::nullopt;
    place_ = std::min(text_.find_first_of(",}] \t\r\n", place_), text_.size());
    return text_.substr(start, place_ - start);
  }

private:
  void skip_blanks() { place_ = std::min(text_.find_first_not_of(blanks, place_), text_.size()); }

  /// Moves past the object or array that starts here; false if it does not end.
  bool nested() {
    std::size_t depth = 0;
    while ((place_ = text_.find_first_of("\"{}[]", place_)) != text_.npos) {
      switch (text_[place_]) {
        case '"':
          if (!string())
            return false;
          continue;
        case '{':
        case '[':
          ++depth;
          break;
        default:
          --depth;
      }
      ++place_;
      if (depth == 0)
        return true;
    }
    place_ = text_.size();
    return false;
  }

  std::string_view text_;
  std::size_t place_ = 0;
};

/// Calls `each(name, value)` for the members of the outermost object until it returns false.
template <class Each>
void for_each_member(std::string_view json, Each each) {
  scanner scan(json);
  if (!scan.take('{'))
    return;
  do {
    auto name = scan.string();
    if (!name || !scan.take(':'))
      return;
    auto value = scan.value();
    if (!value || !each(*name, *value))
      return;
  } while (scan.take(','));
}

} // namespace

std::optional<std::string_view> member(std::string_view json, std::string_view name) {
  std::optional<std::string_view> found;
  for_each_member(json, [&](std::string_view present, std::string_view value) {
    if (present == name)
      found = value;
    return !found;
  });
  return found;
}

std::vector<std::string_view> elements(std::string_view array) {
  std::vector<std::string_view> found;
  scanner scan(array);
  if (!scan.take('[') || scan.take(']'))
    return found;
  do {
    auto value = scan.value();
    if (!value)
      return found;
    found.push_back(*value);
  } while (scan.take(','));
  return found;
}

frame_head head_of(std::string_view json) {
  frame_head head;
  for_each_member(json, [&](std::string_view name, std::string_view value) {
    if (name == "type")
      head.type = value;
    else if (name == "re")
      head.re = value;
    return head.type.empty() || head.re.empty();
  });
  return head;
}

std::string_view slug_of(std::string_view json) {
  auto type = member(member(json, "problem").value_or(std::string_view()), "type");
  if (!type)
    return "problem";
  return type->substr(type->rfind('/') + 1);
}

} // namespace usher::crowd
