#include "bench/section_probes.hpp"

#include "crowd/frame_reader.hpp"
#include "crowd/frames.hpp"
#include "crowd/websocket_client.hpp"
#include "domain/ensure.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <condition_variable>
#include <future>
#include <mutex>
#include <optional>
#include <set>
#include <thread>
#include <utility>

namespace usher::bench {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

using steady = std::chrono::steady_clock;

constexpr auto after_refusal = 20ms;
constexpr auto before_reconnecting = 50ms;
constexpr auto probe_patience = 10s;

/// What came so far, for the thread that waits.
class answer_book {
public:
  void add(probe_answer answer) {
    std::lock_guard lock(mutex_);
    answers_.push_back(std::move(answer));
    added_.notify_all();
  }

  bool await_grants(std::set<std::uint16_t> missing, steady_time since, std::chrono::milliseconds patience) {
    std::unique_lock lock(mutex_);
    std::size_t read = 0;
    return added_.wait_for(lock, patience, [&] {
      for (; read < answers_.size(); ++read)
        if (const auto& one = answers_[read]; one.is_hold && one.why.empty() && one.asked >= since)
          missing.erase(one.section);
      return missing.empty();
    });
  }

  [[nodiscard]] std::vector<probe_answer> all() const {
    std::lock_guard lock(mutex_);
    return answers_;
  }

private:
  mutable std::mutex mutex_;
  std::condition_variable added_;
  std::vector<probe_answer> answers_;
};

bool is_open(const probe_answer& one, steady_time from, steady_time until) {
  return one.answered >= from && one.asked <= until;
}

double milliseconds(steady::duration time) {
  return std::chrono::duration<double, std::milli>(time).count();
}

/// One buyer in one section: holds a place, gives it back, and again.
class probe final : public crowd::websocket_listener {
public:
  probe(asio::io_context& context, const probe_plan& plan, std::size_t index, answer_book& book)
      : context_(context), timer_(context), plan_(plan), own_(plan.sections[index]), book_(book), node_(index) {
    // Their requests are spread over the time between two.
    due_ = steady::now() + own_.pace * index / plan.sections.size();
  }

  void start() { connect(); }

  /// `stopped` is called when nothing is open.
  void stop(std::function<void()> stopped) {
    stopped_ = std::move(stopped);
    if (!asked_)
      end();
  }

  /// What is still open.
  void give_up() {
    if (asked_)
      note("no answer in time");
  }

  void on_open() override { client_->send(R"({"type":"hello","id":"hello"})"); }

  void on_frame(std::string_view text) override {
    auto head = crowd::head_of(text);
    if (head.type == "reconnect") {
      is_sent_away_ = true;
      if (is_greeted_ && !asked_)
        move_on();
      return;
    }
    if (head.re == "hello") {
      if (head.type == "problem")
        return move_on();
      is_greeted_ = true;
      return go_on();
    }
    if (!asked_ || head.re != std::to_string(number_))
      return;
    auto refused = head.type == "problem";
    note(refused ? std::string(crowd::slug_of(text)) : std::string());
    // What was refused to be given back runs out.
    held_ = head.type == "held" ? std::optional(crowd::text_of(text, "hold")) : std::nullopt;
    due_ = std::max(due_ + own_.pace, refused ? steady::now() + after_refusal : steady_time{});
    if (is_sent_away_)
      return move_on();
    go_on();
  }

  void on_closed(std::uint16_t, const std::string&) override {
    if (asked_)
      note("the connection was closed");
    move_on();
  }

private:
  void connect() {
    is_greeted_ = is_sent_away_ = false;
    client_ = std::make_unique<crowd::websocket_client>(context_, *this);
    client_->open(plan_.through[node_ % plan_.through.size()]);
  }

  /// To the next node.
  void move_on() {
    client_.reset();
    held_.reset();
    is_greeted_ = false;
    if (stopped_)
      return end();
    ++node_;
    wait_until(steady::now() + before_reconnecting, [this] { connect(); });
  }

  void go_on() {
    if (stopped_)
      return end();
    if (steady::now() >= due_)
      return ask();
    wait_until(due_, [this] {
      if (!stopped_ && is_greeted_)
        ask();
    });
  }

  void ask() {
    auto now = steady::now();
    if (due_ + own_.pace < now)
      due_ = now; // it does not catch up
    asked_ = now;
    ++number_;
    auto head = R"(","id":")" + std::to_string(number_) + '"';
    if (held_)
      client_->send(R"({"type":"release)" + head + crowd::member_text("hold", *held_) + "}");
    else
      client_->send(R"({"type":"hold)" + head + crowd::member_text("event", plan_.event)
                    + crowd::member_text("section", std::to_string(own_.number + 1)) + R"(,"quantity":1})");
  }

  void note(std::string why) {
    book_.add({own_.number, *asked_, steady::now(), !held_, std::move(why)});
    asked_.reset();
  }

  void end() {
    timer_.cancel();
    if (stopped_)
      std::exchange(stopped_, [] {})();
  }

  template <class Then>
  void wait_until(steady_time when, Then then) {
    timer_.expires_at(when);
    timer_.async_wait([then = std::move(then)](boost::system::error_code error) {
      if (!error)
        then();
    });
  }

  asio::io_context& context_;
  asio::steady_timer timer_;
  const probe_plan& plan_;
  const probed_section own_;
  answer_book& book_;
  std::size_t node_; ///< how many there were before; the first one is chosen by the probe's own number
  std::unique_ptr<crowd::websocket_client> client_;
  bool is_greeted_ = false;
  bool is_sent_away_ = false;
  std::uint64_t number_ = 0;         ///< of the request that was sent last
  std::optional<steady_time> asked_; ///< a request that is not answered
  std::optional<std::string> held_;
  steady_time due_;
  std::function<void()> stopped_;
};

} // namespace

class section_probes::room {
public:
  explicit room(probe_plan plan) : plan_(std::move(plan)) {
    domain::ensure(!plan_.sections.empty() && !plan_.through.empty(), "somebody asks for something somewhere");
    for (std::size_t i = 0; i < plan_.sections.size(); ++i)
      probes_.push_back(std::make_unique<probe>(context_, plan_, i, book_));
    asio::post(context_, [this] {
      for (auto& one : probes_)
        one->start();
    });
    thread_ = std::thread([this] {
      auto stays = asio::make_work_guard(context_);
      context_.run();
    });
  }

  ~room() { end(); }

  bool await_grants(steady_time since, std::chrono::milliseconds patience) {
    std::set<std::uint16_t> all;
    for (const auto& one : plan_.sections)
      all.insert(one.number);
    return book_.await_grants(std::move(all), since, patience);
  }

  std::vector<probe_answer> stop() {
    std::promise<void> done;
    asio::post(context_, [this, &done] {
      open_ = probes_.size();
      for (auto& one : probes_)
        one->stop([this, &done] {
          if (--open_ == 0)
            done.set_value();
        });
    });
    done.get_future().wait_for(probe_patience);
    end();
    for (auto& one : probes_)
      one->give_up();
    return book_.all();
  }

private:
  void end() {
    context_.stop();
    if (thread_.joinable())
      thread_.join();
  }

  const probe_plan plan_;
  answer_book book_;
  asio::io_context context_{1};
  std::vector<std::unique_ptr<probe>> probes_;
  std::size_t open_ = 0;
  std::thread thread_;
};

section_probes::section_probes(probe_plan plan) : room_(std::make_unique<room>(std::move(plan))) {}

section_probes::~section_probes() = default;

bool section_probes::await_grants(steady_time since, std::chrono::milliseconds patience) {
  return room_->await_grants(since, patience);
}

std::vector<probe_answer> section_probes::stop() {
  return room_->stop();
}

std::map<std::uint16_t, double> first_grants_ms(const std::vector<probe_answer>& answers, steady_time since) {
  std::map<std::uint16_t, double> first;
  for (const auto& one : answers)
    if (one.is_hold && one.why.empty() && one.asked >= since) {
      auto took = milliseconds(one.answered - since);
      auto [known, is_new] = first.try_emplace(one.section, took);
      if (!is_new)
        known->second = std::min(known->second, took);
    }
  return first;
}

std::map<std::uint16_t, double> slowest_ms(const std::vector<probe_answer>& answers, steady_time from,
                                           steady_time until) {
  std::map<std::uint16_t, double> slowest;
  for (const auto& one : answers)
    if (is_open(one, from, until)) {
      auto& known = slowest[one.section];
      known = std::max(known, milliseconds(one.answered - one.asked));
    }
  return slowest;
}

std::map<std::string, std::uint64_t> failures(const std::vector<probe_answer>& answers, steady_time from,
                                              steady_time until) {
  std::map<std::string, std::uint64_t> counts;
  for (const auto& one : answers)
    if (!one.why.empty() && is_open(one, from, until))
      ++counts[one.why];
  return counts;
}

} // namespace usher::bench
