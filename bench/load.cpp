#include "bench/load.hpp"

#include "crowd/http_client.hpp"
#include "crowd/websocket_client.hpp"
#include "domain/ensure.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <charconv>
#include <deque>
#include <memory>
#include <vector>

namespace usher::bench {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

using steady = std::chrono::steady_clock;

constexpr std::size_t open_at_once = 64;
constexpr auto preparation_patience = 60s;
/// How long to wait for the last answers.
constexpr auto last_answers_patience = 5s;
/// How many requests of an open loop may be overdue before it counts them as never sent.
constexpr std::size_t overdue_max = 1'000'000;
/// Ports for connections from one address to one server: the kernel's default range has 28,000.
constexpr std::size_t connections_per_source = 25'000;

class load_run;

/// One connection and its requests in flight.
class lane final : public crowd::websocket_listener {
public:
  lane(load_run& run, asio::io_context& context, std::size_t number, std::size_t in_flight)
      : run_(run), number_(number), client_(std::make_unique<crowd::websocket_client>(context, *this)),
        slots_(in_flight) {
    for (std::size_t i = 0; i < in_flight; ++i)
      slots_[i].id = std::to_string(i);
  }

  void open(const crowd::address& to) {
    auto beyond = number_ / connections_per_source;
    auto local = beyond > 0 && to.host == "127.0.0.1" ? "127.0.0." + std::to_string(beyond + 1) : std::string();
    client_->open(to, local);
  }

  void on_open() override;
  void on_frame(std::string_view text) override;
  void on_closed(std::uint16_t code, const std::string& why) override;

  /// Starts every request of a closed loop.
  void start_all();
  /// Sends a request that is timed from `intended`; false when all are in flight, or none is left.
  bool start_one(steady::time_point intended);

  [[nodiscard]] std::size_t number() const { return number_; }
  [[nodiscard]] std::size_t in_flight() const { return busy_; }

private:
  struct slot {
    std::string id;
    bool busy = false;
    steady::time_point since;
  };

  bool send(slot& which, steady::time_point since);

  load_run& run_;
  std::size_t number_;
  std::unique_ptr<crowd::websocket_client> client_;
  std::vector<slot> slots_;
  std::size_t busy_ = 0;
  bool greeting_ = false;
  bool ready_ = false;
};

class load_run {
public:
  load_run(const load_plan& plan, workload& work)
      : plan_(plan), work_(work), context_(1), clock_(context_), door_(open_at_once) {
    for (std::size_t i = 0; i < plan.connections; ++i)
      lanes_.push_back(std::make_unique<lane>(*this, context_, i, plan.in_flight));
  }

  load_result run() {
    for (auto& each : lanes_)
      door_.enter([this, lane = each.get()] { lane->open(server_of(lane->number())); });
    run_for(preparation_patience, [this] { return ready_ == lanes_.size() || !broken_.empty(); });
    if (!broken_.empty())
      throw crowd::unreachable(to_string(plan_.to) + ": " + broken_);
    if (ready_ < lanes_.size())
      throw crowd::unreachable(to_string(plan_.to) + ": only " + std::to_string(ready_)
                               + " connections opened in time");
    measure();
    return std::move(result_);
  }

  // What the lanes report.
  [[nodiscard]] workload& work() { return work_; }
  [[nodiscard]] bool open_loop() const { return plan_.rate_per_s > 0; }
  [[nodiscard]] bool sending() const { return sending_ && !result_.used_up; }
  void lane_ready() {
    ++ready_;
    door_.leave();
  }
  void used_up() { result_.used_up = true; }
  void sent(std::size_t bytes) {
    ++requests_;
    request_bytes_ += bytes;
  }
  void answered(lane& by, const answer& got, steady::time_point since, std::size_t bytes);
  void lost(const std::string& why, std::size_t in_flight, bool was_ready);
  void unexpected() { ++result_.errors["answer to nothing"]; }

private:
  template <class Done>
  void run_for(steady::duration patience, Done done) {
    auto deadline = steady::now() + patience;
    while (!done() && steady::now() < deadline && context_.run_one_until(deadline) > 0) {
    }
  }

  [[nodiscard]] const crowd::address& server_of(std::size_t connection) const {
    auto which = connection % (plan_.also_to.size() + 1);
    return which == 0 ? plan_.to : plan_.also_to[which - 1];
  }
  void measure();
  void keep_the_rate();
  void send_due();
  [[nodiscard]] std::size_t in_flight() const;

  const load_plan& plan_;
  workload& work_;
  asio::io_context context_;
  asio::steady_timer clock_;
  crowd::turnstile door_;
  std::vector<std::unique_ptr<lane>> lanes_;
  std::size_t ready_ = 0;
  std::string broken_;
  bool sending_ = false;
  steady::time_point start_;
  steady::time_point count_from_;
  steady::time_point count_until_;
  std::uint64_t intended_ = 0; ///< requests of an open loop that are due so far
  std::deque<steady::time_point> due_;
  std::deque<lane*> idle_;
  std::uint64_t requests_ = 0;
  std::uint64_t request_bytes_ = 0;
  std::uint64_t answer_bytes_ = 0;
  load_result result_;
};

// ---- lane ---------------------------------------------------------------------

void lane::on_open() {
  auto first = run_.work().greeting(number_);
  if (!first) {
    ready_ = true;
    run_.lane_ready();
    return;
  }
  greeting_ = true;
  client_->send(std::move(*first));
}

void lane::on_frame(std::string_view text) {
  auto got = run_.work().read(text);
  if (got.id.empty())
    return;
  if (greeting_) {
    greeting_ = false;
    if (!got.why.empty())
      return run_.lost(std::string(got.why), 0, false);
    ready_ = true;
    return run_.lane_ready();
  }
  std::size_t index = slots_.size();
  std::from_chars(got.id.data(), got.id.data() + got.id.size(), index);
  if (index >= slots_.size() || !slots_[index].busy)
    return run_.unexpected();
  auto& answered = slots_[index];
  answered.busy = false;
  --busy_;
  run_.answered(*this, got, answered.since, text.size());
  if (!run_.open_loop() && run_.sending())
    send(answered, steady::now());
}

void lane::on_closed(std::uint16_t code, const std::string& why) {
  run_.lost(code == 0 ? why : "closed with " + std::to_string(code) + ": " + why, busy_, ready_);
  busy_ = 0;
}

void lane::start_all() {
  for (auto& each : slots_)
    send(each, steady::now());
}

bool lane::start_one(steady::time_point intended) {
  for (auto& each : slots_) {
    if (!each.busy)
      return send(each, intended);
  }
  return false;
}

bool lane::send(slot& which, steady::time_point since) {
  std::string text;
  if (!run_.work().next_request(number_, which.id, text)) {
    run_.used_up();
    return false;
  }
  run_.sent(text.size());
  which.busy = true;
  which.since = since;
  ++busy_;
  client_->send(std::move(text));
  return true;
}

// ---- run ----------------------------------------------------------------------

void load_run::answered(lane& by, const answer& got, steady::time_point since, std::size_t bytes) {
  auto now = steady::now();
  if (open_loop()) {
    idle_.push_back(&by);
    send_due();
  }
  if (now < count_from_ || now >= count_until_)
    return;
  if (!got.why.empty()) {
    ++result_.errors[std::string(got.why)];
    return;
  }
  ++result_.succeeded;
  answer_bytes_ += bytes;
  result_.latency.record(std::chrono::duration_cast<std::chrono::microseconds>(now - since));
}

void load_run::lost(const std::string& why, std::size_t in_flight, bool was_ready) {
  if (!was_ready) {
    broken_ = why;
    return;
  }
  result_.errors["lost: " + why] += std::max<std::size_t>(in_flight, 1);
}

std::size_t load_run::in_flight() const {
  std::size_t sum = 0;
  for (const auto& each : lanes_)
    sum += each->in_flight();
  return sum;
}

void load_run::measure() {
  start_ = steady::now();
  count_from_ = start_ + plan_.warm_up;
  count_until_ = count_from_ + plan_.duration;
  sending_ = true;
  if (open_loop()) {
    for (std::size_t i = 0; i < plan_.in_flight; ++i)
      for (auto& each : lanes_)
        idle_.push_back(each.get());
    keep_the_rate();
  } else {
    for (auto& each : lanes_)
      each->start_all();
  }
  run_for(count_until_ - start_, [this] { return result_.used_up; });
  sending_ = false;
  clock_.cancel();
  auto ended = std::min(steady::now(), count_until_);
  result_.elapsed = std::max<std::chrono::duration<double>>(ended - count_from_, 0s);
  // Answers from now on are too late to count, but must still come.
  count_until_ = ended;
  run_for(last_answers_patience, [this] { return in_flight() == 0; });
  if (auto open = in_flight(); open > 0)
    result_.errors["unanswered"] += open;
  if (!due_.empty())
    result_.errors["never sent"] += due_.size();
  if (requests_ > 0)
    result_.request_bytes = static_cast<double>(request_bytes_) / static_cast<double>(requests_);
  if (result_.succeeded > 0)
    result_.answer_bytes = static_cast<double>(answer_bytes_) / static_cast<double>(result_.succeeded);
}

void load_run::keep_the_rate() {
  auto gap = std::chrono::duration<double>(1 / plan_.rate_per_s);
  auto moment = [&](std::uint64_t i) { return start_ + std::chrono::duration_cast<steady::duration>(gap * i); };
  for (auto now = steady::now(); moment(intended_) <= now && due_.size() < overdue_max; ++intended_)
    due_.push_back(moment(intended_));
  send_due();
  if (!sending())
    return;
  clock_.expires_at(moment(intended_));
  clock_.async_wait([this](boost::system::error_code error) {
    if (!error)
      keep_the_rate();
  });
}

void load_run::send_due() {
  while (sending() && !due_.empty() && !idle_.empty()) {
    auto* next = idle_.front();
    idle_.pop_front();
    if (next->start_one(due_.front()))
      due_.pop_front();
  }
}

} // namespace

std::uint64_t load_result::failed() const {
  std::uint64_t sum = 0;
  for (const auto& [why, count] : errors)
    sum += count;
  return sum;
}

load_result run_load(const load_plan& plan, workload& work) {
  domain::ensure(plan.connections > 0 && plan.in_flight > 0, "a load has at least one request in flight");
  return load_run(plan, work).run();
}

} // namespace usher::bench
