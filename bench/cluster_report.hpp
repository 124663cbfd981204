#pragma once

#include <cstddef>
#include <iosfwd>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace usher::bench {

/// The middle of some values, or the mean of the two in the middle. There must be one at least.
[[nodiscard]] double median_of(std::vector<double> values);
/// The smallest of some values that `percent` of them do not exceed, `percent` in (0, 100]. There must be one at least.
[[nodiscard]] double percentile_of(std::vector<double> values, double percent);

/// What a figure is made of, in order: names and values.
using figure_parts = std::vector<std::pair<std::string, double>>;

/// The results of `usher bench cluster`: for each figure the worst of its measurements, with that one's parts, beside
/// the limit.
class cluster_report {
public:
  /// Keeps these figures alone; all if it is empty.
  explicit cluster_report(std::vector<std::string> only = {}) : only_(std::move(only)) {}

  /// One measurement of a figure.
  void add(std::string_view figure, double value, figure_parts parts = {});
  /// Something that belongs to the whole run.
  void note(std::string name, std::string value) { notes_.emplace_back(std::move(name), std::move(value)); }

  [[nodiscard]] bool has(std::string_view figure) const { return measured_.contains(figure); }
  [[nodiscard]] double latest(std::string_view figure) const;
  [[nodiscard]] double worst(std::string_view figure) const;
  /// The figures above their limit, in order.
  [[nodiscard]] std::vector<std::string> missed() const;

  /// One JSON object on a line: each figure by its name, then `limits`, `medians`, `parts`, `repeats` and `missed`; or
  /// a table.
  void print(std::ostream& out, bool json) const;

private:
  struct measurement {
    double value = 0;
    figure_parts parts;
  };

  [[nodiscard]] const measurement& worst_of(std::string_view figure) const;
  [[nodiscard]] std::vector<double> values_of(std::string_view figure) const;
  void print_object(std::ostream& out) const;
  void print_table(std::ostream& out) const;

  const std::vector<std::string> only_;
  std::map<std::string, std::vector<measurement>, std::less<>> measured_;
  std::vector<std::pair<std::string, std::string>> notes_;
};

} // namespace usher::bench
