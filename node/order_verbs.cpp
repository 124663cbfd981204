#include "node/answer_members.hpp"
#include "node/event_printing.hpp"
#include "node/event_verb.hpp"

#include <boost/url/encode.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>

#include <CLI/CLI.hpp>

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
  std::uint32_t patience_s = 60;
};

/// Has orders undone, as many at a time as the node takes on, until none stands or is open. Says how far it has come,
/// and gives up when it comes no further.
exit_code refund_all(const refund_wish& wanted) {
  constexpr std::chrono::milliseconds between{500};
  auto client = wanted.to.client();
  std::int64_t begun = 0;
  auto before = std::pair<std::int64_t, std::int64_t>{-1, -1};
  auto moved_at = std::chrono::steady_clock::now();
  for (;;) {
    auto answer = client.post(wanted.to.target("/orders/refund"), json::object{});
    begun += number_of(answer, "begun");
    auto left = number_of(answer, "left");
    auto open = number_of(answer, "open");
    if (left + open == 0) {
      if (wanted.to.as_json)
        std::cout << json::object{{"event", wanted.to.event}, {"refunded", begun}} << '\n';
      else
        std::cout << "All orders of " << wanted.to.event << " are undone; " << begun << " of them now.\n";
      return exit_code::done;
    }
    auto now = std::chrono::steady_clock::now();
    if (std::pair{left, open} != before) {
      std::cerr << begun << " begun, " << left << " to go, " << open << " still open\n";
      before = {left, open};
      moved_at = now;
    } else if (now - moved_at >= std::chrono::seconds{wanted.patience_s}) {
      throw std::runtime_error{std::to_string(left) + " orders stand and " + std::to_string(open)
                               + " are open, and for " + std::to_string(wanted.patience_s)
                               + " s none has come any further: `usher event orders " + wanted.to.event
                               + " --state open` lists them; the same command goes on"};
    }
    std::this_thread::sleep_for(between);
  }
}

exit_code refund(const refund_wish& wanted) {
  if (wanted.all == wanted.order.has_value())
    throw std::invalid_argument{"say which order to refund, or --all"};
  if (wanted.all)
    return refund_all(wanted);
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
