#include "gateway/thread/session_thread.hpp"

#include "codec/random.hpp"
#include "gateway/thread/bridge.hpp"
#include "gateway/ws/buyer_session.hpp"
#include "log/log.hpp"

#include <boost/asio/post.hpp>
#include <caf/actor_system.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

#include <algorithm>
#include <charconv>
#include <utility>

namespace usher::gateway {
namespace {

/// Between two groups of connections that are told to end, and how large a group is at least.
constexpr std::chrono::milliseconds drain_interval{50};
constexpr std::size_t drain_group_min = 100;

} // namespace

double requests_in(std::size_t bytes) {
  auto more = bytes / bytes_per_request;
  return 1 + static_cast<double>(more);
}

session_thread::session_thread(shared_parts& shared, std::size_t number)
    : shared_(shared), number_(number), next_trace_(codec::random_number()),
      outbox_(
          shared.options.requests_max,
          number < shared.options.threads ? shared.options.request_timeout : shared.options.operators_timeout,
          [this](messages::session_requests batch) {
            metrics().request_batches->inc();
            metrics().requests->inc(static_cast<std::int64_t>(batch.requests.size()));
            caf::anon_send(bridge_, std::move(batch));
          },
          [this] { boost::asio::post(context_, [this] { outbox_.flush(); }); }),
      outgoing_(shared.options.queued_bytes_max / (shared.options.threads + 1), shared.metrics.queued_bytes),
      incoming_(number < shared.options.threads ? buyers_incoming_bytes(shared.options)
                                                : operators_incoming_bytes(shared.options),
                shared.metrics.incoming_bytes),
      kept_(shared.options.kept_sessions_max, shared.options.session_grace),
      seats_(outbox_, [this] { return draw_trace(); }), passes_(shared.tokens, shared.options.passes_max),
      queue_(outbox_, buyers_, passes_),
      // Sockets belong to this thread alone, and other threads only `post`: reactor locks would be wasted.
      context_(BOOST_ASIO_CONCURRENCY_HINT_UNSAFE_IO), busy_(context_.get_executor()), sweeper_(context_),
      drainer_(context_) {}

session_thread::~session_thread() {
  stop();
}

void session_thread::start() {
  bridge_ = shared_.system.spawn<bridge>(shared_.router, [this](std::vector<delivery> group) {
    boost::asio::post(context_, [this, group = std::move(group)]() mutable { hand_over(std::move(group)); });
  });
  arm_sweep();
  thread_ = std::thread([this] { run(); });
}

// A fault in one connection's frame must not end the others.
void session_thread::run() {
  for (;;) {
    try {
      context_.run();
      return;
    } catch (const std::exception& error) {
      log::of("gateway").error("a request failed unexpectedly: {}", error.what());
    }
  }
}

void session_thread::stop() {
  if (!thread_.joinable())
    return;
  post([this] {
    stopping_ = true; // the timer may have expired already, and cancelling does not undo that
    connections_.abort();
    sweeper_.cancel();
    drainer_.cancel();
    busy_.reset();
  });
  thread_.join();
  // Once the bridge has ended nothing is posted here any more.
  caf::scoped_actor self{shared_.system};
  self->send_exit(bridge_, caf::exit_reason::user_shutdown);
  self->wait_for(bridge_);
  bridge_ = nullptr;
  outbox_.forget_all();
}

void session_thread::make_room_for(std::size_t bytes) {
  if (outgoing_.has_room_for(bytes) || !outgoing_.can_hold(bytes))
    return;
  auto ended = connections_.make_room([this, bytes] { return outgoing_.is_relieved_for(bytes); });
  metrics().slow_readers->inc(static_cast<std::int64_t>(ended));
}

void session_thread::post(std::function<void()> work) {
  boost::asio::post(context_, std::move(work));
}

messages::trace_id session_thread::draw_trace() {
  // A number that is counted up, in a disguise that never makes two of them alike: two ids do not tell how many
  // requests came between them. The start is random, so it differs on every thread and after every restart.
  auto number = next_trace_++ ^ trace_key_;
  number = (number ^ (number >> 30)) * 0xbf58476d1ce4e5b9;
  number = (number ^ (number >> 27)) * 0x94d049bb133111eb;
  return messages::trace_id{number ^ (number >> 31) ^ trace_key_};
}

codec::verified<codec::buyer_claims> session_thread::verify_buyer(std::string_view token) const {
  return tokens().verify_buyer(token, now(),
                               std::chrono::floor<domain::microseconds>(std::chrono::system_clock::now()));
}

bool session_thread::is_limited(const visitor& from) const {
  return !from.is_near || options().limit_loopback;
}

void session_thread::warn_of_proxy() {
  if (!shared_.warned_of_proxy.exchange(true))
    log::of("gateway").warn(
        "requests come from this machine with the headers of a proxy, and http.trusted-proxies does "
        "not list it: all clients behind it share the limits of one address");
}

std::optional<codec::problem> session_thread::judge(const rate_limiter::verdict& verdict) {
  if (verdict.allowed)
    return std::nullopt;
  metrics().rate_limited->inc();
  auto refused = codec::problem_of(domain::rejection::rate_limited);
  refused.retry_after_s = verdict.retry_after_s;
  return refused;
}

std::optional<codec::problem> session_thread::still_starting() const {
  if (!shared_.starting)
    return std::nullopt;
  return codec::problem_of(domain::rejection::overloaded, "The node is starting.");
}

codec::problem session_thread::no_such_event() const {
  return still_starting().value_or(codec::problem_of(domain::rejection::not_found, "There is no such event."));
}

std::optional<codec::problem> session_thread::too_often(const visitor& from, std::size_t bytes) {
  if (!is_limited(from))
    return std::nullopt;
  return judge(shared_.address_rates.take(from.address, std::chrono::steady_clock::now(), requests_in(bytes)));
}

std::optional<codec::problem> session_thread::too_often(const domain::buyer_id& buyer, std::size_t bytes) {
  return judge(shared_.buyer_rates.take(buyer.value(), std::chrono::steady_clock::now(), requests_in(bytes)));
}

std::optional<codec::problem> session_thread::gives_back_too_often(const domain::buyer_id& buyer, const visitor& from) {
  auto now = std::chrono::steady_clock::now();
  if (auto refused = judge(shared_.release_rates.take(buyer.value(), now)))
    return refused;
  // Anybody may be many buyers.
  return is_limited(from) ? judge(shared_.address_release_rates.take(from.address, now)) : std::nullopt;
}

codec::queue_answer session_thread::queue_answer_for(const domain::event_id& event, const domain::buyer_id& buyer,
                                                     const domain::queue_place& place) {
  codec::queue_answer told{.event = event,
                           .place = place,
                           .token = tokens().sign(codec::queue_claims{event, buyer, place.number}),
                           .pass = std::nullopt,
                           .poll_after = queue_.poll_after(event, place)};
  // Where there is no waiting room, nobody says how long a pass lasts.
  if (place.state == domain::queue_state::admitted)
    told.pass = passes_.sign(
        event, buyer, place.pass_until.value_or(std::chrono::floor<domain::seconds>(now() + options().pass_ttl)));
  return told;
}

// A session's name begins with the number of the thread that has it.
session_thread* session_thread::home_of(const std::string& session) {
  std::size_t home = 0;
  auto [end, failed] = std::from_chars(session.data(), session.data() + session.size(), home);
  return failed != std::errc{} || home >= shared_.threads.size() ? nullptr : shared_.threads[home];
}

void session_thread::at_home_of(const std::string& session, std::function<void(session_thread&)> work) {
  auto* home = home_of(session);
  if (home == this)
    work(*this);
  else if (home)
    home->post([home, work = std::move(work)] { work(*home); });
}

void session_thread::resume(const std::string& session, const domain::buyer_id& buyer, const std::string& heir,
                            std::function<void(std::optional<kept_session>)> then) {
  auto* home = home_of(session);
  if (!home)
    return then(std::nullopt);
  if (home == this)
    return then(give_up(session, buyer, heir));
  home->post([this, home, session, buyer, heir, then = std::move(then)]() mutable {
    post([found = home->give_up(session, buyer, heir), then = std::move(then)]() mutable { then(std::move(found)); });
  });
}

void session_thread::use_up(const std::string& session, const std::string& heir) {
  at_home_of(session, [session, heir](session_thread& home) { home.kept_.use_up(session, heir); });
}

std::optional<kept_session> session_thread::give_up(const std::string& session, const domain::buyer_id& buyer,
                                                    const std::string& heir) {
  // The client may be back before the loss of its old connection was noticed.
  end_session(session, buyer, true);
  auto found = kept_.inherit(session, buyer, heir);
  if (!found)
    return std::nullopt;
  at_home_of(found->former_heir,
             [former = found->former_heir, buyer](session_thread& home) { home.end_session(former, buyer, false); });
  return std::move(found->what);
}

void session_thread::end_session(const std::string& session, const domain::buyer_id& buyer, bool keep) {
  for (auto* live : buyers_.sessions_of(buyer))
    if (live->name() == session)
      live->replace(keep);
}

void session_thread::hand_over(std::vector<delivery> group) {
  metrics().answer_batches->inc();
  for (auto& one : group)
    std::visit([this](auto& news) { take(std::move(news)); }, one);
}

void session_thread::take(messages::event_announced&& news) {
  auto event = news.id;
  directory_.announced(std::move(news));
  seats_.announced(directory_.find(event));
  buyers_.for_each_session([known = directory_.find(event)](buyer_session& session) { session.keep_place(known); });
}

void session_thread::take(messages::hold_expired&& news) {
  auto name = buyers_.expire_hold(news.buyer, codec::hold_name{news.event, {news.section}, news.hold});
  if (!name)
    return;
  auto frame = share(codec::hold_expired_frame(*name));
  for (auto* session : buyers_.sessions_of(news.buyer))
    session->send({{}, frame});
}

void session_thread::take(messages::order_changed&& news) {
  // The buyer has already been told that it is being charged; these steps look alike from outside.
  if (news.order.state == domain::order_state::charging || news.order.state == domain::order_state::charged)
    return;
  auto event = directory_.find(news.order.event);
  auto sessions = buyers_.sessions_of(news.order.buyer);
  if (!event || sessions.empty())
    return;
  auto frame = share(codec::order_frame(std::nullopt, news.order, event->names()));
  for (auto* session : sessions)
    session->tell_order(news.order, frame);
}

void session_thread::drain(std::chrono::milliseconds spread, std::function<void()> done) {
  auto groups = static_cast<std::size_t>(std::max<std::int64_t>(spread / drain_interval, 1));
  connections_.await_none(std::move(done));
  drain_group(std::max(connections_.size() / groups + 1, drain_group_min));
}

// Goes on until none is left: a connection may have become a WebSocket meanwhile, which nobody has told.
void session_thread::drain_group(std::size_t size) {
  connections_.drain_some(size);
  if (connections_.size() == 0)
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
  queue_.turn();
  if (++turns_ % queue_board::turns_per_s != 0)
    return;
  auto at = std::chrono::steady_clock::now();
  outbox_.sweep(at);
  seats_.sweep();
  kept_.sweep(at);
  passes_.sweep(now());
  connections_.sweep(at);
}

} // namespace usher::gateway
