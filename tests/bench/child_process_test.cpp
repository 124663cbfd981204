#define CAF_SUITE bench.child_process

#include "bench/child_node.hpp"
#include "bench/child_process.hpp"
#include "bench/temporary_directory.hpp"

#include <caf/test/bdd_dsl.hpp>

#include <fstream>
#include <string>
#include <system_error>

using namespace usher::bench;
using namespace std::chrono_literals;

namespace {

child_command shell(const std::string& script) {
  return {.program = "/bin/sh", .arguments = {"-c", script}, .output_file = {}, .error_file = {}};
}

} // namespace

SCENARIO("a child's end is known by its code or its signal") {
  GIVEN("a child that ends with 7, and one that is killed") {
    child_process ends(shell("exit 7"));
    child_process killed(shell("exec sleep 60"));
    CHECK(killed.running());
    killed.send(SIGKILL);
    THEN("that is what they ended with") {
      CHECK_EQ(ends.wait_for(10s), 7);
      CHECK_EQ(killed.wait_for(10s), 128 + SIGKILL);
      CHECK(!killed.running());
    }
  }
}

SCENARIO("a child that does not want to end is killed after the grace") {
  GIVEN("a child that ignores SIGTERM") {
    temporary_directory directory;
    auto ready = (directory.path() / "ready").string();
    child_process stubborn(shell("trap '' TERM; : > " + ready + "; while :; do sleep 0.01; done"));
    while (!std::filesystem::exists(ready) && stubborn.running())
      stubborn.wait_for(5ms);
    THEN("it ends by SIGKILL") {
      CHECK_EQ(stubborn.stop(50ms), 128 + SIGKILL);
    }
  }
}

SCENARIO("a child that never says that it serves is waited for no longer than asked") {
  child_process silent(shell("exec sleep 60"));
  child_process gone(shell("exit 0"));
  CHECK(!silent.await_ready(20ms));
  CHECK(silent.running());
  CHECK(!gone.await_ready(10s));
  CHECK_EQ(gone.wait_for(0ms), 0);
}

SCENARIO("a program that is not there cannot be started") {
  child_command command;
  command.program = "/nowhere/at-all";
  CHECK_THROWS_AS(child_process{command}, std::system_error);
}

SCENARIO("what a child says can be kept and read from its end") {
  GIVEN("a child that writes three lines") {
    temporary_directory directory;
    auto command = shell("echo one; echo two; echo three >&2");
    command.output_file = directory.path() / "out";
    command.error_file = command.output_file;
    child_process writes(command);
    CHECK_EQ(writes.wait_for(10s), 0);
    THEN("all of it or its last lines come back") {
      CHECK_EQ(tail_of(command.output_file), "one\ntwo\nthree\n");
      CHECK_EQ(tail_of(command.output_file, 8), "three\n");
      CHECK_EQ(tail_of(directory.path() / "absent"), "");
    }
  }
}

SCENARIO("a node that does not become ready is reported with its last words") {
  GIVEN("a program that complains and ends") {
    temporary_directory directory;
    auto program = directory.path() / "broken";
    {
      std::ofstream script(program);
      script << "#!/bin/sh\necho 'the store is on fire' >&2\nexit 1\n";
    }
    std::filesystem::permissions(program, std::filesystem::perms::owner_all);
    std::string complaint;
    try {
      child_node node({.program = program});
    } catch (const std::runtime_error& why) {
      complaint = why.what();
    }
    THEN("its words are in the error") {
      CHECK(complaint.find("ended with 1") != std::string::npos);
      CHECK(complaint.find("the store is on fire") != std::string::npos);
    }
  }
}
