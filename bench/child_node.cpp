#include "bench/child_node.hpp"

#include "persistence/store_url.hpp"

#include <algorithm>
#include <fstream>

namespace usher::bench {

using namespace std::chrono_literals;

namespace {

/// Writes a configuration that keeps the sandbox's account book in `folder`, and returns its file.
std::filesystem::path account_book_in(const std::filesystem::path& folder) {
  auto file = folder / "usher.conf";
  std::ofstream out(file);
  out << "payments { sandbox { ledger = \"" << (folder / "payments").string() << "\" } }\n";
  if (!out.flush())
    throw std::runtime_error("cannot write " + file.string());
  return file;
}

} // namespace

child_node::child_node(child_node_options options) : options_(std::move(options)) {
  if (options_.store.empty())
    options_.store = "sqlite:" + (directory_.path() / "usher.db").string();
  if (options_.http_port == 0)
    options_.http_port = crowd::free_port();
  if (options_.admin_port == 0)
    options_.admin_port = crowd::free_port();
  child_command command;
  command.program = options_.program;
  command.arguments = {"node",    "--http",       to_string(http()), "--admin",  to_string(admin()),
                       "--store", options_.store, "--admin-key",     admin_key()};
  // All load comes from this machine, and from fewer buyers than its like would; and nobody is to notice its end.
  for (const auto* option : {"rate-limit.loopback=false", "rate-limit.buyer-per-s=1000000",
                             "rate-limit.buyer-burst=1000000", "stop.lame-duck=0s"})
    command.arguments.insert(command.arguments.end(), {"--set", option});
  // The account book is put beside a file store; otherwise it would be left behind in the working folder. A chosen
  // configuration decides for itself.
  const auto& more = options_.arguments;
  if (!persistence::sqlite_file_of(options_.store) && std::find(more.begin(), more.end(), "--config") == more.end())
    command.arguments.insert(command.arguments.end(), {"--config", account_book_in(directory_.path()).string()});
  command.arguments.insert(command.arguments.end(), more.begin(), more.end());
  command.error_file = log_file();
  command.output_file = command.error_file;
  process_.emplace(command);
  wait_until_ready();
}

void child_node::wait_until_ready() {
  if (process_->await_ready(options_.ready_within))
    return;
  if (auto ended = process_->wait_for(0ms))
    throw std::runtime_error("the node ended with " + std::to_string(*ended) + " before it was ready:\n" + said());
  throw std::runtime_error("the node was not ready in time:\n" + said());
}

std::string child_node::said() const {
  return tail_of(log_file());
}

} // namespace usher::bench
