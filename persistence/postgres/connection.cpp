#include "persistence/postgres/connection.hpp"

#include "domain/ensure.hpp"
#include "log/log.hpp"
#include "persistence/store_url.hpp"

#include <pqxx/pqxx>

#include <algorithm>
#include <initializer_list>
#include <string_view>
#include <utility>

namespace usher::persistence::postgres {
namespace {

constexpr const char* session_settings = R"sql(
  SET client_encoding TO 'UTF8';
  SET search_path TO usher;
  SET idle_in_transaction_session_timeout TO '5s';
  SET client_min_messages TO error;
  SET jit TO off;
  -- Arrays of unknown length are joined with tables of any size: always by index, planned once.
  SET plan_cache_mode TO force_generic_plan;
  SET enable_seqscan TO off;
  SET enable_hashjoin TO off;
  SET enable_mergejoin TO off;
  -- An answer is given when its fact is on disk, whatever this server does by default.
  SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off';
)sql";
constexpr int oldest_server = 150000;

std::string with_limits(const std::string& url, std::optional<std::chrono::seconds> connect) {
  auto full = url;
  auto add = [&full](std::string_view parameter) {
    full += full.find('?') == std::string::npos ? '?' : '&';
    full += parameter;
  };
  for (std::string_view limit : {"connect_timeout=3", "tcp_user_timeout=4500", "application_name=usher"})
    if (url.find(limit.substr(0, limit.find('=') + 1)) == std::string::npos)
      add(limit);
  // The last word counts, whatever the url says before it.
  if (connect)
    add("connect_timeout=" + std::to_string(connect->count()));
  // Whatever PGCLIENTENCODING says, too. Every server takes this encoding; the real one is set once the database's own
  // is known.
  add("client_encoding=SQL_ASCII");
  return full;
}

/// A database keeps text in one encoding, and only one of them takes all text. Returns which of the server's processes
/// has answered.
int check_encoding(pqxx::connection& db) {
  auto row = pqxx::nontransaction{db}
                 .exec("SELECT current_setting('server_encoding'), current_database(), pg_backend_pid()")
                 .one_row();
  auto encoding = row[0].as<std::string>();
  auto name = row[1].as<std::string>();
  if (encoding != "UTF8")
    throw store_broken("the PostgreSQL database " + name + " has the encoding " + encoding
                       + ", and Usher needs UTF8. This makes one: createdb --template=template0 --encoding=UTF8 "
                         "--locale=C NAME");
  return row[2].as<int>();
}

/// Behind a pooler that lends a session for a single transaction, what is set or prepared now is gone a moment later,
/// and what others say is not heard.
void check_session(const pqxx::row& later, int process) {
  if (later[0].as<int>() != process || later[1].view() != "usher")
    throw store_broken("the PostgreSQL server is reached through a pooler that changes sessions between transactions, "
                       "and Usher needs a session of its own: give store.url the server's own address, or set the "
                       "pooler to whole sessions (for PgBouncer: pool_mode = session)");
}

bool is_any_of(std::string_view state, std::initializer_list<std::string_view> beginnings) {
  return std::any_of(beginnings.begin(), beginnings.end(), [state](auto one) { return state.starts_with(one); });
}

/// Failures that end with the connection: a transaction that stood still or took too long (because this process was
/// stopped in the middle of it), and a prepared statement that is gone.
bool is_lost(std::string_view state) {
  return is_any_of(state, {"25P03", "25P04", "26000"});
}

/// Failures after which a later call may succeed, by SQLSTATE class: connection, out of resources, a conflict
/// with another transaction, intervention by an operator or a timeout, a lock, a standby, the system's own.
bool may_pass(std::string_view state) {
  return is_lost(state) || is_any_of(state, {"08", "53", "40", "57", "55P03", "25006", "58"});
}

/// Failures that lie in what was to be written: values that a column cannot have, constraints on values, limits on
/// sizes.
bool is_about_data(std::string_view state) {
  return is_any_of(state, {"22", "23502", "23514", "44", "54"});
}

void set_name(pqxx::nontransaction& session, const std::string& name) {
  session.exec("SELECT set_config('application_name', $1, false)", pqxx::params{name});
}

bool is_refusal(std::string_view state) {
  return state == "23505" || state == "US001";
}

/// Watches the socket as long as it lives.
class watched {
public:
  watched(socket_watch& watch, int socket, std::chrono::milliseconds limit) : watch_(watch) {
    watch_.start(socket, limit);
  }
  ~watched() { watch_.stop(); }
  watched(const watched&) = delete;
  watched& operator=(const watched&) = delete;

private:
  socket_watch& watch_;
};

} // namespace

// ---- session ----

pqxx::result session::run(const prepared& what, const pqxx::params& arguments) {
  home_.watch_.start(home_.native_->sock(), home_.settings_.answer);
  if (!home_.prepared_.contains(what.name)) {
    home_.native_->prepare(what.name, std::string{what.sql} + what.rest);
    home_.prepared_.insert(what.name);
  }
  return native_.exec(pqxx::prepped{what.name}, arguments);
}

pqxx::result session::run(const prepared& what) {
  return run(what, pqxx::params{});
}

void session::script(const std::string& sql) {
  home_.watch_.start(home_.native_->sock(), home_.settings_.answer);
  native_.exec(sql);
}

// ---- connection ----

connection::connection(std::string url, connection_settings settings)
    : url_(std::move(url)), settings_(std::move(settings)) {}

connection::~connection() = default;

pqxx::result connection::run(const prepared& what, const pqxx::params& arguments) {
  if (view_ != nullptr)
    return view_->run(what, arguments); // `at_one_moment` turns failures into the port's
  pqxx::result rows;
  guarded([&] {
    watched limit{watch_, native_->sock(), settings_.answer};
    pqxx::nontransaction single{*native_};
    rows = session{*this, single}.run(what, arguments);
  });
  return rows;
}

pqxx::result connection::run(const prepared& what) {
  return run(what, pqxx::params{});
}

void connection::in_transaction(const std::function<void(session&)>& work) {
  guarded([&] {
    // BEGIN, COMMIT and ROLLBACK also wait for the server. Each statement in between renews the limit.
    watched limit{watch_, native_->sock(), settings_.answer};
    pqxx::work all{*native_};
    session inside{*this, all};
    work(inside);
    watch_.start(native_->sock(), settings_.answer);
    all.commit();
  });
}

void connection::at_one_moment(const std::function<void()>& work) {
  guarded([&] {
    watched limit{watch_, native_->sock(), settings_.answer};
    pqxx::transaction<pqxx::isolation_level::repeatable_read, pqxx::write_policy::read_only> all{*native_};
    session inside{*this, all};
    view_ = &inside;
    try {
      work();
    } catch (...) {
      view_ = nullptr;
      throw;
    }
    view_ = nullptr;
    watch_.start(native_->sock(), settings_.answer);
    all.commit();
  });
}

void connection::rename(const std::string& name) {
  settings_.name = [name] { return name; };
  if (native_ && native_->is_open())
    guarded([] {});
}

notifications connection::listen(const char* channel, std::chrono::milliseconds patience) {
  notifications result;
  guarded([&] {
    result.missed = listening_ != generation_;
    if (result.missed) {
      heard_.clear();
      watched limit{watch_, native_->sock(), settings_.answer};
      native_->listen(channel, [this](const pqxx::notification& news) { heard_.emplace_back(news.payload.c_str()); });
      listening_ = generation_;
    } else if (heard_.empty()) {
      auto whole = std::chrono::duration_cast<std::chrono::seconds>(patience);
      native_->await_notification(whole.count(), std::chrono::microseconds{patience - whole}.count());
    }
    result.payloads = std::exchange(heard_, {});
  });
  return result;
}

void connection::connect() {
  auto fresh = std::make_unique<pqxx::connection>(with_limits(url_, settings_.connect));
  if (fresh->server_version() < oldest_server)
    throw store_broken("the PostgreSQL server is older than version 15");
  watched limit{watch_, fresh->sock(), settings_.answer};
  auto process = check_encoding(*fresh);
  pqxx::nontransaction set{*fresh};
  set.exec(session_settings);
  auto later = set.exec("SELECT pg_backend_pid(), current_setting('search_path'), "
                        "set_config('statement_timeout', $1, false), set_config('lock_timeout', $2, false)",
                        {std::to_string(settings_.statement.count()), std::to_string(settings_.lock.count())});
  check_session(later.one_row(), process);
  name_ = settings_.name ? settings_.name() : std::string{};
  if (!name_.empty())
    set_name(set, name_);
  set.commit();
  native_ = std::move(fresh);
  prepared_.clear();
  ++generation_;
}

/// Whoever this connection belongs to may be called otherwise by now.
void connection::follow_name() {
  if (!settings_.name)
    return;
  auto name = settings_.name();
  if (name == name_ || name.empty())
    return;
  watched limit{watch_, native_->sock(), settings_.answer};
  pqxx::nontransaction single{*native_};
  set_name(single, name);
  name_ = std::move(name);
}

void connection::guarded(const std::function<void()>& work) {
  try {
    if (!native_ || !native_->is_open())
      connect();
    else if (!view_)
      follow_name();
    work();
  } catch (const pqxx::sql_error& error) {
    auto text = sentence(error);
    if (is_refusal(error.sqlstate()))
      throw refused_statement(text);
    if (is_about_data(error.sqlstate()))
      throw data_refused(text);
    if (!may_pass(error.sqlstate()))
      throw store_broken(text);
    if (is_lost(error.sqlstate()) || (native_ && !native_->is_open())) // null if it failed while being set up
      native_.reset();
    throw store_unavailable(text);
  } catch (const pqxx::failure& error) {
    // The connection, or the outcome of a transaction, is lost.
    bool was_connected = native_ != nullptr;
    native_.reset();
    auto text = sentence(error);
    if (was_connected)
      log::of("persistence").warn("lost the connection to {}: {}", without_password(url_), text);
    throw store_unavailable(text);
  } catch (const store_broken&) {
    throw;
  } catch (const store_unavailable&) {
    throw;
  } catch (const data_refused&) {
    throw;
  } catch (const domain::broken_invariant&) {
    throw;
  } catch (const std::exception& error) {
    native_.reset(); // a state that the library does not expect to be in
    throw store_broken(sentence(error));
  }
}

std::string connection::sentence(const std::exception& error) const {
  std::string_view text = error.what();
  while (text.ends_with('\n'))
    text.remove_suffix(1);
  return "PostgreSQL: " + without_passwords_of(url_, std::string{text});
}

} // namespace usher::persistence::postgres
