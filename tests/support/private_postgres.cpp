#include "tests/support/private_postgres.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <sstream>
#include <stdexcept>

namespace usher::tests {
namespace {

namespace fs = std::filesystem;

const fs::path programs = "/usr/lib/postgresql/15/bin";

/// A port that was free a moment ago.
int free_port() {
  int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  bool bound = ::bind(socket, reinterpret_cast<sockaddr*>(&address), size) == 0
               && ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  ::close(socket);
  if (!bound)
    throw std::runtime_error("no free port on the loopback");
  return ntohs(address.sin_port);
}

std::string quoted(const std::string& word) {
  std::string text = "'";
  for (char c : word)
    text += c == '\'' ? std::string{"'\\''"} : std::string{c};
  return text + "'";
}

/// The parent of a process, or 0 when it is gone.
int parent_of(int process) {
  std::ifstream stat{"/proc/" + std::to_string(process) + "/stat"};
  std::string text;
  std::getline(stat, text); // if the process has just ended, this is empty
  auto end_of_name = text.rfind(')');
  if (end_of_name == std::string::npos)
    return 0;
  std::istringstream rest{text.substr(end_of_name + 2)};
  char state = 0;
  int parent = 0;
  rest >> state >> parent;
  return parent;
}

} // namespace

private_postgres::private_postgres() : port_(free_port()) {
  auto pattern = (fs::temp_directory_path() / "usher-postgres-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr)
    throw std::runtime_error("cannot make a temporary folder for PostgreSQL");
  folder_ = pattern;
  // The server's processes become our children when their parents have ended, so that we can wait for their end.
  if (::prctl(PR_SET_CHILD_SUBREAPER, 1) != 0)
    throw std::runtime_error("cannot adopt the processes of PostgreSQL");
  if (::geteuid() == 0)
    run_as_caller({"chown", "postgres", folder_.string()});
  run({(programs / "initdb").string(), "--pgdata", (folder_ / "data").string(), "--username", "usher", "--auth",
       "trust", "--encoding", "UTF8", "--locale", "C", "--no-sync"});
  start();
}

private_postgres::~private_postgres() {
  try {
    if (paused_)
      resume();
    if (!processes().empty())
      stop();
    fs::remove_all(folder_);
  } catch (const std::exception& error) {
    std::cerr << "leaving a private PostgreSQL behind: " << error.what() << '\n';
  }
}

std::string private_postgres::make_database() {
  auto name = "usher_" + std::to_string(++databases_);
  run({(programs / "createdb").string(), "--host", folder_.string(), "--port", std::to_string(port_), "--username",
       "usher", name});
  return "postgres://usher@127.0.0.1:" + std::to_string(port_) + "/" + name;
}

std::string private_postgres::socket_url(const std::string& url) const {
  return "postgres:///" + url.substr(url.rfind('/') + 1) + "?user=usher&host=" + folder_.string()
         + "&port=" + std::to_string(port_);
}

void private_postgres::start() {
  std::ostringstream options;
  options << "-p " << port_ << " -c listen_addresses=127.0.0.1 -c unix_socket_directories=" << folder_.string()
          << " -c fsync=on -c max_connections=50";
  run({(programs / "pg_ctl").string(), "start", "--wait", "--pgdata", (folder_ / "data").string(), "--log",
       (folder_ / "log").string(), "--options", options.str()});
}

void private_postgres::stop() {
  run({(programs / "pg_ctl").string(), "stop", "--wait", "--mode", "fast", "--pgdata", (folder_ / "data").string()});
}

void private_postgres::kill() {
  auto all = processes();
  for (int process : all)
    ::kill(process, SIGKILL);
  // Zombies would look like a server that still runs. No process survives that signal, so the wait ends.
  for (int process : all)
    while (::waitpid(process, nullptr, 0) < 0 && errno == EINTR) {
    }
}

void private_postgres::pause() {
  for (int process : processes())
    ::kill(process, SIGSTOP);
  paused_ = true;
}

void private_postgres::resume() {
  for (int process : processes())
    ::kill(process, SIGCONT);
  paused_ = false;
}

void private_postgres::run(const std::vector<std::string>& command) const {
  auto whole = command;
  if (::geteuid() == 0)
    whole.insert(whole.begin(), {"runuser", "-u", "postgres", "--"});
  run_as_caller(whole);
}

void private_postgres::run_as_caller(const std::vector<std::string>& command) const {
  std::string line = "cd " + quoted(folder_.string()) + " &&";
  for (const auto& word : command)
    line += " " + quoted(word);
  // The server keeps its streams: they must not be the test's, or whoever waits for the test's output to end waits for
  // ever.
  line += " > command.out 2>&1 < /dev/null";
  if (std::system(line.c_str()) == 0)
    return;
  std::ifstream output{folder_ / "command.out"};
  std::ostringstream text;
  text << output.rdbuf();
  throw std::runtime_error(command.front() + " failed: " + text.str());
}

std::vector<int> private_postgres::processes() const {
  std::ifstream pid_file{folder_ / "data" / "postmaster.pid"};
  int postmaster = 0;
  if (!(pid_file >> postmaster) || ::kill(postmaster, 0) != 0)
    return {};
  std::vector<int> all{postmaster};
  for (const auto& entry : fs::directory_iterator{"/proc"}) {
    const auto name = entry.path().filename().string();
    if (name.find_first_not_of("0123456789") == std::string::npos && parent_of(std::stoi(name)) == postmaster)
      all.push_back(std::stoi(name));
  }
  return all;
}

} // namespace usher::tests
