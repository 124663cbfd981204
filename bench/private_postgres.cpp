#include "bench/private_postgres.hpp"

#include "crowd/address.hpp"
#include "persistence/booking_store.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <sstream>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

namespace usher::bench {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

constexpr auto* user = "postgres";
constexpr auto program_patience = 60s;

/// Runs the server, the rest of the arguments, until nobody has the first argument open. Whoever starts it may be
/// killed, and then so is the outer shell: the inner one goes on until the server has ended.
constexpr auto* until_alone = R"(
(
  alive=$1
  shift
  "$@" &
  server=$!
  read -r word <"$alive"
  kill -QUIT "$server"
  wait "$server"
) &
wait "$!"
)";

[[noreturn]] void fail(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

bool is_root() {
  return ::geteuid() == 0;
}

/// As whoever may run the server.
child_command as_server_user(const fs::path& program, std::vector<std::string> arguments, const fs::path& output) {
  if (!is_root())
    return {.program = program, .arguments = std::move(arguments), .output_file = output, .error_file = output};
  arguments.insert(arguments.begin(), {"-u", user, "--", program.string()});
  return {
      .program = "/usr/sbin/runuser", .arguments = std::move(arguments), .output_file = output, .error_file = output};
}

bool has_server(const fs::path& folder) {
  return fs::exists(folder / "initdb") && fs::exists(folder / "postgres");
}

} // namespace

std::optional<fs::path> find_postgres() {
  const auto* path = std::getenv("PATH"); // NOLINT(concurrency-mt-unsafe): nobody changes it
  std::istringstream folders(path ? path : "");
  for (std::string folder; std::getline(folders, folder, ':');)
    if (has_server(folder))
      return folder;
  std::vector<fs::path> found;
  std::error_code none;
  for (const auto& version : fs::directory_iterator("/usr/lib/postgresql", none))
    if (has_server(version.path() / "bin"))
      found.push_back(version.path() / "bin");
  auto newest = std::ranges::max_element(
      found, {}, [](const fs::path& bin) { return std::atoi(bin.parent_path().filename().c_str()); });
  return newest == found.end() ? std::nullopt : std::optional{*newest};
}

private_postgres::private_postgres(const fs::path& programs)
    : folder_(directory_.path() / "postgres"), port_(crowd::free_port()) {
  make_folder();
  run(as_server_user(programs / "initdb",
                     {"--pgdata", folder_ / "data", "--username", "usher", "--auth", "trust", "--encoding", "UTF8",
                      "--locale", "C", "--no-sync"},
                     directory_.path() / "log"));
  auto alive = folder_ / "alive";
  server_.emplace(as_server_user("/bin/sh",
                                 {"-c", until_alone, "sh", alive, programs / "postgres", "-D", folder_ / "data", "-p",
                                  std::to_string(port_), "-c", "listen_addresses=127.0.0.1", "-c",
                                  "unix_socket_directories=" + folder_.string(), "-c", "fsync=on"},
                                 directory_.path() / "log"));
  // Opened for both, it waits for no reader.
  alive_.emplace(::open(alive.c_str(), O_RDWR | O_CLOEXEC), "cannot hold on to PostgreSQL");
  await_answer();
}

private_postgres::~private_postgres() {
  alive_.reset();
  server_->wait_for(program_patience);
}

void private_postgres::make_folder() {
  fs::create_directory(folder_);
  auto alive = folder_ / "alive";
  if (::mkfifo(alive.c_str(), 0600) != 0)
    fail("cannot make " + alive.string());
  if (!is_root())
    return;
  fs::permissions(directory_.path(), fs::perms::others_exec, fs::perm_options::add);
  errno = 0;
  const auto* account = ::getpwnam(user); // NOLINT(concurrency-mt-unsafe): nobody else asks
  if (account == nullptr)
    throw std::runtime_error(std::string("there is no user ") + user
                             + " to run PostgreSQL, which refuses to run as root");
  for (const auto& file : {folder_, alive})
    if (::chown(file.c_str(), account->pw_uid, account->pw_gid) != 0)
      fail("cannot give away " + file.string());
}

void private_postgres::run(const child_command& command) {
  child_process process(command);
  if (process.wait_for(program_patience) != 0)
    throw std::runtime_error(command.program.string() + " failed:\n" + tail_of(command.output_file));
}

void private_postgres::await_answer() {
  for (auto until = std::chrono::steady_clock::now() + program_patience;;) {
    try {
      (void)persistence::open_store(url());
      return;
    } catch (const persistence::store_unavailable& not_yet) {
      if (!server_->running() || std::chrono::steady_clock::now() > until)
        throw std::runtime_error(std::string("PostgreSQL does not start: ") + not_yet.what() + "\n"
                                 + tail_of(directory_.path() / "log"));
    }
    std::this_thread::sleep_for(20ms);
  }
}

std::string private_postgres::url() const {
  return "postgres://usher@127.0.0.1:" + std::to_string(port_) + "/postgres";
}

} // namespace usher::bench
