#include "node/demo.hpp"

#include "audit/audit.hpp"
#include "bench/temporary_directory.hpp"
#include "crowd/crowd.hpp"
#include "crowd/progress.hpp"
#include "crowd/trust.hpp"
#include "log/log.hpp"
#include "node/admin_client.hpp"
#include "node/answer_members.hpp"
#include "node/application.hpp"
#include "node/audit_printing.hpp"
#include "node/demo_figures.hpp"
#include "node/endpoint.hpp"
#include "node/node_access.hpp"
#include "node/plan_files.hpp"
#include "node/process.hpp"
#include "node/stop_request.hpp"
#include "persistence/booking_store.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

namespace usher::node {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;

constexpr auto currency = "EUR";
/// Short enough for a demo to show holds running out.
constexpr int hold_ttl_s = 15;
/// How long open orders may take once the crowd has left.
constexpr auto settling_within = 60s;
constexpr auto between_reports = 100ms;
/// How long a node elsewhere may take for its audit.
constexpr auto audited_within = 60s;

/// Dearest first, the order in which plans list their categories.
json::object prices_of(const domain::seating_plan& plan) {
  json::object prices;
  domain::minor_units price = 12'900;
  for (auto& category : plan.categories()) {
    prices[category] = price;
    price = std::max<domain::minor_units>(price - 2'000, 1'900);
  }
  return prices;
}

std::uint32_t rate_of(const demo_options& options) {
  auto all_in_s = std::size_t{20};
  return options.rate.value_or(
      static_cast<std::uint32_t>(std::clamp(options.buyers / all_in_s, std::size_t{20}, std::size_t{100'000})));
}

/// The usual addresses if they are free and somebody will use them, else any.
void choose_addresses(gateway::options& gateway, bool serves_on) {
  if (!serves_on || !is_free(gateway.buyers) || !is_free(gateway.operators))
    gateway.buyers.port = gateway.operators.port = 0;
}

configuration configure(const demo_options& options, const std::filesystem::path& folder) {
  configuration result;
  auto& settings = result.node;
  settings.store = options.store.empty() ? "sqlite:" + (folder / "usher.db").string() : options.store;
  settings.log.level = "warning";
  settings.auth.anonymous = true;
  settings.payments.seed = options.seed;
  settings.payments.magic_methods = true;
  settings.payments.decline_rate = 0.03;
  settings.payments.failure_rate = 0.01;
  settings.payments.ledger = folder / "ledger";
  settings.gateway.limit_loopback = false; // The whole crowd comes from here.
  choose_addresses(settings.gateway, !options.exit);
  return result;
}

/// The node that the demo starts, and what goes with it.
struct own_node {
  own_node(const demo_options& options, application::fatal on_fatal)
      : configured(configure(options, folder.path())), node(configured, std::move(on_fatal)) {}

  bench::temporary_directory folder;
  configuration configured;
  application node;
};

std::unique_ptr<own_node> start_node(const demo_options& options, stop_request& request) {
  if (!options.connect.empty())
    return nullptr;
  return std::make_unique<own_node>(options, [&request](std::string why) { request.fail(std::move(why)); });
}

crowd::address server_at(const std::string& text, const std::string& authorities) {
  auto url = parse_url(text);
  if (!url)
    throw std::invalid_argument{"--connect " + text + " is not http://HOST:PORT or https://HOST:PORT"};
  auto whom = url->tls ? std::make_shared<crowd::trust>(authorities) : nullptr;
  return crowd::find_server(url->place.host, url->place.port, std::move(whom));
}

/// Where buyers are served.
std::vector<crowd::address> buyers_at(const demo_options& options, const own_node* own) {
  if (own)
    return {{own->node.buyers().host, own->node.buyers().port}};
  std::vector<crowd::address> all;
  for (const auto& url : options.connect)
    all.push_back(server_at(url, options.operators.authorities));
  return all;
}

admin_client operators_at(const demo_options& options, const own_node* own) {
  if (own)
    return {"http://" + to_string(own->node.operators()), own->node.admin_key()};
  auto to = options.operators;
  auto is_secret = [](const std::string& url) { return url.starts_with("https://"); };
  if (std::ranges::any_of(options.connect, is_secret) && !to.url.starts_with("https://"))
    to.authorities.clear(); // they are the buyers' alone
  return client_of(to, audited_within);
}

/// One demo, step by step.
class demo {
public:
  explicit demo(const demo_options& options)
      : options_(options), plan_(read_plan_file(options.plan)), own_(start_node(options, request_)),
        buyers_(buyers_at(options, own_.get())), operators_(operators_at(options, own_.get())) {}

  exit_code run() {
    create_event();
    demo_figures figures{options_.plan, options_.buyers, currency, send_crowd(), 0, 0, {}};
    if (request_.token().stop_requested())
      return end();
    settle(figures);
    examine(figures);
    if (options_.json)
      print_json(figures, std::cout);
    else
      print_table(figures, std::cout);
    auto sound = figures.violations.empty();
    if (own_ && !options_.exit)
      serve_on();
    if (!own_)
      std::cerr << "The event " << event_ << " stays at the node.\n";
    auto ended = end();
    return sound ? ended : exit_code::refused;
  }

private:
  /// The store may have seen earlier demos: each gets an event of its own.
  std::string fresh_event() const {
    auto known = operators_.get("/admin/v1/events");
    auto& events = list_of(known, "events");
    for (auto number = 1;; ++number) {
      auto name = number == 1 ? std::string{"demo"} : "demo-" + std::to_string(number);
      if (std::ranges::none_of(events, [&](auto& event) { return text_of(event, "id") == name; }))
        return name;
    }
  }

  void create_event() {
    event_ = fresh_event();
    json::object wanted{{"name", "Demo: " + plan_.plan->name()}, {"currency", currency},
                        {"prices", prices_of(*plan_.plan)},      {"hold_ttl_s", hold_ttl_s},
                        {"admission_per_s", rate_of(options_)},  {"state", "open"}};
    operators_.put(target(), event_document(wanted, plan_.text));
  }

  crowd::crowd_report send_crowd() {
    crowd::crowd_options crowd;
    crowd.to = buyers_.front();
    crowd.others.assign(buyers_.begin() + 1, buyers_.end());
    crowd.may_lose_servers = !own_;
    crowd.event = event_;
    crowd.buyers = options_.buyers;
    crowd.seed = options_.seed;
    crowd.stop = request_.token();
    auto view = crowd::progress::on_standard_error();
    auto started = std::chrono::steady_clock::now();
    crowd.on_progress = [&](const crowd::crowd_report& report) { view.show(lines(report)); };
    auto report = crowd::run_crowd(crowd);
    view.finish(lines(report));
    report.elapsed = std::chrono::steady_clock::now() - started;
    return report;
  }

  std::vector<crowd::progress_line> lines(const crowd::crowd_report& report) const {
    return {{"joined", report.joined, options_.buyers, std::to_string(report.waiting) + " waiting"},
            {"admitted", report.admitted, options_.buyers, std::to_string(report.shopping) + " shopping"},
            {"done", report.gone, options_.buyers,
             std::to_string(report.held) + " holds, " + std::to_string(report.taken) + " were too late, "
                 + std::to_string(report.sold_seats) + " seats sold"}};
  }

  /// Waits until every order has ended, and asks the node what was sold.
  void settle(demo_figures& figures) {
    auto until = std::chrono::steady_clock::now() + settling_within;
    if (own_)
      own_->node.settle(until);
    auto report = operators_.get(target("/report"));
    // A node elsewhere tells nobody when its orders have ended: it must be asked again.
    while (orders_under_way(report) > 0 && std::chrono::steady_clock::now() < until
           && !request_.token().stop_requested()) {
      std::this_thread::sleep_for(between_reports);
      report = operators_.get(target("/report"));
    }
    auto& totals = member_of(report, "totals");
    figures.sold = number_of(totals, "sold");
    figures.revenue = number_of(member_of(totals, "revenue"), "amount");
    if (auto open = orders_under_way(report))
      figures.violations.push_back(std::to_string(open) + " orders did not come to an end");
  }

  static std::int64_t orders_under_way(const json::value& report) {
    return number_of(member_of(report, "orders"), "under_way");
  }

  void examine(demo_figures& figures) {
    own_ ? audit_store(figures) : ask_for_audit(figures);
    if (figures.crowd.differences > 0)
      figures.violations.push_back(std::to_string(figures.crowd.differences)
                                   + " repeated requests were answered differently");
  }

  /// The audit reads the store itself, not the node.
  void audit_store(demo_figures& figures) {
    auto store = persistence::open_store(own_->configured.node.store);
    auto verdict = audit::audit(*store, domain::event_id{event_}, plan_.plan);
    for (auto& violation : verdict.violations)
      figures.violations.push_back(to_text(violation));
  }

  /// A store that only the node can reach is read by its own audit.
  void ask_for_audit(demo_figures& figures) {
    auto verdict = operators_.get(target("/audit"));
    if (text_of(verdict, "audit") == "ok")
      return;
    for (auto& violation : list_of(verdict, "audit"))
      figures.violations.push_back(text_of(violation, "shard") + ": " + text_of(violation, "sentence"));
    if (figures.violations.empty())
      figures.violations.push_back("the node's audit says neither ok nor what is wrong: " + json::serialize(verdict));
  }

  void serve_on() {
    auto& node = own_->node;
    std::cerr << "\nServing on. Buyers: http://" << to_string(node.buyers()) << ", operators: http://"
              << to_string(node.operators()) << " with the key " << node.admin_key() << "\nThe event is " << event_
              << ", the store " << persistence::without_password(own_->configured.node.store) << ". Ctrl-C ends it.\n";
    request_.wait();
  }

  exit_code end() {
    if (own_)
      own_->node.stop();
    auto why = request_.failure();
    if (why)
      std::cerr << "usher: " << *why << '\n';
    return why ? exit_code::refused : exit_code::done;
  }

  std::string target(const std::string& more = {}) const { return "/admin/v1/events/" + event_ + more; }

  demo_options options_;
  plan_file plan_;
  stop_request request_;
  std::unique_ptr<own_node> own_; ///< none with `--connect`
  std::vector<crowd::address> buyers_;
  admin_client operators_;
  std::string event_;
};

} // namespace

exit_code run_demo(const demo_options& options) {
  log::configure(log::format::human, "warning");
  allow_many_open_files();
  return demo{options}.run();
}

} // namespace usher::node
