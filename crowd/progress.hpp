#pragma once

#include <chrono>
#include <cstdint>
#include <iosfwd>
#include <string>
#include <vector>

namespace usher::crowd {

/// One line of a view: a bar if there is a total to reach, else only the note.
struct progress_line {
  std::string label;
  std::uint64_t done = 0;
  std::uint64_t total = 0;
  std::string note = {};
};

/// Shows how far something long has come. On a terminal the lines stay in place and are redrawn; elsewhere, e.g. in a
/// pipe or a log, they come as plain text on one line, now and then.
class progress {
public:
  progress(std::ostream& out, bool on_terminal,
           std::chrono::milliseconds between_plain_lines = std::chrono::seconds(5));

  /// Shows it on standard error, drawn if that is a terminal.
  [[nodiscard]] static progress on_standard_error();

  /// Shows the present state.
  void show(const std::vector<progress_line>& lines);
  /// Shows the last state, however recent the one before it, and leaves it there.
  void finish(const std::vector<progress_line>& lines);

private:
  void draw(const std::vector<progress_line>& lines);
  void write_plain(const std::vector<progress_line>& lines);

  std::ostream& out_;
  bool on_terminal_;
  std::chrono::milliseconds between_plain_lines_;
  std::chrono::steady_clock::time_point next_plain_line_{};
  std::size_t drawn_ = 0; ///< lines above the cursor that were drawn
};

} // namespace usher::crowd
