#include "bench/figures.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <cmath>
#include <iomanip>
#include <ostream>
#include <sstream>

namespace usher::bench {

namespace {

/// Four significant digits: more would suggest an accuracy that no run has.
std::string number(double value) {
  std::ostringstream out;
  if (std::abs(value) >= 1000)
    out << std::llround(value);
  else
    out << std::setprecision(4) << value;
  return out.str();
}

} // namespace

figures& figures::add(std::string name, double value) {
  figures_.push_back({std::move(name), number(value)});
  return *this;
}

figures& figures::add(std::string name, std::uint64_t value) {
  figures_.push_back({std::move(name), std::to_string(value)});
  return *this;
}

figures& figures::add(std::string name, std::int64_t value) {
  figures_.push_back({std::move(name), std::to_string(value)});
  return *this;
}

figures& figures::add(std::string name, const std::string& text) {
  figures_.push_back({std::move(name), boost::json::serialize(boost::json::string(text))});
  return *this;
}

figures& figures::add(std::string name, const std::vector<std::string>& texts) {
  boost::json::array array(texts.begin(), texts.end());
  figures_.push_back({std::move(name), boost::json::serialize(array)});
  return *this;
}

figures& figures::add(std::string name, const std::map<std::string, std::uint64_t>& counts) {
  boost::json::object object;
  for (const auto& [key, count] : counts)
    object[key] = count;
  figures_.push_back({std::move(name), boost::json::serialize(object)});
  return *this;
}

figures& figures::add(const load_result& result) {
  return add("per_s", result.per_s())
      .add("p50_ms", result.latency.percentile_ms(50))
      .add("p99_ms", result.latency.percentile_ms(99))
      .add("p999_ms", result.latency.percentile_ms(99.9))
      .add("mean_ms", result.latency.mean_us() / 1000)
      .add("max_ms", static_cast<double>(result.latency.max().count()) / 1000)
      .add("count", result.succeeded)
      .add("duration_s", result.elapsed.count())
      .add("errors", result.errors);
}

void figures::print(std::ostream& out, bool json) const {
  if (!json) {
    for (const auto& each : figures_)
      out << std::left << std::setw(24) << each.name << each.json << '\n';
    out.flush();
    return;
  }
  const char* separator = "{";
  for (const auto& each : figures_) {
    out << separator << boost::json::serialize(boost::json::string(each.name)) << ':' << each.json;
    separator = ",";
  }
  out << "}" << std::endl;
}

} // namespace usher::bench
