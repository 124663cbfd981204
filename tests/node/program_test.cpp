#define CAF_SUITE node.program

#include "tests/node/canned_server.hpp"
#include "tests/node/folders.hpp"
#include "tests/node/running.hpp"

#include "caf/test/bdd_dsl.hpp"
#include "crowd/address.hpp"

using namespace usher::node::testing;
using usher::bench::temporary_directory;
using usher::crowd::free_port;

namespace {

/// Where nobody listens.
std::string nobody() {
  return "http://127.0.0.1:" + std::to_string(free_port());
}

std::string write(const temporary_directory& folder, const std::string& name, const std::string& text) {
  auto path = (folder.path() / name).string();
  std::ofstream{path} << text;
  return path;
}

} // namespace

SCENARIO("the program says its version and how to use it") {
  GIVEN("the program") {
    auto version = run_usher({"--version"});
    CHECK_EQ(version.code, 0);
    CHECK(contains(version.out, "usher "));
    for (auto& verb : std::vector<std::vector<std::string>>{{},
                                                            {"node"},
                                                            {"demo"},
                                                            {"event"},
                                                            {"event", "create"},
                                                            {"event", "list"},
                                                            {"event", "show"},
                                                            {"event", "open"},
                                                            {"event", "pause"},
                                                            {"event", "resume"},
                                                            {"event", "set"},
                                                            {"event", "rate"},
                                                            {"event", "close"},
                                                            {"event", "report"},
                                                            {"event", "block"},
                                                            {"event", "unblock"},
                                                            {"audit"},
                                                            {"bench", "hold"},
                                                            {"bench", "echo"},
                                                            {"bench", "journal"},
                                                            {"bench", "ask"}}) {
      auto arguments = verb;
      arguments.emplace_back("--help");
      auto help = run_usher(arguments);
      CHECK_EQ(help.code, 0);
      CHECK(contains(help.out, "Usage:"));
    }
  }
}

SCENARIO("a command line that makes no sense is a usage error") {
  GIVEN("such command lines") {
    for (auto& arguments : std::vector<std::vector<std::string>>{
             {},
             {"frobnicate"},
             {"cluster"},
             {"checkin"},
             {"event"},
             {"event", "create", "opera"},
             {"event", "create", "No Good", "--plan", "theatre"},
             {"event", "create", "opera", "--plan", "theatre", "--rate", "5", "--no-waiting-room"},
             {"event", "create", "opera", "--plan", "theatre", "--hold-ttl", "5"},
             {"event", "create", "opera", "--plan", "theatre", "--price", "cheap"},
             {"event", "create", "opera", "--plan", "theatre", "--price", "Premium=0x10"},
             {"event", "create", "opera", "--plan", "theatre", "--hold-ttl", "0x20"},
             {"event", "create", "opera", "--plan", "no-such-plan"},
             {"event", "set", "opera"},
             {"event", "set", "opera", "--hold-ttl", "5"},
             {"event", "set", "opera", "--price", "Premium=-1"},
             {"event", "rate", "opera"},
             {"event", "rate", "opera", "0"},
             {"event", "list", "--admin", "ftp://somewhere"},
             {"event", "list", "--admin", "https://127.0.0.1:1", "--ca", "/no/such/file"},
             {"event", "list", "--admin", "http://127.0.0.1:1", "--ca", "/etc/ssl/certs/ca-certificates.crt"},
             {"demo", "--ca", "ca.pem"},
             {"demo", "--connect", "somewhere"},
             {"demo", "--connect", "http://127.0.0.1:1", "--store", "sqlite:usher.db"},
             {"audit", "opera"},
             {"bench", "hold", "--connections", "0"},
             {"demo", "--buyers", "many"},
             {"node", "--http", "8080"},
             {"node", "--store", "mysql://host/db"},
             {"node", "--log-level", "loud"},
             {"node", "--config", "/no/such/file"},
             {"node", "--admin", "0.0.0.0:0"}}) {
      auto done = run_usher(arguments);
      CHECK_EQ(done.code, 2);
      CHECK(!(done.out + done.err).empty());
    }
  }
}

SCENARIO("a node that nobody can reach is told apart from a refusal") {
  GIVEN("an address where nobody listens") {
    for (auto& verb : std::vector<std::vector<std::string>>{{"event", "list"},
                                                            {"event", "show", "opera"},
                                                            {"event", "report", "opera"},
                                                            {"event", "open", "opera"},
                                                            {"event", "rate", "opera", "5"},
                                                            {"event", "create", "opera", "--plan", "theatre"}}) {
      auto arguments = verb;
      arguments.insert(arguments.end(), {"--admin", nobody()});
      auto done = run_usher(arguments);
      CHECK_EQ(done.code, 3);
      CHECK(contains(done.err, "no answer from"));
    }
  }
}

SCENARIO("a bad configuration file stops the start with the option's name and bounds") {
  GIVEN("files with one mistake each") {
    temporary_directory folder;
    auto bounds = run_usher({"node", "--config", write(folder, "a", "http { threads = 0 }\n")});
    CHECK_EQ(bounds.code, 2);
    CHECK(contains(bounds.err, "http.threads = 0: must be 1 to 64"));
    auto unknown = run_usher({"node", "--config", write(folder, "b", "htpp { threads = 1 }\n")});
    CHECK_EQ(unknown.code, 2);
    CHECK(contains(unknown.err, "htpp.threads"));
    auto of_caf = run_usher({"node", "--config", write(folder, "c", "caf { scheduler { threads = 1 } }\n"), "--store",
                             "sqlite:" + (folder.path() / "usher.db").string()});
    CHECK_EQ(of_caf.code, 2);
    CHECK(contains(of_caf.err, "caf.scheduler.threads"));
    auto of_cluster = run_usher({"node", "--config", write(folder, "d", "cluster { name = \"a\" }\n"), "--store",
                                 "sqlite:" + (folder.path() / "usher.db").string()});
    CHECK_EQ(of_cluster.code, 2);
    CHECK(contains(of_cluster.err, "cluster.name = a: a cluster needs PostgreSQL"));
  }
}

SCENARIO("any option may be set on the command line, within its bounds, and wins over the file") {
  temporary_directory folder;
  auto bounds = run_usher({"node", "--set", "http.threads=2", "--set", "http.idle-timeout=1s"});
  CHECK_NE(bounds.code, 0);
  CHECK(contains(bounds.err, "--set: http.idle-timeout = 1s: must be 5s to 3600s"));
  for (auto* wrong : {"http.threads", "frobnicate=3", "=", "rate-limit.loopback=perhaps"}) {
    auto refused = run_usher({"node", "--set", wrong});
    CHECK_NE(refused.code, 0);
    CHECK(contains(refused.err, "--set"));
  }
  auto both = run_usher({"node", "--config", write(folder, "b", "http { idle-timeout = 9s }\n"), "--set",
                         "http.idle-timeout=10s", "--set", "http.address=nowhere"});
  CHECK(contains(both.err, "http.address"));
  CHECK(!contains(both.err, "idle-timeout"));
}

SCENARIO("a plan that is broken is refused with the place") {
  GIVEN("a file that is no plan") {
    temporary_directory folder;
    auto done = run_usher(
        {"event", "create", "opera", "--plan", write(folder, "plan.json", R"({"name": 5})"), "--admin", nobody()});
    CHECK_EQ(done.code, 1);
    CHECK(contains(done.err, "/name"));
  }
}

SCENARIO("numbers on the command line are decimal") {
  GIVEN("numbers that C would read as octal or hexadecimal") {
    auto said = [](const std::string& number) {
      return run_usher({"event", "rate", "q", number, "--admin", nobody()});
    };
    CHECK_EQ(said("09").code, 3); // it is a number: only nobody answers
    CHECK_EQ(said("0100000").code, 3);
    CHECK_EQ(said("0100001").code, 2);
    auto hexadecimal = said("0x10");
    CHECK_EQ(hexadecimal.code, 2);
    CHECK(contains(hexadecimal.err, "0x10 is not a number in decimal digits"));
    auto price = run_usher({"event", "set", "q", "--price", "Parquet=0x10", "--admin", nobody()});
    CHECK_EQ(price.code, 2);
    CHECK(contains(price.err, "decimal digits"));
    auto rate = run_usher({"bench", "hold", "--rate", "0x10"});
    CHECK_EQ(rate.code, 2);
    CHECK(contains(rate.err, "0x10"));
  }
}

SCENARIO("refunding all orders goes on when the node is busy or breaks off, and says how to go on when it gives up") {
  auto progress = [](const std::string& json) {
    return "HTTP/1.1 202 Accepted\r\nContent-Length: " + std::to_string(json.size()) + "\r\n\r\n" + json;
  };
  const std::string busy = "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n";
  const std::string breaks_off;
  auto refund = [](const canned_server& server, const std::string& patience_s) {
    return run_usher({"event", "refund", "opera", "--all", "--patience", patience_s, "--admin",
                      "http://127.0.0.1:" + std::to_string(server.port())});
  };
  GIVEN("a node that is busy, undoes some, is busy again, breaks off, and then undoes the rest") {
    canned_server server{{busy, progress(R"({"begun": 3, "left": 2, "open": 3})"), busy, breaks_off,
                          progress(R"({"begun": 2, "left": 0, "open": 0})")},
                         std::nullopt};
    auto done = refund(server, "30");
    CHECK_EQ(done.code, 0);
    CHECK(contains(done.out, "All orders of opera are undone; at least 5 of them now."));
    CHECK(contains(done.err, "no progress: HTTP status 503"));
  }
  GIVEN("a node that gives up waiting for what becomes of some") {
    canned_server server{{"HTTP/1.1 504 Gateway Timeout\r\nContent-Length: 0\r\n\r\n",
                          progress(R"({"begun": 1, "left": 0, "open": 0})")},
                         std::nullopt};
    auto done = refund(server, "30");
    CHECK_EQ(done.code, 0);
    CHECK(contains(done.out, "at least 1 of them now"));
  }
  GIVEN("a node that undoes some and is busy from then on, and asks for an hour") {
    canned_server server{{progress(R"({"begun": 3, "left": 2, "open": 1})"),
                          "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 3600\r\nContent-Length: 0\r\n\r\n"},
                         std::nullopt};
    auto done = refund(server, "2");
    CHECK_EQ(done.code, 1);
    CHECK(contains(done.err, "3 begun, 2 orders stand and 1 are open, and for 2 s none has come any further"));
    CHECK(contains(done.err, "the same command goes on"));
  }
  GIVEN("a node that refuses for good") {
    canned_server server{"HTTP/1.1 409 Conflict\r\nContent-Length: 0\r\n\r\n", std::nullopt};
    CHECK_EQ(refund(server, "30").code, 1);
  }
  GIVEN("an address where nobody has ever answered") {
    auto done = run_usher({"event", "refund", "opera", "--all", "--admin", nobody()});
    CHECK_EQ(done.code, 3);
  }
}

SCENARIO("an audit of what is not there is refused") {
  GIVEN("a store that does not exist, and one that cannot be reached") {
    temporary_directory folder;
    auto done = run_usher({"audit", "opera", "--store", "sqlite:" + (folder.path() / "usher.db").string()});
    CHECK_EQ(done.code, 1);
    CHECK(contains(done.err, "there is no store at sqlite:"));
    auto away = run_usher(
        {"audit", "opera", "--store", "postgres://nobody@127.0.0.1:" + std::to_string(free_port()) + "/nothing"});
    CHECK_EQ(away.code, 3);
  }
}

SCENARIO("the program prints the reference page") {
  GIVEN("the page in docs") {
    auto done = run_usher({"node", "--print-options"});
    CHECK_EQ(done.code, 0);
    CHECK_EQ(done.out, text_of(usher::tests::source_folder() + "/docs/operating/configuration.md"));
  }
}
