#pragma once

#include "log/log.hpp"

#include <spdlog/sinks/ostream_sink.h>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <sstream>
#include <string>

namespace usher::log {

/// For tests: what one folder's logger writes while this lives. Begin before the threads that log, end after them, and
/// read only what was written before something that the test has awaited.
class captured_log {
public:
  explicit captured_log(const std::string& folder) : logger_(of(folder)) { logger_.sinks().push_back(sink_); }
  ~captured_log() { std::erase(logger_.sinks(), sink_); }
  captured_log(const captured_log&) = delete;
  captured_log& operator=(const captured_log&) = delete;

  /// How many lines contain this.
  [[nodiscard]] std::ptrdiff_t count(const std::string& part) const {
    std::istringstream lines{text_.str()};
    std::ptrdiff_t found = 0;
    for (std::string line; std::getline(lines, line);)
      found += line.find(part) != std::string::npos ? 1 : 0;
    return found;
  }

private:
  spdlog::logger& logger_;
  std::ostringstream text_;
  std::shared_ptr<spdlog::sinks::sink> sink_ = std::make_shared<spdlog::sinks::ostream_sink_mt>(text_);
};

} // namespace usher::log
