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

/// The request id with which a message begins, 16 hexadecimal digits in brackets; empty if it has none.
std::string_view request_in(std::string_view message) {
  constexpr std::size_t digits = 16;
  bool begins = message.size() >= digits + 3 && message.front() == '[' && message.substr(digits + 1, 2) == "] ";
  auto request = begins ? message.substr(1, digits) : std::string_view{};
  return request.find_first_not_of("0123456789abcdef") == std::string_view::npos ? request : std::string_view{};
}

/// Writes a message as members of a JSON object: the request that it is about, if any, and its text.
class message_members : public spdlog::custom_flag_formatter {
public:
  void format(const spdlog::details::log_msg& message, const std::tm&, spdlog::memory_buf_t& line) override {
    std::string_view text{message.payload.data(), message.payload.size()};
    if (auto request = request_in(text); !request.empty()) {
      append(line, R"("request":")");
      append(line, request);
      append(line, R"(",)");
      text.remove_prefix(request.size() + 3);
    }
    append(line, R"("message":")");
    append_escaped(line, text);
    line.push_back('"');
  }

  std::unique_ptr<custom_flag_formatter> clone() const override { return std::make_unique<message_members>(); }

private:
  static void append(spdlog::memory_buf_t& line, std::string_view text) {
    line.append(text.data(), text.data() + text.size());
  }

  static void append_escaped(spdlog::memory_buf_t& line, std::string_view message) {
    for (unsigned char c : message) {
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
};

} // namespace

void configure(format how, const std::string& level) {
  auto sink = std::make_shared<spdlog::sinks::stderr_color_sink_mt>();
  if (how == format::json) {
    auto formatter = std::make_unique<spdlog::pattern_formatter>(spdlog::pattern_time_type::utc);
    formatter->add_flag<message_members>('*').set_pattern(
        R"({"time":"%Y-%m-%dT%H:%M:%S.%fZ","level":"%l","logger":"%n",%*})");
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
