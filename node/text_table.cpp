#include "node/text_table.hpp"

#include "domain/ensure.hpp"

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <ostream>
#include <utility>

namespace usher::node {
namespace {

/// How many characters a terminal shows: UTF-8 continuation bytes take no room.
std::size_t width_of(const std::string& text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
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
  auto first = number < 0 ? std::size_t{1} : std::size_t{0};
  for (auto at = digits.size(); at > first + 3;) {
    at -= 3;
    digits.insert(at, 1, ',');
  }
  return digits;
}

std::string amount(std::int64_t minor_units, const std::string& currency) {
  auto whole = minor_units / 100;
  auto rest = minor_units % 100;
  char cents[8];
  std::snprintf(cents, sizeof cents, ".%02d", static_cast<int>(rest < 0 ? -rest : rest));
  auto sign = minor_units < 0 && whole == 0 ? "-" : "";
  return sign + grouped(whole) + cents + (currency.empty() ? "" : " " + currency);
}

} // namespace usher::node
