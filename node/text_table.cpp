#include "node/text_table.hpp"

#include "domain/currency.hpp"
#include "domain/ensure.hpp"

#include <algorithm>
#include <cctype>
#include <ostream>
#include <utility>

namespace usher::node {
namespace {

/// How many characters a terminal shows: UTF-8 continuation bytes take no room.
std::size_t width_of(const std::string& text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

/// 1234567 as `1,234,567`.
std::string in_thousands(std::string digits) {
  for (auto at = digits.size(); at > 3;) {
    at -= 3;
    digits.insert(at, 1, ',');
  }
  return digits;
}

bool is_number(const std::string& text) {
  return !text.empty() && (std::isdigit(static_cast<unsigned char>(text.front())) || text.front() == '-');
}

} // namespace

text_table::text_table(std::vector<std::string> titles) : titles_(std::move(titles)) {}

void text_table::add(std::vector<std::string> cells) {
  domain::ensure(cells.size() == titles_.size(), "a row has as many cells as the table has columns");
  rows_.push_back(std::move(cells));
}

void text_table::print(std::ostream& out) const {
  std::vector<std::size_t> widths;
  std::vector<bool> numeric;
  for (std::size_t column = 0; column < titles_.size(); ++column) {
    auto width = width_of(titles_[column]);
    auto numbers = !rows_.empty();
    for (auto& row : rows_) {
      width = std::max(width, width_of(row[column]));
      numbers = numbers && (is_number(row[column]) || row[column].empty());
    }
    widths.push_back(width);
    numeric.push_back(numbers);
  }
  auto print_row = [&](const std::vector<std::string>& row) {
    std::string line;
    for (std::size_t column = 0; column < row.size(); ++column) {
      std::string room(widths[column] - width_of(row[column]), ' ');
      line += (column ? "  " : "") + (numeric[column] ? room + row[column] : row[column] + room);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out << line << '\n';
  };
  print_row(titles_);
  for (auto& row : rows_)
    print_row(row);
}

std::string grouped(std::int64_t number) {
  auto digits = std::to_string(number);
  return number < 0 ? '-' + in_thousands(digits.substr(1)) : in_thousands(std::move(digits));
}

std::string amount(std::int64_t minor_units, const std::string& currency) {
  // What an older node lets an event have, and no currency is called, is shown as most are.
  auto decimals = static_cast<std::size_t>(domain::decimals_of(currency).value_or(2));
  auto digits = std::to_string(minor_units);
  std::string sign;
  if (digits.front() == '-') {
    sign = "-";
    digits.erase(0, 1);
  }
  if (digits.size() <= decimals)
    digits.insert(0, decimals + 1 - digits.size(), '0');
  auto whole = in_thousands(digits.substr(0, digits.size() - decimals));
  auto rest = decimals == 0 ? std::string{} : "." + digits.substr(digits.size() - decimals);
  return sign + whole + rest + (currency.empty() ? "" : " " + currency);
}

} // namespace usher::node
