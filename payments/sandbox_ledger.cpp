#include "payments/sandbox_ledger.hpp"

#include "domain/ensure.hpp"

#include <array>
#include <cerrno>
#include <charconv>
#include <fcntl.h>
#include <stdexcept>
#include <sys/file.h>
#include <system_error>
#include <unistd.h>

namespace usher::payments {

namespace {

[[noreturn]] void fail(const char* what) {
  throw std::system_error{errno, std::generic_category(), std::string{"the sandbox's ledger: "} + what};
}

/// Removes the next word from `line`.
std::string_view next_word(std::string_view& line) {
  auto end = line.find(' ');
  auto word = line.substr(0, end);
  line.remove_prefix(end == std::string_view::npos ? line.size() : end + 1);
  return word;
}

std::string to_line(const char* movement, const std::string& key, const domain::money& amount) {
  return std::string{movement} + ' ' + key + ' ' + std::to_string(amount.amount) + ' ' + amount.currency + '\n';
}

} // namespace

/// Excludes other processes while a movement is looked up and written.
class sandbox_ledger::file_lock {
public:
  explicit file_lock(int file) : file_(file) {
    if (file_ < 0)
      return;
    while (::flock(file_, LOCK_EX) != 0)
      if (errno != EINTR)
        fail("cannot be locked");
  }
  ~file_lock() {
    if (file_ >= 0)
      ::flock(file_, LOCK_UN);
  }
  file_lock(const file_lock&) = delete;
  file_lock& operator=(const file_lock&) = delete;

private:
  int file_;
};

sandbox_ledger::sandbox_ledger(const std::filesystem::path& file)
    : file_(::open(file.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600)) {
  if (file_ < 0)
    fail("cannot be opened");
  try {
    file_lock lock{file_};
    catch_up();
  } catch (...) {
    ::close(file_);
    throw;
  }
}

sandbox_ledger::~sandbox_ledger() {
  if (file_ >= 0)
    ::close(file_);
}

void sandbox_ledger::charge(const std::string& key, const domain::money& amount) {
  domain::ensure(!key.empty() && key.find_first_of(" \n") == std::string::npos, "a payment's key is one word");
  file_lock lock{file_};
  catch_up();
  if (accounts_.contains(key))
    return;
  append(to_line("charge", key, amount));
  accounts_.emplace(key, sandbox_account{amount, false});
}

bool sandbox_ledger::refund(const std::string& key) {
  file_lock lock{file_};
  catch_up();
  auto account = accounts_.find(key);
  if (account == accounts_.end())
    return false;
  if (!account->second.refunded) {
    append(to_line("refund", key, account->second.charged));
    account->second.refunded = true;
  }
  return true;
}

std::optional<sandbox_account> sandbox_ledger::find(const std::string& key) {
  file_lock lock{file_};
  catch_up();
  auto account = accounts_.find(key);
  if (account == accounts_.end())
    return std::nullopt;
  return account->second;
}

/// Reads what was appended since the last look, by this process or another. An unfinished last line was being written
/// when its process died: nobody was told of that movement, so it did not happen.
void sandbox_ledger::catch_up() {
  if (file_ < 0)
    return;
  auto size = ::lseek(file_, 0, SEEK_END);
  if (size < 0)
    fail("cannot be read");
  if (static_cast<std::uint64_t>(size) == read_upto_)
    return;
  std::string text;
  std::array<char, 65536> block{};
  while (read_upto_ + text.size() < static_cast<std::uint64_t>(size)) {
    auto count = ::pread(file_, block.data(), block.size(), static_cast<off_t>(read_upto_ + text.size()));
    if (count < 0 && errno == EINTR)
      continue;
    if (count <= 0)
      fail("cannot be read");
    text.append(block.data(), static_cast<std::size_t>(count));
  }
  auto whole = text.rfind('\n') + 1; // npos + 1 is 0: no whole line
  for (std::string_view rest{text.data(), whole}; !rest.empty();) {
    auto end = rest.find('\n');
    read_line(rest.substr(0, end));
    rest.remove_prefix(end + 1);
  }
  read_upto_ += whole;
  if (whole < text.size() && ::ftruncate(file_, static_cast<off_t>(read_upto_)) != 0)
    fail("cannot be repaired");
}

void sandbox_ledger::read_line(std::string_view line) {
  auto movement = next_word(line);
  auto key = std::string{next_word(line)};
  auto amount = next_word(line);
  domain::money money{0, std::string{next_word(line)}};
  auto [end, error] = std::from_chars(amount.data(), amount.data() + amount.size(), money.amount);
  auto is_number = error == std::errc{} && end == amount.data() + amount.size();
  if (movement == "charge" && is_number)
    accounts_[key] = {money, false};
  else if (movement == "refund" && is_number && accounts_.contains(key))
    accounts_[key].refunded = true;
  else
    throw std::runtime_error{"the sandbox's ledger: a line is not `charge` or `refund` KEY AMOUNT CURRENCY"};
}

void sandbox_ledger::append(const std::string& line) {
  if (file_ < 0)
    return;
  auto written = ::write(file_, line.data(), line.size());
  if (written != static_cast<ssize_t>(line.size())) {
    // A torn line would swallow the next one; remove it before anybody looks.
    auto reason = written < 0 ? errno : ENOSPC;
    if (written > 0 && ::ftruncate(file_, static_cast<off_t>(read_upto_)) != 0)
      fail("cannot be repaired");
    errno = reason;
    fail("cannot be written");
  }
  read_upto_ += line.size();
}

} // namespace usher::payments
