#include "log/log.hpp"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <cstdio>
#include <memory>
#include <mutex>
#include <string_view>

namespace usher::log {
namespace {

/// Writes a message's text as the inside of a JSON string.
class escaped_text : public spdlog::custom_flag_formatter {
public:
  void format(const spdlog::details::log_msg& message, const std::tm&, spdlog::memory_buf_t& line) override {
    for (unsigned char c : std::string_view{message.payload.data(), message.payload.size()}) {
      if (c == '"' || c == '\\') {
        line.push_back('\\');
        line.push_back(static_cast<char>(c));
      } else if (c < 0x20) {
        char text[8];
        auto length = std::snprintf(text, sizeof text, "\\u%04x", c);
        line.append(text, text + length);
      } else {
        line.push_back(static_cast<char>(c));
      }
    }
  }

  std::unique_ptr<custom_flag_formatter> clone() const override { return std::make_unique<escaped_text>(); }
};

} // namespace

void configure(format how, const std::string& level) {
  auto sink = std::make_shared<spdlog::sinks::stderr_color_sink_mt>();
  if (how == format::json) {
    auto formatter = std::make_unique<spdlog::pattern_formatter>(spdlog::pattern_time_type::utc);
    formatter->add_flag<escaped_text>('*').set_pattern(
        R"({"time":"%Y-%m-%dT%H:%M:%S.%fZ","level":"%l","logger":"%n","message":"%*"})");
    sink->set_formatter(std::move(formatter));
  } else {
    sink->set_pattern("%H:%M:%S.%e %^%-7l%$ %-11n %v");
  }
  spdlog::set_default_logger(std::make_shared<spdlog::logger>("usher", std::move(sink)));
  spdlog::set_level(spdlog::level::from_str(level));
}

spdlog::logger& of(const std::string& folder) {
  static std::mutex creation;
  std::lock_guard guard{creation};
  auto logger = spdlog::get(folder);
  if (!logger) {
    logger = spdlog::default_logger()->clone(folder);
    spdlog::register_logger(logger);
  }
  return *logger;
}

} // namespace usher::log
