#include "bench/node_log.hpp"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <sstream>

namespace usher::bench {

namespace {

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

/// What follows `part`; empty if the text does not contain it.
std::string_view after(std::string_view text, std::string_view part) {
  auto at = text.find(part);
  return at == std::string_view::npos ? std::string_view{} : text.substr(at + part.size());
}

std::optional<std::uint64_t> number_at(std::string_view text) {
  std::uint64_t number = 0;
  if (std::from_chars(text.data(), text.data() + text.size(), number).ec != std::errc{})
    return std::nullopt;
  return number;
}

/// The incarnation in `node 1 ("a") has ended node 7 ("c"), at beat 9: …`.
std::optional<std::uint64_t> ended_by(std::string_view text) {
  return number_at(after(text, " has ended node "));
}

/// The shard in `node 1 serves shard gala/17 at epoch 3`; empty if the line is another.
std::string_view served_in(std::string_view text) {
  auto shard = after(text, " serves shard ");
  return shard.substr(0, shard.find(' '));
}

class step_reader {
public:
  explicit step_reader(const lost_node& lost)
      : lost_(lost), link_down_("the link to node " + std::to_string(lost.incarnation) + " is down") {}

  void read(const log_line& line) {
    if (line.at < lost_.since)
      return;
    std::string_view text = line.text;
    if (text == link_down_)
      first(steps_.seen, line);
    else if (ended_by(text) == lost_.incarnation)
      first(steps_.ended, line);
    else if (contains(text, " has claimed "))
      last(steps_.claimed, line);
    else if (contains(text, " has loaded "))
      last(steps_.loaded, line);
    else if (auto shard = served_in(text); !shard.empty() && lost_.shards.contains(std::string(shard)))
      last(steps_.served, line);
  }

  void read_own(const log_line& line) {
    if (line.at >= lost_.since && contains(line.text, "the store does not answer the census"))
      first(steps_.seen, line);
  }

  [[nodiscard]] const takeover_steps& steps() const { return steps_; }

private:
  [[nodiscard]] double since_fault(const log_line& line) const {
    return std::chrono::duration<double, std::milli>(line.at - lost_.since).count();
  }

  void first(std::optional<double>& step, const log_line& line) const {
    step = std::min(step.value_or(since_fault(line)), since_fault(line));
  }
  void last(std::optional<double>& step, const log_line& line) const {
    step = std::max(step.value_or(0), since_fault(line));
  }

  const lost_node& lost_;
  const std::string link_down_;
  takeover_steps steps_;
};

} // namespace

std::optional<log_time> read_log_time(std::string_view text) {
  constexpr std::string_view form = "0000-00-00T00:00:00.000000Z";
  auto same = [](char is, char wanted) { return wanted == '0' ? is >= '0' && is <= '9' : is == wanted; };
  if (!std::ranges::equal(text, form, same))
    return std::nullopt;
  auto number = [text](std::size_t from, std::size_t digits) {
    return static_cast<int>(number_at(text.substr(from, digits)).value_or(0));
  };
  auto day = std::chrono::year{number(0, 4)} / number(5, 2) / number(8, 2);
  if (!day.ok())
    return std::nullopt;
  return std::chrono::sys_days{day} + std::chrono::hours{number(11, 2)} + std::chrono::minutes{number(14, 2)}
         + std::chrono::seconds{number(17, 2)} + std::chrono::microseconds{number(20, 6)};
}

std::vector<log_line> read_log(std::string_view text) {
  std::vector<log_line> lines;
  while (!text.empty()) {
    auto end = std::min(text.find('\n'), text.size());
    boost::system::error_code error;
    auto parsed = boost::json::parse(text.substr(0, end), error);
    text.remove_prefix(std::min(end + 1, text.size()));
    const auto* object = parsed.if_object();
    const auto* time = error || !object ? nullptr : object->if_contains("time");
    const auto* message = time ? object->if_contains("message") : nullptr;
    if (!message || !time->is_string() || !message->is_string())
      continue;
    if (auto at = read_log_time(time->get_string()))
      lines.push_back({*at, std::string(message->get_string())});
  }
  return lines;
}

std::vector<log_line> read_log_file(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return read_log(text.view());
}

std::vector<std::uint64_t> ended_in(const std::vector<log_line>& log) {
  std::vector<std::uint64_t> ended;
  for (const auto& line : log)
    if (auto it = ended_by(line.text))
      ended.push_back(*it);
  return ended;
}

takeover_steps steps_of(const lost_node& lost, const std::vector<log_line>& survivors,
                        const std::vector<log_line>& own) {
  step_reader reader(lost);
  for (const auto& line : survivors)
    reader.read(line);
  for (const auto& line : own)
    reader.read_own(line);
  return reader.steps();
}

} // namespace usher::bench
