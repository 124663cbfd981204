#include "codec/json_time.hpp"

#include <algorithm>
#include <cstdint>

namespace usher::codec {
namespace {

/// Writes `value` with exactly `width` digits.
void put_digits(char* at, int width, std::int64_t value) {
  for (int i = width - 1; i >= 0; --i) {
    at[i] = static_cast<char>('0' + value % 10);
    value /= 10;
  }
}

/// Reads a text from left to right; after the first mismatch it stays failed.
class cursor {
public:
  explicit cursor(std::string_view text) : rest_(text) {}

  int digits(std::size_t count) {
    if (rest_.size() < count)
      failed_ = true;
    int value = 0;
    for (std::size_t i = 0; i < count && !failed_; ++i) {
      char c = rest_[i];
      if (c < '0' || c > '9')
        failed_ = true;
      value = value * 10 + (c - '0');
    }
    if (!failed_)
      rest_.remove_prefix(count);
    return failed_ ? 0 : value;
  }

  bool take(std::string_view any_of) {
    if (failed_ || rest_.empty() || any_of.find(rest_.front()) == std::string_view::npos)
      return false;
    rest_.remove_prefix(1);
    return true;
  }

  void expect(std::string_view any_of) { failed_ = !take(any_of) || failed_; }

  /// The fraction of a second after its point, in microseconds.
  std::int64_t fraction() {
    auto end = std::find_if(rest_.begin(), rest_.end(), [](char c) { return c < '0' || c > '9'; });
    auto count = static_cast<std::size_t>(end - rest_.begin());
    failed_ = failed_ || count == 0;
    std::int64_t value = 0;
    for (std::size_t i = 0; i < 6; ++i)
      value = value * 10 + (i < count ? rest_[i] - '0' : 0);
    rest_.remove_prefix(count);
    return value;
  }

  [[nodiscard]] bool done() const { return !failed_ && rest_.empty(); }

private:
  std::string_view rest_;
  bool failed_ = false;
};

} // namespace

std::string to_text(domain::instant moment) {
  auto day = std::chrono::floor<std::chrono::days>(moment);
  std::chrono::year_month_day date{day};
  auto ms = std::chrono::floor<std::chrono::milliseconds>(moment - day).count();
  std::string text = "0000-00-00T00:00:00.000Z";
  put_digits(&text[0], 4, static_cast<int>(date.year()));
  put_digits(&text[5], 2, static_cast<unsigned>(date.month()));
  put_digits(&text[8], 2, static_cast<unsigned>(date.day()));
  put_digits(&text[11], 2, ms / 3'600'000);
  put_digits(&text[14], 2, ms / 60'000 % 60);
  put_digits(&text[17], 2, ms / 1'000 % 60);
  put_digits(&text[20], 3, ms % 1'000);
  return text;
}

std::optional<domain::instant> parse_time(std::string_view text) {
  cursor at{text};
  auto year = at.digits(4);
  at.expect("-");
  auto month = at.digits(2);
  at.expect("-");
  auto day = at.digits(2);
  at.expect("Tt ");
  auto hour = at.digits(2);
  at.expect(":");
  auto minute = at.digits(2);
  at.expect(":");
  auto second = at.digits(2);
  auto fraction = at.take(".") ? at.fraction() : 0;
  int offset = 0;
  if (!at.take("Zz")) {
    int sign = at.take("-") ? -1 : 1;
    if (sign > 0)
      at.expect("+");
    auto offset_hour = at.digits(2);
    at.expect(":");
    auto offset_minute = at.digits(2);
    if (offset_hour > 23 || offset_minute > 59)
      return std::nullopt;
    offset = sign * (offset_hour * 60 + offset_minute);
  }
  std::chrono::year_month_day date{std::chrono::year{year}, std::chrono::month{static_cast<unsigned>(month)},
                                   std::chrono::day{static_cast<unsigned>(day)}};
  if (!at.done() || !date.ok() || year < 1970 || hour > 23 || minute > 59 || second > 59)
    return std::nullopt;
  domain::instant moment = std::chrono::sys_days{date} + std::chrono::hours{hour}
                           + std::chrono::minutes{minute - offset} + std::chrono::seconds{second}
                           + domain::microseconds{fraction};
  // In UTC the year may be another one, and it is UTC in which times are written.
  if (moment < domain::instant{} || moment >= std::chrono::sys_days{std::chrono::year{10'000} / 1 / 1})
    return std::nullopt;
  return moment;
}

} // namespace usher::codec
