#pragma once

#include "cluster/member.hpp"

#include <caf/fwd.hpp>
#include <caf/telemetry/counter.hpp>
#include <caf/telemetry/gauge.hpp>
#include <caf/telemetry/metric_family_impl.hpp>

#include <cstddef>
#include <set>
#include <string>
#include <string_view>

namespace usher::cluster {

/// What the census counts: who lives, how old their beats are, and whom this node has ended.
class census_metrics {
public:
  /// The ages of more beats than these are not shown.
  static constexpr std::size_t names_max = 64;

  explicit census_metrics(caf::telemetry::metric_registry& registry);

  /// These live now; a node that does not live any more has no members, and a beat of age 0.
  void show(const membership& all);
  /// This node has ended another one.
  void count_end(std::string_view kind);

private:
  caf::telemetry::metric_family_impl<caf::telemetry::int_gauge>& members_;
  caf::telemetry::metric_family_impl<caf::telemetry::dbl_gauge>& beat_ages_;
  caf::telemetry::metric_family_impl<caf::telemetry::int_counter>& ended_;
  std::set<std::string> named_; ///< nodes whose age is, or was, shown
};

} // namespace usher::cluster
