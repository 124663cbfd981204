#include "bench/child_process.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <system_error>

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace usher::bench {

namespace {

[[noreturn]] void fail(int error, const std::string& what) {
  throw std::system_error(error, std::generic_category(), what);
}

/// Between fork and exec only async-signal-safe calls are allowed: no allocation, no locks.
[[noreturn]] void become(char* const* arguments, char* const* environment, const char* output, const char* errors,
                         pid_t parent, int report) {
  auto redirect = [](const char* file, int stream) {
    if (*file == '\0')
      return true;
    int descriptor = ::open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    return descriptor >= 0 && ::dup2(descriptor, stream) >= 0;
  };
  // If the parent is gone already, the signal will never come.
  bool ready = ::prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && ::getppid() == parent && redirect(output, STDOUT_FILENO)
               && redirect(errors, STDERR_FILENO);
  if (ready)
    ::execve(arguments[0], arguments, environment);
  int error = errno;
  [[maybe_unused]] auto written = ::write(report, &error, sizeof error);
  ::_exit(127);
}

/// Our own environment, plus what the child needs to say that it is ready.
std::vector<char*> environment_with(const std::string& variable) {
  auto name_size = variable.find('=') + 1;
  std::vector<char*> result;
  for (auto* own = environ; *own != nullptr; ++own)
    if (std::strncmp(*own, variable.c_str(), name_size) != 0)
      result.push_back(*own);
  result.push_back(const_cast<char*>(variable.c_str())); // the child does not write to it before exec
  result.push_back(nullptr);
  return result;
}

} // namespace

child_process::child_process(const child_command& command) {
  auto program = command.program.string();
  std::vector<char*> arguments{program.data()};
  auto texts = command.arguments;
  for (auto& text : texts)
    arguments.push_back(text.data());
  arguments.push_back(nullptr);
  auto environment = environment_with(ready_.variable());
  std::array<int, 2> report{};
  if (::pipe2(report.data(), O_CLOEXEC) != 0)
    fail(errno, "cannot make a pipe");
  auto parent = ::getpid();
  pid_ = ::fork();
  if (pid_ == 0)
    become(arguments.data(), environment.data(), command.output_file.c_str(), command.error_file.c_str(), parent,
           report[1]);
  int error = pid_ < 0 ? errno : 0;
  ::close(report[1]);
  if (pid_ > 0) {
    // The pipe closes by itself when the new program starts; otherwise it says why not.
    ssize_t got = 0;
    while ((got = ::read(report[0], &error, sizeof error)) < 0 && errno == EINTR) {
    }
    if (got <= 0)
      error = 0;
  }
  ::close(report[0]);
  if (error != 0) {
    if (pid_ > 0)
      ::waitpid(pid_, nullptr, 0);
    fail(error, "cannot start " + program);
  }
  // The wrapper of glibc 2.36 is not declared for C++.
  end_.emplace(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)), "cannot watch a child process");
}

child_process::~child_process() {
  send(SIGKILL);
  wait_for(std::chrono::seconds(5));
}

std::optional<int> child_process::wait_for(milliseconds patience) {
  if (ended_ || !await_input({&*end_}, std::chrono::steady_clock::now() + patience))
    return ended_;
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0)
    if (errno != EINTR)
      fail(errno, "cannot wait for a child process");
  ended_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return ended_;
}

bool child_process::await_ready(milliseconds patience) {
  auto until = std::chrono::steady_clock::now() + patience;
  while (await_input({&ready_.input(), &*end_}, until))
    if (ready_.heard_ready())
      return true;
    else if (!running())
      return false;
  return false;
}

void child_process::send(int signal) {
  if (running())
    ::kill(pid_, signal);
}

int child_process::stop(milliseconds grace) {
  send(SIGTERM);
  if (auto ended = wait_for(grace))
    return *ended;
  send(SIGKILL);
  auto killed = wait_for(std::chrono::seconds(10));
  return killed.value_or(128 + SIGKILL);
}

std::filesystem::path this_program() {
  return std::filesystem::read_symlink("/proc/self/exe");
}

std::string tail_of(const std::filesystem::path& file, std::size_t most) {
  std::ifstream in(file, std::ios::binary | std::ios::ate);
  if (!in)
    return {};
  auto size = static_cast<std::size_t>(in.tellg());
  auto from = size > most ? size - most : 0;
  in.seekg(static_cast<std::streamoff>(from));
  std::string text(size - from, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (from > 0)
    text.erase(0, text.find('\n') + 1);
  return text;
}

} // namespace usher::bench
