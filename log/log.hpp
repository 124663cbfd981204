#pragma once

#include <spdlog/logger.h>

#include <string>

/// Logs: one named logger per folder, all into the same sinks. See docs/ARCHITECTURE.md for who may include this.
namespace usher::log {

/// How lines look.
enum class format {
  human, ///< time, level, folder, text; in colour on a terminal
  json,  ///< one object per line: `time`, `level`, `logger`, `message`, and `request` if one caused the line
};

/// Sets format and level (`trace`, `debug`, `info`, `warning`, `error`, `critical`, `off`) for all loggers, present and
/// future. Lines go to standard error. Call before threads start.
void configure(format how, const std::string& level);

/// The logger of one folder, e.g. `log::of("actors")`. Costs a lookup under a lock: keep the reference.
spdlog::logger& of(const std::string& folder);

} // namespace usher::log
