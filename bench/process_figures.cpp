#include "bench/process_figures.hpp"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <sstream>

#include <unistd.h>

namespace usher::bench {

namespace {

std::string text_of(pid_t process, const char* file) {
  std::ifstream in("/proc/" + std::to_string(process) + "/" + file);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

} // namespace

std::optional<std::uint64_t> cpu_ticks_in(std::string_view stat) {
  // The second field is a name in parentheses, which may have anything in it.
  auto end_of_name = stat.rfind(')');
  if (end_of_name == std::string_view::npos)
    return std::nullopt;
  std::istringstream rest{std::string{stat.substr(end_of_name + 1)}};
  std::string passed_over;
  for (int field = 3; field < 14; ++field)
    rest >> passed_over;
  std::uint64_t user = 0;
  std::uint64_t system = 0;
  if (!(rest >> user >> system))
    return std::nullopt;
  return user + system;
}

std::optional<std::uint64_t> resident_bytes_in(std::string_view status) {
  constexpr std::string_view name = "VmRSS:";
  auto at = status.find(name);
  if (at == std::string_view::npos)
    return std::nullopt;
  auto digits = status.substr(at + name.size());
  digits.remove_prefix(std::min(digits.find_first_not_of(" \t"), digits.size()));
  std::uint64_t kilobytes = 0;
  if (std::from_chars(digits.data(), digits.data() + digits.size(), kilobytes).ec != std::errc{})
    return std::nullopt;
  return kilobytes * 1024;
}

double cpu_seconds_of(pid_t process) {
  return static_cast<double>(cpu_ticks_in(text_of(process, "stat")).value_or(0))
         / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

std::uint64_t resident_bytes_of(pid_t process) {
  return resident_bytes_in(text_of(process, "status")).value_or(0);
}

} // namespace usher::bench
