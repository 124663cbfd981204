#include "gateway/server.hpp"

#include "gateway/thread/session_thread.hpp"
#include "log/log.hpp"

#include <boost/asio/ip/address.hpp>

#include <algorithm>
#include <future>
#include <stdexcept>
#include <utility>

namespace usher::gateway {
namespace {

/// Over what time those who are connected are sent away.
constexpr std::chrono::seconds drain_spread_max{5};

networks read_networks(const char* option, const std::vector<std::string>& texts) {
  auto read = networks::parse(texts);
  if (auto* wrong = std::get_if<std::string>(&read))
    throw std::invalid_argument{option + (": " + *wrong)};
  return std::get<networks>(std::move(read));
}

domain::instant wall_time() {
  return std::chrono::floor<domain::microseconds>(std::chrono::system_clock::now());
}

void check(const options& configured) {
  if (configured.threads == 0 || configured.threads > 64)
    throw std::invalid_argument{"threads: 1 to 64"};
  if (!configured.anonymous && configured.shop.empty())
    throw std::invalid_argument{"shop: a key is needed unless anybody may buy"};
  if (!can_read_all(configured))
    throw std::invalid_argument{"incoming_bytes_max: too small for the largest body or frame"};
  if (configured.proxy_protocol && configured.trusted_proxies.empty())
    throw std::invalid_argument{"proxy_protocol: needs trusted_proxies"};
  boost::system::error_code error;
  auto address = boost::asio::ip::make_address(configured.operators.host, error);
  if (configured.admin_key.empty() && (error || !address.is_loopback()))
    throw std::invalid_argument{"admin_key: needed when operators' address is not a loopback one"};
}

/// Runs `work` on a thread of sessions and waits for it.
template <class Work>
void run_on(session_thread& thread, Work work) {
  std::promise<void> finished;
  thread.post([&] {
    work();
    finished.set_value();
  });
  finished.get_future().wait();
}

} // namespace

server::server(options configured, server_parts parts) {
  check(configured);
  auto proxies = read_networks("trusted_proxies", configured.trusted_proxies);
  if (proxies.contains_all())
    log::of("gateway").warn("trusted_proxies contain everybody: every client can then name its own address, and limits "
                            "by address mean nothing. List the proxies' own addresses");
  auto unlimited = read_networks("unlimited_networks", configured.unlimited_networks);
  codec::tokens keys{{std::move(parts.own_secret), configured.shop, configured.anonymous}};
  shared_ = std::unique_ptr<shared_parts>{
      new shared_parts{.options = std::move(configured),
                       .tokens = std::move(keys),
                       .proxies = std::move(proxies),
                       .unlimited = std::move(unlimited),
                       .system = parts.system,
                       .router = std::move(parts.router),
                       .unready = std::move(parts.unready),
                       .audit = std::move(parts.audit),
                       .cluster = std::move(parts.cluster),
                       .now = parts.now ? std::move(parts.now) : wall_time,
                       .may_answer = parts.may_answer ? std::move(parts.may_answer) : [] { return true; },
                       .metrics = gateway_metrics{parts.system}}};
}

server::~server() {
  stop();
}

void server::start() {
  std::vector<session_thread*> for_buyers;
  for (std::size_t number = 0; number <= shared_->options.threads; ++number) {
    threads_.push_back(std::make_unique<session_thread>(*shared_, number));
    for_buyers.push_back(threads_.back().get());
  }
  shared_->threads = for_buyers;
  auto* for_operators = for_buyers.back();
  for_buyers.pop_back();
  try {
    buyers_ = std::make_unique<listener>(*shared_, *for_buyers.front(), shared_->options.buyers, http_port::buyers,
                                         for_buyers);
    operators_ = std::make_unique<listener>(*shared_, *for_operators, shared_->options.operators, http_port::operators,
                                            std::vector{for_operators});
  } catch (...) {
    buyers_ = nullptr;
    threads_.clear();
    throw;
  }
  for (auto& thread : threads_)
    thread->start();
  threads_.front()->post([this] { buyers_->start(); });
  threads_.back()->post([this] { operators_->start(); });
  log::of("gateway").info("buyers at {}:{}, operators at {}:{}", shared_->options.buyers.host, buyers_->port(),
                          shared_->options.operators.host, operators_->port());
}

void server::stop_listening() {
  if (!buyers_)
    return;
  run_on(*threads_.front(), [this] { buyers_->stop(); });
  run_on(*threads_.back(), [this] { operators_->stop(); });
}

bool server::on_all_threads(const std::function<void(session_thread&, completion done)>& begin,
                            std::chrono::steady_clock::time_point until) {
  std::vector<std::future<void>> finished;
  for (auto& thread : threads_) {
    auto own = std::make_shared<std::promise<void>>();
    finished.push_back(own->get_future());
    thread->post([begin, one = thread.get(), own] { begin(*one, [own] { own->set_value(); }); });
  }
  return std::ranges::all_of(finished,
                             [until](auto& each) { return each.wait_until(until) == std::future_status::ready; });
}

bool server::await_events(const std::vector<domain::event_id>& events, std::chrono::steady_clock::time_point until) {
  auto known = on_all_threads(
      [events](session_thread& thread, completion done) { thread.when_known(events, std::move(done)); }, until);
  shared_->starting = false;
  return known;
}

void server::announce_end() {
  shared_->draining = true;
}

void server::send_away(std::chrono::milliseconds spread) {
  for (auto& thread : threads_)
    thread->post([one = thread.get(), spread] { one->send_away(spread); });
}

void server::await_leaving(std::chrono::steady_clock::time_point until) {
  on_all_threads([](session_thread& thread, completion done) { thread.when_all_left(std::move(done)); }, until);
}

void server::go_on() {
  shared_->draining = false;
  for (auto& thread : threads_)
    thread->post([one = thread.get()] { one->let_stay(); });
}

void server::drain(std::chrono::seconds within) {
  if (threads_.empty() || std::exchange(drained_, true))
    return;
  announce_end();
  stop_listening();
  auto spread = std::min<std::chrono::milliseconds>(within / 2, drain_spread_max);
  on_all_threads([spread](session_thread& thread, completion done) { thread.drain(spread, std::move(done)); },
                 std::chrono::steady_clock::now() + within);
  log::of("gateway").info("drained; {} connections are left", connections());
}

void server::stop() {
  if (threads_.empty())
    return;
  if (!drained_)
    stop_listening();
  for (auto& thread : threads_)
    thread->stop();
  shared_->packer.stop(); // which answers to the threads
  buyers_ = nullptr;
  operators_ = nullptr;
  threads_.clear();
}

std::uint16_t server::buyers_port() const {
  return buyers_ ? buyers_->port() : 0;
}

std::uint16_t server::operators_port() const {
  return operators_ ? operators_->port() : 0;
}

std::size_t server::connections() const {
  return shared_->places.taken();
}

} // namespace usher::gateway
