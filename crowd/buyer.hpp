#pragma once

#include "crowd/crowd.hpp"
#include "crowd/hall.hpp"
#include "crowd/patient_http.hpp"
#include "crowd/popularity.hpp"
#include "crowd/websocket_client.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace usher::crowd {

/// What the buyers of one crowd share. One thread.
struct crowd_floor {
  const crowd_options& options;
  const std::vector<address>& servers;
  const crowd_hall& hall;
  boost::asio::io_context& context;
  patient_http& http; ///< for what only HTTP can do
  turnstile& places;  ///< for those connected
  turnstile& door;    ///< for those connecting
  crowd_report& report;
};

/// One buyer, from coming to leaving.
///
/// Does one thing at a time: either one request is open, and `ask` said what its answer leads to; or the timer runs
/// towards the next step; or it waits for something unsolicited (admission, the end of a hold, news of an order).
class crowd_buyer final : public websocket_listener {
public:
  crowd_buyer(crowd_floor& floor, std::uint64_t number);

  void arrive();
  /// Nothing is left to sell: whoever still waits goes home.
  void turn_away();
  [[nodiscard]] bool waiting() const { return stage_ == stage::waiting && greeted_; }

  void on_open() override;
  void on_frame(std::string_view text) override;
  void on_closed(std::uint16_t code, const std::string& why) override;

private:
  using step = void (crowd_buyer::*)();
  using frame_step = void (crowd_buyer::*)(std::string_view);
  using refusal_step = void (crowd_buyer::*)(const std::string& slug);

  static constexpr auto answer_patience = std::chrono::seconds(20);
  static constexpr auto payment_patience = std::chrono::seconds(60);
  /// How long after its promised end a hold may end and be reported.
  static constexpr auto expiry_patience = std::chrono::seconds(10);
  /// Before trying again after the server was busy.
  static constexpr auto pause_when_busy = std::chrono::seconds(1);
  /// One after the other, without a greeting.
  static constexpr int reconnects_max = 30;
  static constexpr int busy_max = 60;

  /// What this buyer counts as, for the report.
  enum class stage : std::uint8_t { coming, waiting, shopping, leaving, gone };

  struct open_request {
    std::string members; ///< the frame without its id, from the type on
    std::string id;      ///< empty: none is open
    frame_step granted = nullptr;
    refusal_step denied = nullptr;
    std::chrono::steady_clock::time_point since;
  };

  // Coming and waiting.
  void connect();
  void greeted(std::string_view frame);
  void join();
  void joined(std::string_view frame);
  void admitted(std::string_view pass);

  // Choosing and holding.
  void look();
  void look_elsewhere();
  void looked(std::string_view frame);
  void pick();
  void hold(const std::string& places);
  void held(std::string_view frame);
  void hold_refused(const std::string& slug);
  void hold_ran_out();

  // Paying, or not.
  void order();
  void ordered(std::string_view frame);
  void order_refused(const std::string& slug);
  void settle(std::string_view frame);
  void confirmed(std::string_view frame);
  void declined();
  void cancel();
  void release();
  void released(std::string_view frame);

  // Leaving.
  void leave();
  void left(std::string_view frame);
  void left_anyhow(const std::string& slug);
  void go();

  // Coming back.
  void reconnect();
  void interrupt();
  void move_within(double seconds);
  void move(std::uint64_t connection);
  [[nodiscard]] std::string hello() const;
  void came_back(std::string_view welcome);
  void rejoined(std::string_view frame);
  void ask_what_is_mine();
  void heard_what_is_mine(std::string_view frame);
  void heard_of_order(std::string_view own);
  void heard_of_hold(std::string_view own);
  void go_on();

  // Speaking.
  void ask(std::string members, frame_step granted, refusal_step denied);
  void ask_with_key(std::string members, frame_step granted, refusal_step denied);
  void send_open_request();
  void answered(std::string_view type, std::string_view frame);
  void heard(std::string_view type, std::string_view frame);
  void wait(std::chrono::milliseconds for_how_long, step then);
  void stop_waiting();
  void no_answer();
  void unsettled();
  void not_expired();
  [[nodiscard]] std::chrono::milliseconds about(std::chrono::milliseconds mean);
  void enter(stage next);
  void fail(const std::string& what);
  void refused(const std::string& slug);
  /// The same request is sent again if it was refused only for now, and not too often; else false.
  [[nodiscard]] bool put_off(const std::string& slug);

  crowd_floor& floor_;
  std::uint64_t number_;
  chance chance_;
  boost::asio::steady_timer timer_;
  boost::asio::steady_timer move_timer_; ///< until it goes elsewhere, as the server asked
  std::unique_ptr<websocket_client> client_;
  stage stage_ = stage::coming;
  bool at_door_ = false;
  bool greeted_ = false;       ///< on the present connection
  step due_ = nullptr;         ///< what the timer leads to
  step interrupted_ = nullptr; ///< what `due_` was when the connection was lost
  int reconnects_ = 0;
  std::size_t server_;            ///< its place among the servers
  std::uint64_t connections_ = 0; ///< made so far
  std::string token_;
  std::string session_;
  std::uint64_t seen_ = 0;   ///< frames received, for `resume`
  std::string place_;        ///< the token of the place in line, while waiting
  std::string place_number_; ///< of that place
  std::string watched_;      ///< the section, as JSON text
  std::string pass_;
  open_request open_;
  std::uint64_t requests_ = 0;
  /// How many more times to send the open request after its answer was lost: twice, to compare the answers.
  int repeats_ = 0;
  std::string first_answer_;
  int tries_ = 0;
  std::size_t quantity_ = 1;
  std::size_t section_ = 0;
  std::string status_;
  int busy_ = 0; ///< how often the open request was put off
  std::string hold_;
  std::chrono::steady_clock::time_point hold_ends_;
  std::string order_;
  std::uint64_t seats_ = 0;
  std::chrono::steady_clock::time_point ordering_since_;
};

} // namespace usher::crowd
