#include "node/answer_members.hpp"
#include "node/event_printing.hpp"
#include "node/event_verb.hpp"

#include <boost/url/encode.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>

#include <CLI/CLI.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <iostream>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

namespace usher::node {
namespace {

namespace json = boost::json;

std::string escaped(const std::string& text) {
  return boost::urls::encode(text, boost::urls::unreserved_chars);
}

// ---- finding ------------------------------------------------------------------

struct order_search {
  event_verb to;
  std::optional<std::string> order;
  std::optional<std::string> buyer;
  std::optional<std::string> seat;
  std::optional<std::string> state;
  std::optional<std::string> after;
  std::optional<std::uint32_t> limit;
};

void add_parameter(std::string& query, const char* name, const std::optional<std::string>& value) {
  if (value)
    query += (query.empty() ? "?" : "&") + std::string{name} + "=" + escaped(*value);
}

exit_code find(const order_search& wanted) {
  if (wanted.order)
    return print(wanted.to, wanted.to.client().get(wanted.to.target("/orders/" + escaped(*wanted.order))), print_order);
  std::string query;
  add_parameter(query, "buyer", wanted.buyer);
  add_parameter(query, "seat", wanted.seat);
  add_parameter(query, "state", wanted.state);
  add_parameter(query, "after", wanted.after);
  add_parameter(query, "limit", wanted.limit ? std::optional{std::to_string(*wanted.limit)} : std::nullopt);
  return print(wanted.to, wanted.to.client().get(wanted.to.target("/orders" + query)), print_orders);
}

// ---- refunding ----------------------------------------------------------------

struct refund_wish {
  event_verb to;
  std::optional<std::string> order;
  bool all = false;
  std::uint32_t patience_s = 180; ///< longer than a node lets one round wait
};

/// Has all orders undone, as many at a time as the node takes on, until none stands or is open. A round in which the
/// node has too much to do, or breaks off the connection, is one without progress; so many seconds without any are the
/// end.
class refunds {
public:
  explicit refunds(const refund_wish& wanted)
      : wanted_(wanted), patience_(wanted.patience_s), client_(wanted.to.client()) {}

  exit_code run() {
    for (;;) {
      auto pause = ask();
      if (left_ + open_ == 0)
        return report();
      auto now = std::chrono::steady_clock::now();
      if (now - moved_at_ >= patience_)
        give_up();
      std::this_thread::sleep_for(std::min<std::chrono::nanoseconds>(pause, moved_at_ + patience_ - now));
    }
  }

private:
  /// One round. Says how long to wait before the next.
  std::chrono::milliseconds ask() {
    constexpr std::chrono::milliseconds between{500};
    try {
      note(client_.post(wanted_.to.target("/orders/refund"), json::object{}));
      return between;
    } catch (const refused& why) {
      if (!why.for_now() && !why.may_have_happened())
        throw;
      note_trouble(why.what());
      lost_ = lost_ || why.may_have_happened();
      return std::max<std::chrono::milliseconds>(why.retry_after(), between);
    } catch (const unreachable& why) {
      if (!heard_) // a mistyped address does not mend itself
        throw;
      note_trouble(why.what());
      lost_ = true;
      return between;
    }
  }

  void note(const json::value& answer) {
    heard_ = true;
    trouble_.clear();
    begun_ += number_of(answer, "begun");
    auto before = std::pair{left_, open_};
    left_ = number_of(answer, "left");
    open_ = number_of(answer, "open");
    if (std::pair{left_, open_} == before)
      return;
    moved_at_ = std::chrono::steady_clock::now();
    std::cerr << begun_ << " begun, " << left_ << " to go, " << open_ << " still open\n";
  }

  void note_trouble(const std::string& why) {
    heard_ = true;
    if (why != trouble_)
      std::cerr << "no progress: " << why << '\n';
    trouble_ = why;
  }

  /// Those that were begun without our hearing of it are not counted.
  std::string begun() const { return (lost_ ? "at least " : "") + std::to_string(begun_); }

  exit_code report() const {
    auto& event = wanted_.to.event;
    if (wanted_.to.as_json)
      std::cout << json::object{{"event", event}, {"refunded", begun_}} << '\n';
    else
      std::cout << "All orders of " << event << " are undone; " << begun() << " of them now.\n";
    return exit_code::done;
  }

  [[noreturn]] void give_up() const {
    auto far = left_ < 0 ? std::string{"the node has not said how many orders stand"}
                         : std::to_string(left_) + " orders stand and " + std::to_string(open_) + " are open";
    throw std::runtime_error{begun() + " begun, " + far + ", and for " + std::to_string(wanted_.patience_s)
                             + " s none has come any further" + (trouble_.empty() ? "" : " (" + trouble_ + ")")
                             + ": `usher event orders " + wanted_.to.event
                             + " --state open` lists them; the same command goes on"};
  }

  const refund_wish& wanted_;
  std::chrono::seconds patience_;
  admin_client client_;
  std::int64_t begun_ = 0;
  std::int64_t left_ = -1; ///< -1, and `open_`, too: not known yet
  std::int64_t open_ = -1;
  std::chrono::steady_clock::time_point moved_at_ = std::chrono::steady_clock::now();
  std::string trouble_; ///< why the last round failed; empty: it did not
  bool heard_ = false;
  bool lost_ = false; ///< an answer, and the count in it
};

exit_code refund(const refund_wish& wanted) {
  if (wanted.all == wanted.order.has_value())
    throw std::invalid_argument{"say which order to refund, or --all"};
  if (wanted.all)
    return refunds{wanted}.run();
  auto target = wanted.to.target("/orders/" + escaped(*wanted.order) + "/refund");
  return print(wanted.to, wanted.to.client().post(target, json::object{}), print_order);
}

} // namespace

void declare_orders(CLI::App& event, action& chosen) {
  auto verb = event.add_subcommand("orders", "Find orders: all, or those to which all that is given applies");
  auto wanted = std::make_shared<order_search>();
  declare_where(*verb, wanted->to);
  auto order = verb->add_option("--order", wanted->order, "One order, with its seats");
  for (auto* other :
       {verb->add_option("--buyer", wanted->buyer, "Whose orders"),
        verb->add_option("--seat", wanted->seat, "Orders that have this seat, by its guid, or had it"),
        verb->add_option("--state", wanted->state,
                         "charging, confirmed, failed, refunded or cancelled, as buyers are told; open: not "
                         "ended; stuck: open, and no further for five minutes")
            ->check(CLI::IsMember({"charging", "confirmed", "failed", "refunded", "cancelled", "open", "stuck"})),
        verb->add_option("--after", wanted->after, "Go on after this order"),
        verb->add_option("--limit", wanted->limit, "How many at most; 100 if left out")->check(CLI::Range(1U, 1'000U))})
    order->excludes(other);
  verb->footer("Examples:\n  usher event orders opera --seat A-1-1\n  usher event orders opera --state stuck");
  verb->callback([wanted, &chosen] { chosen = [wanted] { return find(*wanted); }; });
}

void declare_refund(CLI::App& event, action& chosen) {
  auto verb = event.add_subcommand("refund", "Undo orders: the money goes back, and the seats into the sale");
  auto wanted = std::make_shared<refund_wish>();
  declare_where(*verb, wanted->to);
  auto order = verb->add_option("ORDER", wanted->order, "The order; `usher event orders` finds it");
  verb->add_flag("--all", wanted->all, "All orders of an event whose sale is closed")->excludes(order);
  verb->add_option("--patience", wanted->patience_s, "With --all: how many seconds without progress are too many")
      ->capture_default_str();
  verb->footer(
      "An order whose payment hangs is ended: its seats are free at once, and money that still comes goes back.\n"
      "Examples:\n  usher event refund opera opera~0123456789abcdef0123456789abcdef\n"
      "  usher event refund opera --all");
  verb->callback([wanted, &chosen] { chosen = [wanted] { return refund(*wanted); }; });
}

} // namespace usher::node
