#include "bench/cluster_report.hpp"

#include "bench/cluster_options.hpp"
#include "domain/ensure.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <cmath>
#include <iomanip>
#include <iterator>
#include <ostream>
#include <sstream>

namespace usher::bench {

namespace {

/// Whole numbers as such, others to four digits: more would suggest an accuracy that no run has.
std::string text_of(double value) {
  std::ostringstream out;
  if (value == std::round(value) || std::abs(value) >= 1'000)
    out << std::llround(value);
  else
    out << std::setprecision(4) << value;
  return out.str();
}

boost::json::value json_number(double value) {
  if (value == std::round(value) && std::abs(value) < 1e15)
    return std::llround(value);
  return std::stod(text_of(value));
}

boost::json::array numbers(const std::vector<double>& values) {
  boost::json::array result;
  for (auto value : values)
    result.push_back(json_number(value));
  return result;
}

} // namespace

double median_of(std::vector<double> values) {
  domain::ensure(!values.empty(), "a median is of something");
  std::ranges::sort(values);
  auto middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

double percentile_of(std::vector<double> values, double percent) {
  domain::ensure(!values.empty(), "a percentile is of something");
  std::ranges::sort(values);
  auto rank = std::ceil(percent / 100 * static_cast<double>(values.size()));
  return values[static_cast<std::size_t>(std::max(rank, 1.0)) - 1];
}

void cluster_report::add(std::string_view figure, double value, figure_parts parts) {
  if (only_.empty() || std::ranges::find(only_, figure) != only_.end())
    measured_[std::string(figure)].push_back({value, std::move(parts)});
}

const cluster_report::measurement& cluster_report::worst_of(std::string_view figure) const {
  auto found = measured_.find(figure);
  domain::ensure(found != measured_.end(), "only what was measured is shown");
  return *std::ranges::max_element(found->second, {}, &measurement::value);
}

double cluster_report::latest(std::string_view figure) const {
  return values_of(figure).back();
}

double cluster_report::worst(std::string_view figure) const {
  return worst_of(figure).value;
}

std::vector<double> cluster_report::values_of(std::string_view figure) const {
  std::vector<double> values;
  std::ranges::transform(measured_.find(figure)->second, std::back_inserter(values), &measurement::value);
  return values;
}

std::vector<std::string> cluster_report::missed() const {
  std::vector<std::string> result;
  for (const auto& each : cluster_figures())
    if (has(each.name) && worst(each.name) > each.limit)
      result.emplace_back(each.name);
  return result;
}

void cluster_report::print(std::ostream& out, bool json) const {
  if (json)
    print_object(out);
  else
    print_table(out);
  out.flush();
}

void cluster_report::print_object(std::ostream& out) const {
  boost::json::object whole{{"bench", "cluster"}};
  for (const auto& [name, value] : notes_)
    whole[name] = value;
  boost::json::object limits;
  boost::json::object medians;
  boost::json::object parts;
  boost::json::object repeats;
  for (const auto& [name, limit] : cluster_figures()) {
    if (!has(name))
      continue;
    const auto& shown = worst_of(name);
    whole[name] = json_number(shown.value);
    limits[name] = json_number(limit);
    medians[name] = json_number(median_of(values_of(name)));
    repeats[name] = numbers(values_of(name));
    boost::json::object own;
    for (const auto& [part, value] : shown.parts)
      own[part] = json_number(value);
    if (!own.empty())
      parts[name] = std::move(own);
  }
  auto over = missed();
  whole["limits"] = std::move(limits);
  whole["medians"] = std::move(medians);
  whole["parts"] = std::move(parts);
  whole["repeats"] = std::move(repeats);
  whole["missed"] = boost::json::array(over.begin(), over.end());
  out << boost::json::serialize(whole) << '\n';
}

void cluster_report::print_table(std::ostream& out) const {
  for (const auto& [name, value] : notes_)
    out << name << ' ' << value << '\n';
  auto row = [&out](const auto& name, const auto& limit, const auto& median, const auto& worst, const auto& parts) {
    out << std::left << std::setw(28) << name << std::right << std::setw(10) << limit << std::setw(10) << median
        << std::setw(10) << worst << "   " << parts << '\n';
  };
  row("figure", "limit", "median", "worst", "parts of the worst");
  for (const auto& [name, limit] : cluster_figures()) {
    if (!has(name))
      continue;
    const auto& shown = worst_of(name);
    std::string parts;
    for (const auto& [part, value] : shown.parts)
      parts += (parts.empty() ? "" : " · ") + part + ' ' + text_of(value);
    if (shown.value > limit)
      parts = "above its limit! " + parts;
    row(name, text_of(limit), text_of(median_of(values_of(name))), text_of(shown.value), parts);
  }
}

} // namespace usher::bench
