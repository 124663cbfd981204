#include "node/demo.hpp"

#include "audit/audit.hpp"
#include "bench/temporary_directory.hpp"
#include "crowd/crowd.hpp"
#include "crowd/progress.hpp"
#include "log/log.hpp"
#include "node/admin_client.hpp"
#include "node/answer_members.hpp"
#include "node/application.hpp"
#include "node/audit_printing.hpp"
#include "node/demo_figures.hpp"
#include "node/endpoint.hpp"
#include "node/plan_files.hpp"
#include "node/process.hpp"
#include "node/stop_request.hpp"
#include "persistence/booking_store.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <iostream>
#include <stdexcept>
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

/// One demo, step by step.
class demo {
public:
  explicit demo(const demo_options& options)
      : options_(options), plan_(read_plan_file(options.plan)), configured_(configure(options, folder_.path())),
        node_(configured_, [this](std::string why) { request_.fail(std::move(why)); }),
        operators_("http://" + to_string(node_.operators()), node_.admin_key()) {}

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
    if (!options_.exit)
      serve_on();
    auto ended = end();
    return sound ? ended : exit_code::refused;
  }

private:
  /// A store may have seen earlier demos: each gets an event of its own.
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
    crowd.to = {node_.buyers().host, node_.buyers().port};
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
    node_.settle(std::chrono::steady_clock::now() + settling_within);
    auto report = operators_.get(target("/report"));
    auto& totals = member_of(report, "totals");
    figures.sold = number_of(totals, "sold");
    figures.revenue = number_of(member_of(totals, "revenue"), "amount");
    if (auto open = number_of(member_of(report, "orders"), "under_way"))
      figures.violations.push_back(std::to_string(open) + " orders did not come to an end");
  }

  /// The audit reads the store itself, not the node.
  void examine(demo_figures& figures) {
    auto store = persistence::open_store(configured_.node.store);
    auto verdict = audit::audit(*store, domain::event_id{event_}, plan_.plan);
    for (auto& violation : verdict.violations)
      figures.violations.push_back(to_text(violation));
    if (figures.crowd.differences > 0)
      figures.violations.push_back(std::to_string(figures.crowd.differences)
                                   + " repeated requests were answered differently");
  }

  void serve_on() {
    std::cerr << "\nServing on. Buyers: http://" << to_string(node_.buyers()) << ", operators: http://"
              << to_string(node_.operators()) << " with the key " << node_.admin_key() << "\nThe event is " << event_
              << ", the store " << persistence::without_password(configured_.node.store) << ". Ctrl-C ends it.\n";
    request_.wait();
  }

  exit_code end() {
    node_.stop();
    auto why = request_.failure();
    if (why)
      std::cerr << "usher: " << *why << '\n';
    return why ? exit_code::refused : exit_code::done;
  }

  std::string target(const std::string& more = {}) const { return "/admin/v1/events/" + event_ + more; }

  demo_options options_;
  plan_file plan_;
  bench::temporary_directory folder_;
  configuration configured_;
  stop_request request_;
  application node_;
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
