#pragma once

#include "audit/audit.hpp"

#include <string>
#include <utility>

namespace usher::audit {

/// Collects violations: counts all, keeps the first few.
class audit_findings {
public:
  audit_findings(audit_report& report, const audit_limits& limits) : report_(report), limits_(limits) {}

  void add(int invariant, const domain::shard_id& shard, domain::fact_seq seq, std::string sentence) {
    if (report_.violations_found++ < limits_.violations)
      report_.violations.push_back({invariant, shard, seq, std::move(sentence)});
  }

  [[nodiscard]] std::uint64_t count() const noexcept { return report_.violations_found; }
  [[nodiscard]] const audit_limits& limits() const noexcept { return limits_; }

private:
  audit_report& report_;
  const audit_limits& limits_;
};

} // namespace usher::audit
