#include "crowd/progress.hpp"
#include "node/answer_members.hpp"
#include "node/cluster_printing.hpp"
#include "node/node_access.hpp"
#include "node/verbs.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <CLI/CLI.hpp>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>

#include <unistd.h>

namespace usher::node {

namespace json = boost::json;

namespace {

using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;

constexpr auto between_looks = 250ms;
constexpr auto between_pictures = 1s;
const std::string target = "/admin/v1/cluster";

struct cluster_verb {
  node_access node;
  bool as_json = false;

  [[nodiscard]] json::value look() const { return client_of(node).get(target); }
  json::value ask_for(const std::string& what) const { return client_of(node).post(target + what, json::object{}); }
};

void declare_where(CLI::App& verb, cluster_verb& to) {
  declare_access(verb, to.node);
  verb.add_flag("--json", to.as_json, "Print the node's answer as JSON");
}

void print(const cluster_verb& to, const json::value& answer) {
  if (to.as_json)
    std::cout << json::serialize(answer) << std::endl;
  else
    print_cluster(answer, std::cout);
}

// ---- status ---------------------------------------------------------------------

struct status_wish {
  cluster_verb to;
  bool watches = false;
};

/// One picture after another, until somebody interrupts it.
[[noreturn]] void watch(const cluster_verb& to) {
  auto draws = !to.as_json && ::isatty(STDOUT_FILENO) == 1;
  for (;;) {
    auto answer = to.look();
    if (draws)
      std::cout << "\x1b[H\x1b[2J";
    print(to, answer);
    if (!draws && !to.as_json)
      std::cout << '\n';
    std::cout << std::flush;
    std::this_thread::sleep_for(between_pictures);
  }
}

exit_code show(const status_wish& wish) {
  if (wish.watches)
    watch(wish.to);
  print(wish.to, wish.to.look());
  return exit_code::done;
}

void declare_status(CLI::App& cluster, action& chosen) {
  auto verb = cluster.add_subcommand("status", "Show the nodes, their links, and where the shards of each event are");
  auto wish = std::make_shared<status_wish>();
  declare_where(*verb, wish->to);
  verb->add_flag("--watch", wish->watches, "Show it again each second, until interrupted");
  verb->footer(
      "shards: served here/placed here; giving, taking: on their way to, and from, other nodes; beat: how old\n"
      "the node's last word to the store is; lag: how long the store took for its newest facts.\n"
      "Example:\n  usher cluster status --watch --admin http://10.0.0.2:8081");
  verb->callback([wish, &chosen] { chosen = [wish] { return show(*wish); }; });
}

// ---- drain ----------------------------------------------------------------------

struct drain_wish {
  cluster_verb to;
  std::string node;
  bool waits = false;
  std::optional<std::uint32_t> within_s;

  [[nodiscard]] std::string target(const char* what) const { return "/nodes/" + node + what; }
};

/// Null if no such node lives any more.
const json::value& node_in(const json::value& answer, const std::string& name) {
  static const json::value none;
  const auto& nodes = list_of(answer, "nodes");
  auto found = std::ranges::find_if(nodes, [&](const json::value& one) { return text_of(one, "name") == name; });
  return found == nodes.end() ? none : *found;
}

/// Waits until the node has no shard any more, or has ended.
exit_code await_drained(const drain_wish& wish, json::value answer) {
  auto until = wish.within_s ? std::optional{clock::now() + std::chrono::seconds{*wish.within_s}} : std::nullopt;
  auto shown = crowd::progress::on_standard_error();
  auto most = std::max<std::int64_t>(number_of(node_in(answer, wish.node), "owned"), 0);
  for (;; answer = wish.to.look()) {
    const auto& node = node_in(answer, wish.node);
    auto left = node.is_null() ? 0 : std::max<std::int64_t>(number_of(node, "owned"), 0);
    most = std::max(most, left);
    if (!node.is_null() && text_of(node, "status") != "draining")
      throw std::runtime_error{"node " + wish.node
                               + " drains no more: somebody has undrained it, or it was started again"};
    crowd::progress_line line{wish.node, static_cast<std::uint64_t>(most - left), static_cast<std::uint64_t>(most),
                              "shards given away"};
    if (left == 0) {
      shown.finish({line});
      print(wish.to, answer);
      return exit_code::done;
    }
    if (until && clock::now() >= *until) {
      shown.finish({line});
      throw unreachable{"node " + wish.node + " still has " + std::to_string(left)
                        + " shards; it goes on giving them away"};
    }
    shown.show({line});
    std::this_thread::sleep_for(between_looks);
  }
}

exit_code drain(const drain_wish& wish) {
  auto answer = wish.to.ask_for(wish.target("/drain"));
  if (wish.waits || wish.within_s)
    return await_drained(wish, std::move(answer));
  print(wish.to, answer);
  return exit_code::done;
}

CLI::App* declare_about_node(CLI::App& cluster, const char* name, const char* sentence, drain_wish& wish) {
  auto verb = cluster.add_subcommand(name, sentence);
  verb->add_option("NODE", wish.node, "Its name (cluster.name)")->required()->check([](const std::string& node) {
    auto is_plain = !node.empty() && node.find_first_of("/?#% ") == std::string::npos;
    return is_plain ? std::string{} : "a node's name has only letters, digits, dots, hyphens and underscores";
  });
  declare_where(*verb, wish.to);
  return verb;
}

void declare_drain(CLI::App& cluster, action& chosen) {
  auto wish = std::make_shared<drain_wish>();
  auto verb =
      declare_about_node(cluster, "drain", "Have a node give its shards, and then its clients, to the others", *wish);
  verb->add_flag("--wait", wish->waits, "Wait until it has no shard any more");
  verb->add_option("--within", wish->within_s, "Wait so many seconds at most; 3 when that is not enough")
      ->check(CLI::Range(1U, 86'400U));
  verb->footer("Any node will do to ask for it. The node goes on running, and takes nothing until it is undrained, or\n"
               "started again. The last node that is up cannot be drained.\n"
               "Example:\n  usher cluster drain b --within 60 && ssh b systemctl restart usher");
  verb->callback([wish, &chosen] { chosen = [wish] { return drain(*wish); }; });
}

void declare_undrain(CLI::App& cluster, action& chosen) {
  auto wish = std::make_shared<drain_wish>();
  auto verb = declare_about_node(cluster, "undrain", "Have a node that drains take shards and clients again", *wish);
  verb->callback([wish, &chosen] {
    chosen = [wish] {
      print(wish->to, wish->to.ask_for(wish->target("/undrain")));
      return exit_code::done;
    };
  });
}

void declare_rebalance(CLI::App& cluster, action& chosen) {
  auto verb = cluster.add_subcommand("rebalance", "Have all nodes move every shard to its place now");
  auto to = std::make_shared<cluster_verb>();
  declare_where(*verb, *to);
  verb->footer("Needed where cluster.auto-rebalance is off, once a node has joined. Shards that could not be moved a\n"
               "moment ago are tried again at once.");
  verb->callback([to, &chosen] {
    chosen = [to] {
      print(*to, to->ask_for("/rebalance"));
      return exit_code::done;
    };
  });
}

} // namespace

void declare_cluster_calls(CLI::App& program, action& chosen) {
  auto cluster = program.add_subcommand("cluster", "See the nodes that share a store, drain them, rebalance them");
  cluster->require_subcommand(1);
  declare_status(*cluster, chosen);
  declare_drain(*cluster, chosen);
  declare_undrain(*cluster, chosen);
  declare_rebalance(*cluster, chosen);
  cluster->footer(
      "Any node of the cluster answers, from the store, also for those that it does not reach. --admin says\n"
      "where one is; --admin-key or USHER_ADMIN_KEY is the operators' key.\n"
      "Example:\n  usher cluster status");
}

} // namespace usher::node
