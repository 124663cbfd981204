#include "gateway/thread/session_thread.hpp"

#include "gateway/thread/bridge.hpp"
#include "gateway/thread/connected_session.hpp"
#include "log/log.hpp"

#include <boost/asio/post.hpp>
#include <caf/actor_system.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

#include <algorithm>
#include <cstdint>
#include <utility>

namespace usher::gateway {
namespace {

/// Between two groups of connections that are told to end, and how large a group is at least.
constexpr std::chrono::milliseconds drain_interval{50};
constexpr std::size_t drain_group_min = 100;

/// Calls `work`; a fault in what it does for one connection must not end the others. Returns false if there was one.
template <class Work>
bool survive(Work work) {
  try {
    work();
    return true;
  } catch (const std::exception& error) {
    log::of("gateway").error("a request failed unexpectedly: {}", error.what());
    return false;
  }
}

} // namespace

session_thread::session_thread(shared_parts& shared, std::size_t number)
    : shared_(shared), parts_(shared, number, links()),
      // Sockets belong to this thread alone, and other threads only `post`: reactor locks would be wasted.
      context_(BOOST_ASIO_CONCURRENCY_HINT_UNSAFE_IO), busy_(context_.get_executor()), sweeper_(context_),
      drainer_(context_), farewells_(context_) {}

thread_links session_thread::links() {
  return {.post = [this](std::function<void()> work) { post(std::move(work)); },
          .send =
              [this](messages::session_requests batch) {
                shared_.metrics.request_batches->inc();
                shared_.metrics.requests->inc(static_cast<std::int64_t>(batch.requests.size()));
                caf::anon_send(bridge_, std::move(batch));
              },
          .plan = [this] { boost::asio::post(context_, [this] { parts_.requests.flush(); }); },
          .find_peer =
              [&threads = shared_.threads](std::size_t number) {
                return number < threads.size() ? &threads[number]->parts_.resumptions : nullptr;
              }};
}

session_thread::~session_thread() {
  stop();
}

void session_thread::start() {
  auto deliver = [this](std::vector<delivery> group) {
    boost::asio::post(context_, [this, group = std::move(group)]() mutable { hand_over(std::move(group)); });
  };
  bridge_ = shared_.system.spawn<bridge>(shared_.router, deliver, parts_.requests.patience(), shared_.may_answer);
  arm_sweep();
  thread_ = std::thread([this] { run(); });
}

void session_thread::run() {
  while (!survive([this] { context_.run(); })) {
  }
}

void session_thread::stop() {
  if (!thread_.joinable())
    return;
  post([this] {
    stopping_ = true; // the timer may have expired already, and cancelling does not undo that
    parts_.connections.abort();
    sweeper_.cancel();
    drainer_.cancel();
    farewells_.cancel();
    busy_.reset();
  });
  thread_.join();
  // Once the bridge has ended nothing is posted here any more.
  caf::scoped_actor self{shared_.system};
  self->send_exit(bridge_, caf::exit_reason::user_shutdown);
  self->wait_for(bridge_);
  bridge_ = nullptr;
  parts_.requests.forget_all();
}

void session_thread::post(std::function<void()> work) {
  boost::asio::post(context_, std::move(work));
}

void session_thread::serve(tcp_socket socket, http_port port, buyer_places::place place, reception how) {
  serve_http(parts_.services, std::move(socket), port, std::move(place), how);
}

void session_thread::when_known(std::vector<domain::event_id> events, std::function<void()> then) {
  parts_.directory.when_known(std::move(events), std::move(then));
}

void session_thread::hand_over(std::vector<delivery> group) {
  shared_.metrics.answer_batches->inc();
  for (auto& one : group) // whoever is not answered gives up in time
    survive([&] { std::visit([this](auto& news) { take(std::move(news)); }, one); });
}

void session_thread::take(messages::event_announced&& news) {
  auto event = news.id;
  parts_.directory.announced(std::move(news));
  parts_.seats.announced(parts_.directory.find(event));
  parts_.buyers.for_each_session(
      [known = parts_.directory.find(event)](connected_session& session) { session.keep_place(known); });
}

void session_thread::take(messages::hold_expired&& news) {
  auto name = parts_.buyers.expire_hold(news.buyer, codec::hold_name{news.event, {news.section}, news.hold});
  if (!name)
    return;
  auto frame = share(codec::hold_expired_frame(*name));
  for (auto* session : parts_.buyers.sessions_of(news.buyer))
    session->send({{}, frame});
}

void session_thread::take(messages::order_changed&& news) {
  // The buyer has already been told that it is being charged; these steps look alike from outside.
  if (news.order.state == domain::order_state::charging || news.order.state == domain::order_state::charged)
    return;
  auto event = parts_.directory.find(news.order.event);
  auto sessions = parts_.buyers.sessions_of(news.order.buyer);
  if (!event || sessions.empty())
    return;
  auto frame = share(codec::order_frame(std::nullopt, news.order, event->names()));
  for (auto* session : sessions)
    session->tell_order(news.order, frame);
}

void session_thread::send_away(std::chrono::milliseconds spread) {
  auto is_under_way = away_within_.has_value();
  away_within_ = spread;
  if (!is_under_way)
    go_on_sending_away();
}

void session_thread::when_all_left(std::function<void()> then) {
  if (!parts_.connections.any_lasts())
    return then();
  none_left_ = std::move(then);
}

void session_thread::go_on_sending_away() {
  auto now = std::chrono::steady_clock::now();
  parts_.connections.send_away(now, *away_within_);
  parts_.connections.end_stays(now);
  if (none_left_ && !parts_.connections.any_lasts())
    std::exchange(none_left_, nullptr)();
  farewells_.expires_after(drain_interval);
  farewells_.async_wait([this](const boost::system::error_code& cancelled) {
    if (!cancelled && !stopping_ && away_within_)
      go_on_sending_away();
  });
}

void session_thread::let_stay() {
  away_within_.reset();
  none_left_ = nullptr;
  farewells_.cancel();
  parts_.connections.let_stay();
}

void session_thread::drain(std::chrono::milliseconds spread, std::function<void()> done) {
  auto groups = static_cast<std::size_t>(std::max<std::int64_t>(spread / drain_interval, 1));
  parts_.connections.await_none(std::move(done));
  drain_group(std::max(parts_.connections.size() / groups + 1, drain_group_min));
}

// Goes on until none is left: a connection may have become a WebSocket meanwhile, which nobody has told.
void session_thread::drain_group(std::size_t size) {
  parts_.connections.drain_some(size);
  if (parts_.connections.size() == 0)
    return;
  drainer_.expires_after(drain_interval);
  drainer_.async_wait([this, size](const boost::system::error_code& cancelled) {
    if (!cancelled && !stopping_)
      drain_group(size);
  });
}

void session_thread::arm_sweep() {
  sweeper_.expires_after(std::chrono::milliseconds{1000 / queue_board::turns_per_s});
  sweeper_.async_wait([this](const boost::system::error_code& cancelled) {
    if (cancelled || stopping_)
      return;
    sweep();
    arm_sweep();
  });
}

void session_thread::sweep() {
  parts_.queue.turn();
  if (++turns_ % queue_board::turns_per_s != 0)
    return;
  auto at = std::chrono::steady_clock::now();
  parts_.requests.sweep(at);
  parts_.seats.sweep();
  parts_.resumptions.sweep(at);
  parts_.passes.sweep(shared_.now());
  parts_.connections.sweep(at);
}

} // namespace usher::gateway
