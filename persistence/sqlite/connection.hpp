#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

/// SQLite as the store needs it: errors are the port's exceptions, and leave nothing open.
namespace usher::persistence::sqlite {

class connection {
public:
  /// Opens or makes the file, with every commit synced.
  explicit connection(const std::string& file);
  ~connection();
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;

  /// Permanently: from now on readers and a writer do not keep each other waiting.
  void use_write_ahead_log();
  /// Runs statements without arguments or results.
  void run(const char* sql);
  /// The same while another failure is already being thrown.
  void run_quietly(const char* sql) noexcept;
  /// How many rows the last statement changed.
  [[nodiscard]] int changes() const;
  /// The number of the row that the last INSERT added, in a table that numbers its rows.
  [[nodiscard]] std::int64_t last_row() const;
  [[nodiscard]] sqlite3* native() const noexcept { return native_; }

  /// Throws what `code` means: `data_refused` when the values were at fault, `store_unavailable` when a later call may
  /// succeed, else `store_broken`.
  [[noreturn]] void fail(int code) const;

private:
  sqlite3* native_ = nullptr;
  std::chrono::steady_clock::time_point busy_since_; ///< while waiting for another process
};

/// Bytes, as opposed to text.
struct blob {
  std::string_view bytes;
};

class cursor;

/// A statement, prepared once.
class statement {
public:
  statement(connection& db, const char* sql);
  ~statement();
  statement(const statement&) = delete;
  statement& operator=(const statement&) = delete;

  /// The rows for these arguments, which must live as long as the cursor.
  template <class... Arguments>
  [[nodiscard]] cursor rows(const Arguments&... arguments);

  /// For statements that return no rows. Returns how many rows were changed.
  template <class... Arguments>
  int run(const Arguments&... arguments);

private:
  friend class cursor;

  void bind(int place, std::int64_t number);
  void bind(int place, std::string_view text);
  void bind(int place, blob bytes);
  bool step();
  void reset() noexcept;

  connection& db_;
  sqlite3_stmt* native_ = nullptr;
};

/// The rows of a statement. The statement is free again when this ends.
class cursor {
public:
  explicit cursor(statement& source) : source_(source) {}
  ~cursor() { source_.reset(); }
  cursor(const cursor&) = delete;
  cursor& operator=(const cursor&) = delete;

  /// Goes to the next row; false when there is none.
  bool next() { return source_.step(); }
  [[nodiscard]] std::int64_t number(int column) const;
  /// Text or bytes; valid until `next`.
  [[nodiscard]] std::string_view text(int column) const;

private:
  statement& source_;
};

template <class... Arguments>
cursor statement::rows(const Arguments&... arguments) {
  int place = 0;
  (bind(++place, arguments), ...);
  return cursor{*this};
}

template <class... Arguments>
int statement::run(const Arguments&... arguments) {
  auto result = rows(arguments...);
  result.next();
  return db_.changes();
}

/// All or nothing of what happens between its construction and `commit`. One that writes takes the file's one write
/// lock at once; one that reads sees the file as it is at its first statement.
class transaction {
public:
  enum class kind { writing, reading };

  explicit transaction(connection& db, kind purpose = kind::writing);
  ~transaction();
  transaction(const transaction&) = delete;
  transaction& operator=(const transaction&) = delete;

  void commit();

private:
  connection& db_;
  bool open_ = true;
};

} // namespace usher::persistence::sqlite
