#pragma once

#include "crowd/crowd.hpp"

#include <cstdint>
#include <iosfwd>
#include <string>
#include <vector>

namespace usher::node {

/// The outcome of a demo.
struct demo_figures {
  std::string plan;
  std::size_t buyers = 0;
  std::string currency;
  crowd::crowd_report crowd;
  std::int64_t sold = 0;               ///< seats, as the node reports at the end
  std::int64_t revenue = 0;            ///< minor units, likewise
  std::vector<std::string> violations; ///< the audit's, and the crowd's findings; if empty, all is well

  [[nodiscard]] double holds_per_s() const;
};

/// One JSON object on a line; `audit` is `"ok"`, or the violations.
void print_json(const demo_figures& figures, std::ostream& out);
/// For people.
void print_table(const demo_figures& figures, std::ostream& out);

} // namespace usher::node
