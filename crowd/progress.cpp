#include "crowd/progress.hpp"

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <string_view>

#include <unistd.h>

namespace usher::crowd {

namespace {

constexpr std::size_t bar_width = 30;
constexpr std::size_t label_width = 10;

std::string bar(std::uint64_t done, std::uint64_t total) {
  auto full =
      static_cast<std::size_t>(static_cast<double>(std::min(done, total)) / static_cast<double>(total) * bar_width);
  std::string text;
  for (std::size_t i = 0; i < bar_width; ++i)
    text += i < full ? "█" : "░";
  return text;
}

std::string figure_of(const progress_line& line) {
  if (line.total == 0)
    return line.note;
  auto text = std::to_string(line.done) + '/' + std::to_string(line.total);
  return line.note.empty() ? text : text + "  " + line.note;
}

} // namespace

progress::progress(std::ostream& out, bool on_terminal, std::chrono::milliseconds between_plain_lines)
    : out_(out), on_terminal_(on_terminal), between_plain_lines_(between_plain_lines) {}

progress progress::on_standard_error() {
  const char* terminal = std::getenv("TERM");
  bool can_draw = terminal != nullptr && std::string_view(terminal) != "dumb";
  return {std::cerr, can_draw && ::isatty(STDERR_FILENO) == 1};
}

void progress::show(const std::vector<progress_line>& lines) {
  if (on_terminal_)
    return draw(lines);
  auto now = std::chrono::steady_clock::now();
  if (now < next_plain_line_)
    return;
  next_plain_line_ = now + between_plain_lines_;
  write_plain(lines);
}

void progress::finish(const std::vector<progress_line>& lines) {
  if (on_terminal_)
    draw(lines);
  else
    write_plain(lines);
  drawn_ = 0;
}

void progress::draw(const std::vector<progress_line>& lines) {
  std::string text;
  if (drawn_ > 0)
    text += "\x1b[" + std::to_string(drawn_) + "A";
  for (const auto& line : lines) {
    text += '\r' + line.label + std::string(label_width - std::min(label_width, line.label.size()), ' ') + ' ';
    if (line.total > 0)
      text += bar(line.done, line.total) + ' ';
    text += figure_of(line) + "\x1b[K\n";
  }
  drawn_ = lines.size();
  out_ << text << std::flush;
}

void progress::write_plain(const std::vector<progress_line>& lines) {
  std::string text;
  for (const auto& line : lines)
    text += (text.empty() ? "" : ", ") + line.label + ' ' + figure_of(line);
  out_ << text << std::endl;
}

} // namespace usher::crowd
