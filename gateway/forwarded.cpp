#include "gateway/forwarded.hpp"

#include "gateway/address.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace usher::gateway {
namespace {

namespace ip = boost::asio::ip;

constexpr std::string_view blanks = " \t";

std::string_view trim(std::string_view text) {
  auto first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos)
    return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

/// An address, perhaps with a port (`192.0.2.1:80`, `[2001:db8::1]:80`).
std::optional<ip::address> read_entry(std::string_view text) {
  text = trim(text);
  if (!text.empty() && text.front() == '[') {
    auto end = text.find(']');
    return end == std::string_view::npos ? std::nullopt : read_address(text.substr(1, end - 1));
  }
  if (std::count(text.begin(), text.end(), ':') == 1)
    text = text.substr(0, text.find(':'));
  return read_address(text);
}

bool is_for(std::string_view name) {
  constexpr std::string_view wanted = "for";
  return std::equal(name.begin(), name.end(), wanted.begin(), wanted.end(),
                    [](char a, char b) { return (a >= 'A' && a <= 'Z' ? char(a | 0x20) : a) == b; });
}

/// Reads a `Forwarded` from its beginning to its end.
class forwarded_reader {
public:
  explicit forwarded_reader(std::string_view text) : rest_(text) {}

  /// Nothing if the text does not follow the grammar.
  std::optional<hops> read() {
    hops all;
    do {
      auto hop = read_element();
      if (!hop)
        return std::nullopt;
      all.push_back(std::move(*hop));
    } while (take(','));
    if (!rest_.empty())
      return std::nullopt;
    return all;
  }

private:
  /// Pairs with semicolons between them; empty ones may be left out. Nothing if it cannot be read.
  std::optional<std::optional<ip::address>> read_element() {
    std::optional<ip::address> from;
    bool named = false;
    do {
      skip_blanks();
      if (rest_.empty() || rest_.front() == ',' || rest_.front() == ';')
        continue;
      auto name = read_token();
      if (name.empty() || !take_at_once('='))
        return std::nullopt;
      auto value = read_value();
      if (!value)
        return std::nullopt;
      if (is_for(name)) {
        // Twice in one element is an error of whoever wrote it: then it says nothing.
        from = std::exchange(named, true) ? std::nullopt : read_entry(*value);
      }
    } while (take(';'));
    return from;
  }

  void skip_blanks() { rest_.remove_prefix(std::min(rest_.find_first_not_of(blanks), rest_.size())); }

  bool take(char wanted) {
    skip_blanks();
    return take_at_once(wanted);
  }

  bool take_at_once(char wanted) {
    if (rest_.empty() || rest_.front() != wanted)
      return false;
    rest_.remove_prefix(1);
    return true;
  }

  /// More than the grammar's tokens: some proxies write addresses without the quotes that they need.
  std::string_view read_token() {
    auto token = rest_.substr(0, rest_.find_first_of(" \t,;=\""));
    rest_.remove_prefix(token.size());
    return token;
  }

  std::optional<std::string> read_value() {
    if (!take_at_once('"')) {
      auto token = read_token();
      return token.empty() ? std::nullopt : std::optional{std::string{token}};
    }
    std::string value;
    while (!rest_.empty() && rest_.front() != '"') {
      if (take_at_once('\\') && rest_.empty())
        return std::nullopt;
      value += rest_.front();
      rest_.remove_prefix(1);
    }
    return take_at_once('"') ? std::optional{std::move(value)} : std::nullopt;
  }

  std::string_view rest_;
};

} // namespace

hops read_x_forwarded_for(std::string_view text) {
  hops all;
  while (all.size() < hops_max) {
    auto comma = text.rfind(',');
    all.push_back(read_entry(comma == std::string_view::npos ? text : text.substr(comma + 1)));
    if (comma == std::string_view::npos)
      break;
    text = text.substr(0, comma);
  }
  return all;
}

hops read_forwarded(std::string_view text) {
  auto all = forwarded_reader{text}.read();
  if (!all)
    return {std::nullopt};
  std::ranges::reverse(*all);
  all->resize(std::min(all->size(), hops_max));
  return *std::move(all);
}

} // namespace usher::gateway
