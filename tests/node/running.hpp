#pragma once

#include "bench/child_process.hpp"
#include "bench/temporary_directory.hpp"
#include "node/configuration.hpp"
#include "tests/node/folders.hpp"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

/// Runs the real program, or a node in this process.
namespace usher::node::testing {

inline std::string text_of(const std::filesystem::path& path) {
  std::ifstream file{path};
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

/// What a program said, and how it ended.
struct outcome {
  int code = -1; ///< -1: it did not end
  std::string out;
  std::string err;
};

/// `usher ARGUMENTS`, to its end.
inline outcome run_usher(const std::vector<std::string>& arguments) {
  bench::temporary_directory folder;
  auto out = folder.path() / "out";
  auto err = folder.path() / "err";
  bench::child_process child{{usher::tests::program_file(), arguments, out, err}};
  auto code = child.wait_for(std::chrono::seconds{60});
  return {code.value_or(-1), text_of(out), text_of(err)};
}

/// For a node that keeps everything in this folder and takes any free ports.
inline configuration configuration_in(const std::filesystem::path& folder) {
  configuration result;
  result.node.store = "sqlite:" + (folder / "usher.db").string();
  result.node.gateway.buyers.port = 0;
  result.node.gateway.operators.port = 0;
  result.node.gateway.admin_key = "key-of-a-test";
  return result;
}

inline bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

} // namespace usher::node::testing
