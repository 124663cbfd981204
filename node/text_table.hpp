#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>
#include <vector>

namespace usher::node {

/// Rows of text in aligned columns, for terminals. Columns of numbers are right-aligned.
class text_table {
public:
  explicit text_table(std::vector<std::string> titles);

  /// As many cells as there are titles.
  void add(std::vector<std::string> cells);
  void print(std::ostream& out) const;

private:
  std::vector<std::string> titles_;
  std::vector<std::vector<std::string>> rows_;
};

/// 1234567 as `1,234,567`.
[[nodiscard]] std::string grouped(std::int64_t number);

/// 8950 and `EUR` as `89.50 EUR`, 12000 and `JPY` as `12,000 JPY`: with as many decimals as the currency has.
[[nodiscard]] std::string amount(std::int64_t minor_units, const std::string& currency);

} // namespace usher::node
