#include "persistence/sqlite/connection.hpp"

#include "persistence/booking_store.hpp"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <thread>

namespace usher::persistence::sqlite {
namespace {

/// How long to wait for another process that is writing.
constexpr std::chrono::milliseconds busy_timeout{4000};

/// Tells SQLite to try again. Its own way of waiting sleeps longer and longer, and would never hit the short moments in
/// which a busy writer lets go; a claim must not starve.
int wait_a_moment(void* since, int tries) {
  auto& busy_since = *static_cast<std::chrono::steady_clock::time_point*>(since);
  auto now = std::chrono::steady_clock::now();
  if (tries == 0)
    busy_since = now;
  if (now - busy_since >= busy_timeout)
    return 0;
  std::this_thread::sleep_for(std::chrono::microseconds{50 + tries * 37 % 200}); // out of step with the writer
  return 1;
}

bool may_pass(int code) {
  switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_NOMEM:
    case SQLITE_INTERRUPT:
    case SQLITE_CANTOPEN: // of a file that was open before: too many are open, as a rule
    case SQLITE_PROTOCOL: // others were faster too often
      return true;
    case SQLITE_READONLY: // e.g. a disk that was remounted
      return code != SQLITE_READONLY_DBMOVED;
    default:
      return false;
  }
}

/// Failures that lie in what was to be written.
bool is_about_data(int code) {
  switch (code & 0xff) {
    case SQLITE_TOOBIG:
    case SQLITE_MISMATCH:
      return true;
    case SQLITE_CONSTRAINT:
      return code == SQLITE_CONSTRAINT_NOTNULL || code == SQLITE_CONSTRAINT_CHECK || code == SQLITE_CONSTRAINT_DATATYPE;
    default:
      return false;
  }
}

/// The store contains the secret that tokens are signed with, and every order: nobody else may read it. SQLite gives
/// its companions (`-wal`, `-shm`) the same permissions. An existing file keeps its own.
void create_for_owner_alone(const std::string& file) {
  if (auto made = ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR); made >= 0)
    ::close(made);
}

bool is_usable_file(const std::string& file) {
  struct stat found {};
  return ::stat(file.c_str(), &found) == 0 && S_ISREG(found.st_mode) && ::access(file.c_str(), R_OK | W_OK) == 0;
}

} // namespace

connection::connection(const std::string& file) {
  create_for_owner_alone(file);
  auto code = sqlite3_open_v2(file.c_str(), &native_, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
                              nullptr);
  try {
    if (native_ == nullptr)
      throw store_unavailable("SQLite: out of memory");
    sqlite3_extended_result_codes(native_, 1);
    if (code == SQLITE_CANTOPEN && !is_usable_file(file))
      throw store_broken("SQLite cannot open " + file + ": does its folder exist, and may it be written?");
    if (code != SQLITE_OK)
      fail(code);
    sqlite3_busy_handler(native_, wait_a_moment, &busy_since_);
    run("PRAGMA synchronous = FULL");
    run("PRAGMA foreign_keys = ON");
    run("PRAGMA cache_size = -65536");
  } catch (...) {
    sqlite3_close_v2(native_);
    throw;
  }
}

connection::~connection() {
  sqlite3_close_v2(native_);
}

void connection::use_write_ahead_log() {
  // SQLite does not wait by itself when two processes switch a new file to WAL at the same time.
  auto until = std::chrono::steady_clock::now() + busy_timeout;
  for (;;) {
    auto code = sqlite3_exec(native_, "PRAGMA journal_mode = WAL", nullptr, nullptr, nullptr);
    if (code == SQLITE_OK)
      return;
    if ((code & 0xff) != SQLITE_BUSY || std::chrono::steady_clock::now() >= until)
      fail(code);
    std::this_thread::sleep_for(std::chrono::milliseconds{10});
  }
}

void connection::run(const char* sql) {
  auto code = sqlite3_exec(native_, sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK)
    fail(code);
}

void connection::run_quietly(const char* sql) noexcept {
  // After some errors SQLite rolls back by itself; then there is nothing left to undo.
  if (sqlite3_get_autocommit(native_) == 0)
    sqlite3_exec(native_, sql, nullptr, nullptr, nullptr);
}

int connection::changes() const {
  return sqlite3_changes(native_);
}

std::int64_t connection::last_row() const {
  return sqlite3_last_insert_rowid(native_);
}

void connection::fail(int code) const {
  auto sentence = std::string{"SQLite: "} + sqlite3_errmsg(native_);
  if (is_about_data(code))
    throw data_refused(sentence);
  if (may_pass(code))
    throw store_unavailable(sentence);
  throw store_broken(sentence);
}

statement::statement(connection& db, const char* sql) : db_(db) {
  auto code = sqlite3_prepare_v3(db.native(), sql, -1, SQLITE_PREPARE_PERSISTENT, &native_, nullptr);
  if (code != SQLITE_OK)
    db.fail(code);
}

statement::~statement() {
  sqlite3_finalize(native_);
}

void statement::bind(int place, std::int64_t number) {
  if (auto code = sqlite3_bind_int64(native_, place, number); code != SQLITE_OK)
    db_.fail(code);
}

void statement::bind(int place, std::string_view text) {
  auto code = sqlite3_bind_text64(native_, place, text.data() == nullptr ? "" : text.data(), text.size(), SQLITE_STATIC,
                                  SQLITE_UTF8);
  if (code != SQLITE_OK)
    db_.fail(code);
}

void statement::bind(int place, blob bytes) {
  auto code = sqlite3_bind_blob64(native_, place, bytes.bytes.data() == nullptr ? "" : bytes.bytes.data(),
                                  bytes.bytes.size(), SQLITE_STATIC);
  if (code != SQLITE_OK)
    db_.fail(code);
}

bool statement::step() {
  auto code = sqlite3_step(native_);
  if (code == SQLITE_ROW)
    return true;
  if (code != SQLITE_DONE)
    db_.fail(code);
  return false;
}

void statement::reset() noexcept {
  // This repeats a failed step's error, which has been thrown already.
  sqlite3_reset(native_);
}

std::int64_t cursor::number(int column) const {
  return sqlite3_column_int64(source_.native_, column);
}

std::string_view cursor::text(int column) const {
  // The size must be asked after the conversion to bytes.
  const auto* bytes = static_cast<const char*>(sqlite3_column_blob(source_.native_, column));
  auto size = static_cast<std::size_t>(sqlite3_column_bytes(source_.native_, column));
  return bytes == nullptr ? std::string_view{} : std::string_view{bytes, size};
}

transaction::transaction(connection& db, kind purpose) : db_(db) {
  db_.run(purpose == kind::writing ? "BEGIN IMMEDIATE" : "BEGIN");
}

transaction::~transaction() {
  if (open_)
    db_.run_quietly("ROLLBACK");
}

void transaction::commit() {
  db_.run("COMMIT");
  open_ = false;
}

} // namespace usher::persistence::sqlite
