#pragma once

#include <spdlog/logger.h>

#include <string>

/// Logs: one named logger a folder, all into the same sinks. Every folder but `domain` may include this.
namespace usher::log {

/// How lines look.
enum class format {
  human, ///< time, level, folder, text; in colour on a terminal
  json,  ///< one object a line: `time`, `level`, `logger`, `message`, and `request` of those that one has caused
};

/// Sets format and level (`trace`, `debug`, `info`, `warning`, `error`, `critical`, `off`) for all
/// loggers, present and future. Lines go to the standard error stream. Call before threads start.
void configure(format how, const std::string& level);

/// The logger of one folder, e.g. `log::of("actors")`. Costs a lookup under a lock: keep the reference.
spdlog::logger& of(const std::string& folder);

} // namespace usher::log
