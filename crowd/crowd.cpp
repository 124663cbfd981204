#include "crowd/crowd.hpp"

#include "crowd/buyer.hpp"
#include "crowd/frame_reader.hpp"
#include "crowd/hall.hpp"
#include "crowd/http_client.hpp"
#include "crowd/patient_http.hpp"
#include "crowd/websocket_client.hpp"
#include "domain/ensure.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <deque>

namespace usher::crowd {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

namespace {

constexpr std::size_t connecting_at_once = 64;
constexpr auto between_progress = 250ms;
/// How often the crowd asks whether anything is left to sell. If nothing was left this many times in a row and nobody
/// shops any more, those who wait go home.
constexpr auto between_looks_at_event = 2s;
constexpr int looks_before_going_home = 3;

/// One crowd from the first arrival to the last departure.
class crowd_run {
public:
  explicit crowd_run(const crowd_options& options)
      : options_(options), hall_(sections(options), options.habits.section_steepness, options.habits.seat_steepness),
        servers_(all_servers(options)), context_(1), http_(context_, servers_, 30s), places_(options.connected_max),
        door_(connecting_at_once), floor_{options_, servers_, hall_, context_, http_, places_, door_, report_},
        progress_(context_), look_(context_) {
    for (std::size_t i = 0; i < options.buyers; ++i)
      buyers_.emplace_back(floor_, i);
  }

  crowd_report run() {
    start_ = steady::now();
    for (auto& buyer : buyers_)
      buyer.arrive();
    show_progress();
    look_at_event();
    auto deadline = start_ + options_.patience;
    while (report_.gone < buyers_.size() && !options_.stop.stop_requested() && steady::now() < deadline
           && context_.run_one_until(deadline) > 0) {
    }
    report_.elapsed = steady::now() - start_;
    if (auto left = buyers_.size() - report_.gone; left > 0 && !options_.stop.stop_requested())
      report_.errors["unfinished"] += left;
    if (options_.on_progress)
      options_.on_progress(report_);
    return std::move(report_);
  }

private:
  static std::vector<address> all_servers(const crowd_options& options) {
    std::vector<address> all{options.to};
    all.insert(all.end(), options.others.begin(), options.others.end());
    return all;
  }

  static std::vector<crowd_section> sections(const crowd_options& options) {
    http_client server(options.to);
    return read_sections(server, options.event);
  }

  void show_progress() {
    report_.elapsed = steady::now() - start_;
    if (options_.on_progress)
      options_.on_progress(report_);
    progress_.expires_after(between_progress);
    progress_.async_wait([this](boost::system::error_code error) {
      if (!error)
        show_progress();
    });
  }

  void look_at_event() {
    look_.expires_after(between_looks_at_event);
    look_.async_wait([this](boost::system::error_code error) {
      if (!error)
        http_.call({.target = "/v1/events/" + options_.event}, [this](const http_answer& answer) { looked(answer); });
    });
  }

  void looked(const http_answer& answer) {
    auto state = answer.status == 200 ? member(answer.body, "state") : std::nullopt;
    nothing_left_ = (state == "sold_out" || state == "closed") && report_.shopping == 0 ? nothing_left_ + 1 : 0;
    if (nothing_left_ >= looks_before_going_home) {
      for (auto& buyer : buyers_)
        if (buyer.waiting())
          buyer.turn_away();
    }
    look_at_event();
  }

  const crowd_options& options_;
  crowd_hall hall_;
  std::vector<address> servers_;
  crowd_report report_;
  // The members below run on the context, which must outlive them.
  asio::io_context context_;
  patient_http http_;
  turnstile places_;
  turnstile door_;
  crowd_floor floor_;
  std::deque<crowd_buyer> buyers_;
  asio::steady_timer progress_;
  asio::steady_timer look_;
  steady::time_point start_;
  int nothing_left_ = 0;
};

} // namespace

std::uint64_t crowd_report::failed() const {
  std::uint64_t sum = 0;
  for (const auto& [what, count] : errors)
    sum += count;
  return sum;
}

crowd_report run_crowd(const crowd_options& options) {
  domain::ensure(options.buyers > 0 && options.connected_max > 0, "a crowd has somebody in it");
  return crowd_run(options).run();
}

} // namespace usher::crowd
