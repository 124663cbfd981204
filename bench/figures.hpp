#pragma once

#include "bench/load.hpp"

#include <cstdint>
#include <iosfwd>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace usher::bench {

/// The results of a run, in the order in which they are shown.
class figures {
public:
  figures& add(std::string name, double value);
  figures& add(std::string name, std::uint64_t value);
  figures& add(std::string name, std::int64_t value);
  figures& add(std::string name, const std::string& text);
  figures& add(std::string name, const std::vector<std::string>& texts);
  figures& add(std::string name, const std::map<std::string, std::uint64_t>& counts);
  /// `per_s`, `p50_ms`, `p99_ms`, `p999_ms`, `mean_ms`, `max_ms`, `count`, `duration_s`, `errors`.
  figures& add(const load_result& result);

  /// One JSON object on a line, or one name and value per line.
  void print(std::ostream& out, bool json) const;

private:
  struct figure {
    std::string name;
    std::string json;
  };
  std::vector<figure> figures_;
};

} // namespace usher::bench
