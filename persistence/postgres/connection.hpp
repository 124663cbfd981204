#pragma once

#include "persistence/booking_store.hpp"
#include "persistence/postgres/socket_watch.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

namespace pqxx {
class connection;
class params;
class result;
class transaction_base;
} // namespace pqxx

namespace usher::persistence::postgres {

/// A statement and the name under which it is prepared when first used on a connection.
struct prepared {
  const char* name;
  const char* sql;
  const char* rest = ""; ///< the rest, for statements that begin alike
};

/// A constraint, or the schema's own check, refused a statement. None of it was written.
class refused_statement : public store_broken {
public:
  using store_broken::store_broken;
};

/// How the server shall treat a connection, and how long the connection waits for it.
struct connection_settings {
  /// Says what the server calls it, whatever the url says; asked whenever a connection is made. Without an answer it is
  /// what the url says, or `usher`.
  std::function<std::string()> name{};
  /// How long connecting may take, whatever the url says; without a limit, as long as the url says, or 3 s.
  std::optional<std::chrono::seconds> connect{};
  std::chrono::milliseconds statement{4'000}; ///< the server gives up first, so that its answer says why
  std::chrono::milliseconds answer{4'500};    ///< a silent server is given up after this
  std::chrono::milliseconds lock{0};          ///< how long a statement waits for a lock; 0: as long as for anything
};

/// What was said on a channel.
struct notifications {
  bool missed = false; ///< something may have been said before this, unheard
  std::vector<std::string> payloads;
};

class connection;

/// A transaction that is under way.
class session {
public:
  /// Runs one statement, in bounded time.
  pqxx::result run(const prepared& what, const pqxx::params& arguments);
  pqxx::result run(const prepared& what);
  /// Runs any number of statements without arguments or results.
  void script(const std::string& sql);

private:
  friend class connection;
  session(connection& home, pqxx::transaction_base& native) : home_(home), native_(native) {}

  connection& home_;
  pqxx::transaction_base& native_;
};

/// A connection that restores itself: if lost, the next call makes a new one. Every failure is one of the port's
/// exceptions, reveals no password, and comes within a time limit.
class connection {
public:
  /// Connects at the first call, not here.
  explicit connection(std::string url, connection_settings settings = {});
  ~connection();

  /// One statement by itself.
  pqxx::result run(const prepared& what, const pqxx::params& arguments);
  pqxx::result run(const prepared& what);
  /// All or nothing.
  void in_transaction(const std::function<void(session&)>& work);
  /// Every `run` within `work` sees the database as it was at one moment. Nothing can be written.
  void at_one_moment(const std::function<void()>& work);

  /// What the server calls this connection from now on.
  void rename(const std::string& name);
  /// Waits for something to be said on `channel`, but not longer than `patience`.
  notifications listen(const char* channel, std::chrono::milliseconds patience);

  /// Grows with each connection made: what was learnt on an older one may be out of date.
  [[nodiscard]] std::uint64_t generation() const noexcept { return generation_; }

private:
  friend class session;

  void connect();
  void follow_name();
  /// Runs `work` on a live connection and turns what it throws into the port's exceptions.
  void guarded(const std::function<void()>& work);
  [[nodiscard]] std::string sentence(const std::exception& error) const;

  std::string url_;
  connection_settings settings_;
  socket_watch watch_;
  std::unique_ptr<pqxx::connection> native_;
  std::string name_;                         ///< what the server calls it now; empty if nobody said
  std::unordered_set<const char*> prepared_; ///< names, by address: each is a constant
  std::uint64_t generation_ = 0;
  session* view_ = nullptr;     ///< while `at_one_moment` runs
  std::uint64_t listening_ = 0; ///< the generation that listens
  std::vector<std::string> heard_;
};

} // namespace usher::persistence::postgres
