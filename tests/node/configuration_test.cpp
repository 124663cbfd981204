#define CAF_SUITE node.configuration

#include "node/configuration.hpp"

#include "bench/temporary_directory.hpp"
#include "caf/test/bdd_dsl.hpp"
#include "node/actor_configuration.hpp"
#include "node/endpoint.hpp"
#include "node/option_table.hpp"
#include "tests/node/folders.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <set>
#include <sstream>

using namespace usher::node;

namespace {

/// The sentence with which a configuration is refused; empty if it is accepted.
std::string refusal_of(const std::function<void()>& work) {
  try {
    work();
    return {};
  } catch (const bad_configuration& error) {
    return error.what();
  }
}

std::string refusal_of(const std::string& text) {
  return refusal_of([&] { static_cast<void>(parse_configuration(text, "usher.conf")); });
}

/// `a.b.c` and `1` as `a { b { c = 1 } }`.
std::string nested(const std::string& name, const std::string& value) {
  auto dot = name.find('.');
  if (dot == std::string::npos)
    return name + " = " + value + "\n";
  return name.substr(0, dot) + " {\n" + nested(name.substr(dot + 1), value) + "}\n";
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// Values just out of bounds, made from the bounds shown to people.
std::vector<std::string> forbidden_values(const option& each) {
  if (each.bounds == "true or false")
    return {"1", "\"maybe\""};
  auto to = each.bounds.find(" to ");
  auto ranged = to != std::string::npos && each.bounds.find_first_of("0123456789") == 0;
  if (!ranged || each.bounds.ends_with("bytes") || each.bounds.ends_with("characters"))
    return {"7"};
  auto least = each.bounds.substr(0, to);
  auto most = each.bounds.substr(to + 4);
  if (least.ends_with("s"))
    return {"-1s", std::to_string(std::stoll(most) + 1) + "s", "\"soon\"", "5"};
  auto real = least.find('.') != std::string::npos || most.find('.') != std::string::npos || most == "1";
  std::vector<std::string> result{"\"many\"", std::to_string(std::stod(least) - 1), "[1]"};
  if (real)
    result.push_back(std::to_string(std::stod(most) + 1));
  else if (most.size() < 19)
    result.push_back(std::to_string(std::stoll(most) + 1));
  return result;
}

} // namespace

SCENARIO("every option refuses what is out of its bounds, by name and with the bounds") {
  GIVEN("the table of all options") {
    WHEN("each is given values that are just not allowed") {
      THEN("the start is refused with the option's name and bounds") {
        for (auto& each : options())
          for (auto& value : forbidden_values(each)) {
            auto refusal = refusal_of(nested(each.name, value));
            CAF_MESSAGE(each.name << " = " << value << ": " << refusal);
            CHECK(contains(refusal, each.name));
            CHECK(contains(refusal, each.bounds));
          }
      }
    }
  }
}

SCENARIO("every option takes its own default back") {
  GIVEN("the settings that nobody changed") {
    settings defaults;
    WHEN("each default is written into a file") {
      THEN("the file is read, and the setting is what it was") {
        for (auto& each : options()) {
          auto value = each.show(defaults);
          if (value == "\"\"" || each.name == "auth.anonymous")
            continue;
          auto read = parse_configuration(nested(each.name, value), "usher.conf");
          CHECK_EQ(each.show(read.node), value);
        }
      }
    }
  }
}

SCENARIO("problems begin with any URL that a slug can be put after") {
  GIVEN("good and bad ones") {
    auto read = parse_configuration(nested("http.problem-base", "\"https://tickets.example/help/\""), "usher.conf");
    CHECK_EQ(read.node.gateway.problem_base, "https://tickets.example/help/");
    for (auto bad : {"", "/", "https://", "https://tickets.example", "ftp://tickets.example/",
                     "https://tickets.example/ /", "https://tickets.example/\\\"/"})
      CHECK(contains(refusal_of(nested("http.problem-base", '"' + std::string{bad} + '"')), "http.problem-base"));
  }
}

SCENARIO("a node's name may stand in addresses and on labels") {
  GIVEN("names of a cluster's nodes") {
    auto with_name = [](const std::string& name) { return nested("cluster.name", "\"" + name + "\""); };
    const std::string longest(63, 'x');
    for (const auto& name : {std::string{"a"}, std::string{"Hall-2.north_side"}, std::string{"0"}, longest})
      CHECK_EQ(parse_configuration(with_name(name), "usher.conf").node.cluster.name, name);
    for (const auto& name : {std::string{}, longest + "x", std::string{"two words"}, std::string{"a/b"},
                             std::string{"Зал"}, std::string{"a:1"}})
      CHECK(contains(refusal_of(with_name(name)), "a text of 1 to 63 letters"));
  }
}

SCENARIO("option names are unique") {
  GIVEN("the table of all options") {
    std::set<std::string> names;
    for (auto& each : options())
      names.insert(each.name);
    CHECK_EQ(names.size(), options().size());
  }
}

SCENARIO("an unknown option stops the start") {
  GIVEN("files with a misspelt name") {
    CHECK(contains(refusal_of("http { adress = \"127.0.0.1:1\" }"), "http.adress"));
    CHECK(contains(refusal_of("frobnicate = 3"), "frobnicate"));
    CHECK(contains(refusal_of("usher { http { nothing { deeper = 3 } } }"), "http.nothing.deeper"));
  }
}

SCENARIO("options stand at the top level or inside usher") {
  GIVEN("one file of each kind") {
    auto plain = parse_configuration("http { threads = 3 }\nauth { anonymous = true }", "a");
    auto wrapped = parse_configuration("usher { http { threads = 3 }\n auth { anonymous = true } }", "b");
    CHECK_EQ(plain.node.gateway.threads, 3u);
    CHECK_EQ(wrapped.node.gateway.threads, 3u);
    CHECK_EQ(wrapped.node.auth.anonymous, std::optional{true});
  }
}

SCENARIO("a file that is not in the format is refused") {
  GIVEN("groups that do not end, and names with dots") {
    CHECK(contains(refusal_of("http {\n threads = 2\n"), "closing brace"));
    CHECK(contains(refusal_of("http.threads = 2"), "closing brace"));
    CHECK(contains(refusal_of("http = = 2"), "usher.conf"));
  }
}

SCENARIO("numbers in a file are decimal") {
  GIVEN("numbers that CAF would read as octal or hexadecimal") {
    auto read = parse_configuration("http { threads = 010 }\nstop-within = 010s", "usher.conf");
    CHECK_EQ(read.node.gateway.threads, 10u);
    CHECK(read.node.stop_within == std::chrono::seconds{10});
    CHECK_EQ(refusal_of("http { threads = 0x10 }"), "usher.conf: 0x10: numbers are decimal");
  }
}

SCENARIO("secrets are never repeated") {
  GIVEN("an admin key and a store that are not allowed") {
    auto key = refusal_of("admin { key = \"tooshor\" }");
    auto store = refusal_of("store { url = \"mysql://joe:password@host/db\" }");
    CHECK(contains(key, "admin.key"));
    CHECK(!contains(key, "tooshor"));
    CHECK(contains(store, "store.url"));
    CHECK(!contains(store, "password@host"));
  }
}

SCENARIO("secrets may be kept in files of their own") {
  GIVEN("files with a key and a secret, as editors write them") {
    usher::bench::temporary_directory place;
    auto key_file = (place.path() / "key").string();
    auto secret_file = (place.path() / "secret").string();
    std::ofstream{key_file} << "a-key-that-stands-in-a-file\n";
    std::ofstream{secret_file} << "0123456789abcdef0123456789abcdef\r\n";
    settings all;
    all.admin_key_file = key_file;
    all.auth.shop_secret_file = secret_file;
    auto again = all;
    again.gateway.admin_key = "key-of-a-flag";
    read_secret_files(all);
    read_secret_files(again);
    THEN("they are read without their lines' ends, and a key that is given wins") {
      CHECK_EQ(all.gateway.admin_key, "a-key-that-stands-in-a-file");
      CHECK_EQ(all.auth.shop_secret, "0123456789abcdef0123456789abcdef");
      CHECK_EQ(again.gateway.admin_key, "key-of-a-flag");
    }
    THEN("two secrets of one shop, a file that is not there and one that is no key are refused, without the secret") {
      CHECK(contains(refusal_of([&] { read_secret_files(all); }), "auth.shop-secret-file"));
      settings absent, wrong;
      absent.admin_key_file = (place.path() / "absent").string();
      CHECK(contains(refusal_of([&] { read_secret_files(absent); }), "admin.key-file"));
      std::ofstream{key_file} << "short";
      wrong.admin_key_file = key_file;
      auto refusal = refusal_of([&] { read_secret_files(wrong); });
      CHECK(contains(refusal, "admin.key"));
      CHECK(!contains(refusal, "short"));
    }
  }
}

SCENARIO("a configuration with a secret that others may read is warned of") {
  GIVEN("files with and without one") {
    using std::filesystem::perms;
    usher::bench::temporary_directory place;
    auto file = (place.path() / "usher.conf").string();
    std::ofstream{file} << "";
    settings harmless, with_key, with_secret, with_password;
    with_key.gateway.admin_key = "key-of-a-test";
    with_secret.auth.shop_secret = std::string(32, 's');
    with_password.store = "postgres://usher:hush@localhost/usher";
    std::filesystem::permissions(file, perms::owner_read | perms::others_read);
    THEN("it says which secret it is, and not what") {
      CHECK(!careless_secret(file, harmless));
      CHECK(contains(careless_secret(file, with_key).value_or(""), "admin.key"));
      CHECK(contains(careless_secret(file, with_secret).value_or(""), "auth.shop-secret"));
      auto warning = careless_secret(file, with_password).value_or("");
      CHECK(contains(warning, "store.url"));
      CHECK(!contains(warning, "hush"));
      std::filesystem::permissions(file, perms::owner_read);
      CHECK(!careless_secret(file, with_key));
    }
  }
}

SCENARIO("a flag wins over the file") {
  GIVEN("a file that says where to serve") {
    auto read = parse_configuration("http { address = \"0.0.0.0:80\" }", "usher.conf");
    WHEN("a flag says something else") {
      set_option(read.node, "http.address", "127.0.0.1:9000", "--http");
      CHECK_EQ(usher::node::to_string(read.node.gateway.buyers), "127.0.0.1:9000");
      auto refusal = refusal_of([&] { set_option(read.node, "http.address", "9000", "--http"); });
      CHECK(contains(refusal, "--http"));
      CHECK(contains(refusal, "HOST:PORT"));
    }
  }
}

SCENARIO("settings that contradict each other are refused") {
  GIVEN("settings in pairs") {
    settings all;
    check_together(all);
    all.gateway.operators = {"0.0.0.0", 8081};
    CHECK(contains(refusal_of([&] { check_together(all); }), "admin.key"));
    all.gateway.admin_key = "long-enough-for-us";
    check_together(all);
    all.gateway.buyers = all.gateway.operators;
    CHECK(contains(refusal_of([&] { check_together(all); }), "must differ"));
    all.gateway.buyers.port = 0;
    all.gateway.operators.port = 0;
    check_together(all);
    all.gateway.proxy_protocol = true;
    CHECK(contains(refusal_of([&] { check_together(all); }), "http.trusted-proxies"));
    all.gateway.trusted_proxies = {"10.0.0.1"};
    check_together(all);
    all.gateway.plan_bytes_max = all.gateway.incoming_bytes_max / 4 + 1;
    CHECK(contains(refusal_of([&] { check_together(all); }), "admin.max-body-bytes"));
    all.gateway.plan_bytes_max = all.gateway.incoming_bytes_max / 4;
    all.gateway.threads = 64;
    all.gateway.frame_bytes_max = all.gateway.incoming_bytes_max / 256;
    check_together(all);
    ++all.gateway.frame_bytes_max;
    CHECK(contains(refusal_of([&] { check_together(all); }), "http.max-incoming-bytes"));
    all.gateway = {};
    all.auth.shop_secret = std::string(32, 's');
    all.auth.shop_public_key_file = "key.pem";
    CHECK(contains(refusal_of([&] { check_together(all); }), "only one"));
    all.auth = {};
    all.cluster.name = "a";
    CHECK(contains(refusal_of([&] { check_together(all); }), "cluster.name = a: a cluster needs PostgreSQL"));
    all.store = "postgres://localhost/usher";
    check_together(all);
  }
}

SCENARIO("a cluster's links are reached where others are told to, and not by strangers") {
  GIVEN("a node of a cluster") {
    settings all;
    all.store = "postgres://localhost/usher";
    all.cluster.name = "a";
    auto refused = [&all](auto change) {
      auto changed = all;
      change(changed.cluster);
      return refusal_of([&] { check_together(changed); });
    };
    CHECK_EQ(refused([](auto& c) { c.link.listen = "127.0.0.1:7000"; }), "");
    CHECK_EQ(refused([](auto& c) { c.link = {"0.0.0.0:7000", {}, true}, c.address = "node-a:7000"; }), "");
    CHECK_EQ(refused([](auto& c) { c.link = {"10.0.0.1:7000", {"a.pem", "a.key", "all.pem"}, false}; }), "");
    CHECK(contains(refused([](auto& c) { c.link.listen = "10.0.0.1:7000"; }), "cluster.insecure"));
    CHECK(contains(refused([](auto& c) { c.link.tls.key = "a.key"; }), "all three, or none"));
    CHECK(contains(refused([](auto& c) { c.address = "node-a:7000"; }), "needs cluster.listen"));
    CHECK(contains(refused([](auto& c) { c.name.clear(), c.link.listen = "127.0.0.1:7000"; }), "needs cluster.name"));
    CHECK(contains(refused([](auto& c) { c.link = {"[::]:7000", {}, true}; }), "cluster.address: must be set"));
    CHECK(contains(refused([](auto& c) { c.link.listen = "127.0.0.1:7000", c.address = "node-a:0"; }), "must be set"));
    CHECK(contains(refused([](auto& c) { c.link.listen = "127.0.0.1:0"; }), "127.0.0.1:0 is not"));
  }
}

SCENARIO("CAF's own options stay usable in the same file") {
  GIVEN("a file with some of them") {
    auto own =
        parse_configuration("caf { scheduler { max-threads = 3 }\n middleman { heartbeat-interval = 1s } }", "f");
    auto unknown = parse_configuration("caf { scheduler { max-thread = 3 } }", "f");
    auto wrong = parse_configuration("caf { scheduler { max-threads = \"few\" } }", "f");
    THEN("they reach the actor system, and what CAF does not know is refused") {
      CHECK_EQ(caf::get_or(actor_configuration(own.actor_system, {}), "caf.scheduler.max-threads", 0), 3);
      CHECK_EQ(caf::get_or(actor_configuration({}, {}), "caf.scheduler.max-threads", 0), 1);
      CHECK(contains(refusal_of([&] { actor_configuration{unknown.actor_system, {}}; }), "caf.scheduler.max-thread"));
      CHECK(contains(refusal_of([&] { actor_configuration{wrong.actor_system, {}}; }), "caf.scheduler.max-threads"));
    }
  }
}

SCENARIO("the reference page is what the program prints") {
  GIVEN("docs/operating/configuration.md") {
    std::ifstream file{usher::tests::source_folder() + "/docs/operating/configuration.md"};
    std::ostringstream text;
    text << file.rdbuf();
    CHECK_EQ(text.str(), reference_page());
  }
}

SCENARIO("addresses are read and shown") {
  GIVEN("good and bad ones") {
    for (auto good : {"127.0.0.1:8080", "[::1]:0", "localhost:65535"})
      CHECK_EQ(usher::node::to_string(parse_endpoint(good).value()), good);
    for (auto bad : {"", "8080", ":80", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "::1:80", "host:80x", "a b:1"})
      CHECK(!parse_endpoint(bad));
    CHECK(is_loopback({"127.0.0.9", 1}));
    CHECK(is_loopback({"::1", 1}));
    CHECK(!is_loopback({"10.0.0.1", 1}));
    CHECK(!is_loopback({"127.tickets.example", 1}));
  }
}
