#include "bench/cluster_nodes.hpp"

#include "crowd/http_client.hpp"

#include <algorithm>
#include <stdexcept>
#include <thread>
#include <utility>

namespace usher::bench {

using namespace std::chrono_literals;

namespace {

constexpr auto look_pause = 20ms;
constexpr auto still_for = 1s;
/// As many as a plan may have, about.
constexpr std::size_t places_in_all = 199'000;

std::string loopback(std::uint16_t port) {
  return to_string(crowd::address{"127.0.0.1", port});
}

std::string body_of_event(std::uint16_t sections) {
  std::string text = R"({"name":"Bench","hold_ttl_s":3600,"max_seats_per_buyer":1000,"rehold_pause_s":0,)"
                     R"("waiting_room":false,"prices":{"Floor":5000},"state":"open","plan":{"name":"Bench",)"
                     R"("categories":[{"name":"Floor"}],"zones":[)";
  auto capacity = std::to_string(places_in_all / sections);
  for (std::uint16_t section = 0; section < sections; ++section) {
    auto id = std::to_string(section + 1);
    text += section == 0 ? "" : ",";
    text += R"({"zone_id":")" + id + R"(","name":"Floor )" + id + R"(","position":{"x":0,"y":0},"rows":[],)"
            + R"("general":{"capacity":)" + capacity + R"(,"category":"Floor"}})";
  }
  return text + "]}}";
}

} // namespace

std::map<std::string, std::size_t> counts_of(const shard_homes& homes) {
  std::map<std::string, std::size_t> counts;
  for (const auto& [shard, node] : homes)
    ++counts[node];
  return counts;
}

std::vector<std::uint16_t> sections_on(const shard_homes& homes, const std::string& node) {
  std::vector<std::uint16_t> sections;
  for (const auto& [shard, home] : homes)
    if (shard.kind == domain::shard_kind::section && home == node)
      sections.push_back(shard.section.value());
  return sections;
}

cluster_nodes::cluster_nodes(std::filesystem::path program, std::string store, std::string event)
    : program_(std::move(program)), store_(std::move(store)), event_(std::move(event)),
      members_(persistence::open_coordination(store_)), rows_(persistence::open_store(store_)) {}

// ---- nodes ---------------------------------------------------------------------

void cluster_nodes::start(const std::string& name, const node_wiring& wiring) {
  auto port = wiring.link_port != 0 ? wiring.link_port : crowd::free_port();
  auto told = wiring.link_told != 0 ? wiring.link_told : port;
  child_node_options options{.program = program_, .store = wiring.store.empty() ? store_ : wiring.store};
  options.arguments = {"--log-json"};
  for (const auto& setting :
       {"cluster.name=" + name, "cluster.listen=" + loopback(port), "cluster.address=" + loopback(told),
        std::string("rate-limit.buyer-releases-per-s=1000000"), std::string("rate-limit.buyer-releases-burst=1000000")})
    options.arguments.insert(options.arguments.end(), {"--set", setting});
  nodes_[name] = std::make_unique<child_node>(std::move(options));
}

void cluster_nodes::remove(const std::string& name) {
  auto& node = at(name);
  node.process().send(SIGKILL);
  node.process().wait_for(patience);
  std::ranges::copy(ended_in(log_of(name)), std::back_inserter(ended_));
  nodes_.erase(name);
}

void cluster_nodes::stop_all() {
  auto all = names();
  std::ranges::sort(all, std::greater{}, [this](const auto& name) { return incarnation_of(name); });
  for (const auto& name : all) {
    at(name).process().stop(patience);
    remove(name);
  }
}

std::vector<std::string> cluster_nodes::names() const {
  std::vector<std::string> all;
  for (const auto& [name, node] : nodes_)
    all.push_back(name);
  return all;
}

std::vector<std::string> cluster_nodes::others(const std::string& name) const {
  auto all = names();
  std::erase(all, name);
  return all;
}

std::vector<crowd::address> cluster_nodes::buyers_of(const std::vector<std::string>& names) const {
  std::vector<crowd::address> all;
  all.reserve(names.size());
  for (const auto& name : names)
    all.push_back(nodes_.at(name)->http());
  return all;
}

std::uint64_t cluster_nodes::incarnation_of(const std::string& name) {
  for (const auto& one : members_->members().members)
    if (one.card.name == name)
      return one.number.value();
  return 0;
}

// ---- the event -----------------------------------------------------------------

void cluster_nodes::create_event(const std::string& through, std::uint16_t sections) {
  auto& node = at(through);
  crowd::http_client admin(node.admin(), std::chrono::minutes(2));
  auto answer = admin.call({.method = "PUT",
                            .target = "/admin/v1/events/" + event_,
                            .body = body_of_event(sections),
                            .headers = {{"Authorization", "Bearer " + node.admin_key()}}});
  if (answer.status / 100 != 2)
    throw std::runtime_error("the event was refused: " + answer.body);
}

void cluster_nodes::await_known(const std::string& event) const {
  auto until = std::chrono::steady_clock::now() + patience;
  for (const auto& [name, node] : nodes_) {
    crowd::http_client buyer(node->http());
    while (buyer.call({.target = "/v1/events/" + event}).status != 200) {
      if (std::chrono::steady_clock::now() > until)
        throw std::runtime_error("node " + name + " does not get to know the event " + event);
      std::this_thread::sleep_for(look_pause);
    }
  }
}

std::map<std::string, std::string> cluster_nodes::names_by_owner() {
  std::map<std::string, std::string> names;
  for (const auto& one : members_->members().members)
    names.emplace(one.card.owner, one.card.name);
  return names;
}

shard_homes cluster_nodes::homes() {
  auto names = names_by_owner();
  shard_homes homes;
  for (const auto& row : rows_->shards(domain::event_id{event_})) {
    auto owner = names.find(row.owner);
    homes[row.shard] = owner == names.end() ? std::string() : owner->second;
  }
  return homes;
}

bool cluster_nodes::is_shared_out(const shard_homes& homes) const {
  auto counts = counts_of(homes);
  if (homes.empty() || counts.contains("") || counts.size() != nodes_.size())
    return false;
  // As cluster/placement caps it.
  auto most = (5 * homes.size() + 4 * nodes_.size() - 1) / (4 * nodes_.size());
  return std::ranges::all_of(counts, [most](const auto& one) { return one.second <= most; });
}

shard_homes cluster_nodes::await_settled() {
  auto now = std::chrono::steady_clock::now();
  auto until = now + patience;
  auto before = homes();
  for (auto since = now; now - since < still_for || !is_shared_out(before); now = std::chrono::steady_clock::now()) {
    if (now > until)
      throw std::runtime_error("the nodes do not share the shards out in time");
    std::this_thread::sleep_for(look_pause);
    auto present = homes();
    if (std::exchange(before, present) != present)
      since = std::chrono::steady_clock::now();
  }
  return before;
}

// ---- logs ----------------------------------------------------------------------

std::vector<log_line> cluster_nodes::log_of(const std::string& name) const {
  return read_log_file(nodes_.at(name)->log_file());
}

std::vector<log_line> cluster_nodes::logs_of(const std::vector<std::string>& names) const {
  std::vector<log_line> all;
  for (const auto& name : names)
    std::ranges::move(log_of(name), std::back_inserter(all));
  return all;
}

std::size_t cluster_nodes::false_ends() const {
  auto ended = ended_;
  for (const auto& [name, node] : nodes_)
    std::ranges::copy(ended_in(log_of(name)), std::back_inserter(ended));
  return static_cast<std::size_t>(
      std::ranges::count_if(ended, [this](auto incarnation) { return !may_end_.contains(incarnation); }));
}

} // namespace usher::bench
