#include "node/event_printing.hpp"

#include "node/answer_members.hpp"
#include "node/text_table.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <algorithm>
#include <ostream>
#include <string>
#include <string_view>

namespace usher::node {
namespace {

namespace json = boost::json;

/// `{amount, currency}`, or nothing.
std::string money_of(const json::value& from, std::string_view member) {
  auto& money = member_of(from, member);
  return money.is_object() ? amount(number_of(money, "amount"), text_of(money, "currency")) : std::string{};
}

/// What a place in a category costs. A node of an earlier release says 0 where nobody gave a price.
std::string price_of(const json::value& category) {
  auto price = money_of(category, "price");
  return price.empty() ? "none: not for sale" : price;
}

std::string count(const json::value& from, std::string_view member) {
  return grouped(number_of(from, member));
}

std::vector<std::string> places_of(const json::value& from) {
  return {count(from, "free"), count(from, "held"), count(from, "sold"), count(from, "blocked")};
}

std::int64_t sum(const json::array& sections, std::string_view member) {
  std::int64_t result = 0;
  for (auto& section : sections)
    result += number_of(section, member);
  return result;
}

/// One line per part of the hall, with what it earned.
void print_places(const json::array& parts, const char* title, std::string_view name, std::ostream& out) {
  text_table table{{title, "free", "held", "sold", "blocked", "revenue", "refunds"}};
  for (auto& part : parts) {
    std::vector<std::string> cells{text_of(part, name)};
    for (auto& cell : places_of(part))
      cells.push_back(cell);
    cells.push_back(money_of(part, "revenue"));
    cells.push_back(money_of(part, "refunds"));
    table.add(std::move(cells));
  }
  table.print(out);
}

/// What buyers are told of an order, and how far its money is on its way back.
std::string state_of(const json::value& order) {
  auto state = text_of(order, "state");
  if (auto refund = text_of(order, "refund"); !refund.empty())
    state += ", refund " + refund;
  else if (member_of(order, "open") == json::value(true))
    state += ", open";
  return state;
}

/// The first seats, and how many there are if there are more.
std::string seats_of(const json::value& order) {
  constexpr std::size_t shown = 3;
  auto& seats = list_of(order, "seats");
  std::string text;
  for (std::size_t i = 0; i < std::min(seats.size(), shown); ++i)
    text += (i > 0 ? " " : "") + text_of(seats[i], "guid");
  return seats.size() > shown ? text + " and " + std::to_string(seats.size() - shown) + " more" : text;
}

/// Who may cancel, as a sentence.
std::string cancellations_of(const json::value& event) {
  auto& rule = member_of(event, "cancellations");
  if (rule == json::value("none"))
    return "Orders cannot be cancelled.";
  if (rule == json::value("operators"))
    return "Only operators cancel orders.";
  if (!rule.is_object()) // a node of an earlier release has no such rule
    return {};
  auto until = text_of(rule, "until");
  return "Buyers may cancel until " + (until.empty() ? "the sale closes" : until) + ".";
}

/// How it is sold, in a sentence or two.
void print_settings(const json::value& event, std::ostream& out) {
  const auto* room = member_of(event, "waiting_room").if_bool();
  if (!room)
    return;
  if (*room) {
    out << "Waiting room: " << count(event, "admission_per_s") << " people let in per second";
    if (auto most = count(event, "max_shopping"); most != "0")
      out << ", at most " << most << " inside";
  } else {
    out << "No waiting room: everybody is let in at once";
  }
  out << ". A hold lasts " << count(event, "hold_ttl_s") << " s; a buyer may have "
      << count(event, "max_seats_per_buyer") << " seats"
      << (member_of(event, "refuse_orphans") == json::value(true) ? "; single seats are not left alone" : "") << '.';
  if (auto& pause = member_of(event, "rehold_pause_s"); pause.is_number())
    out << (pause == json::value(0)
                ? " Who lets seats run out may hold them again at once."
                : " Who lets seats run out leaves these to others for " + count(event, "rehold_pause_s") + " s.");
  if (auto rule = cancellations_of(event); !rule.empty())
    out << ' ' << rule;
  if (member_of(event, "hidden") == json::value(true))
    out << " It is hidden from buyers.";
  out << "\n\n";
}

} // namespace

void print_events(const json::value& answer, std::ostream& out) {
  text_table table{{"event", "name", "state", "free", "held", "sold", "blocked"}};
  for (auto& event : list_of(answer, "events")) {
    auto& sections = list_of(event, "sections");
    table.add({text_of(event, "id"), text_of(event, "name"), text_of(event, "state"), grouped(sum(sections, "free")),
               grouped(sum(sections, "held")), grouped(sum(sections, "sold")), grouped(sum(sections, "blocked"))});
  }
  table.print(out);
}

void print_event(const json::value& answer, std::ostream& out) {
  out << text_of(answer, "id") << ": " << text_of(answer, "name") << ", " << text_of(answer, "state") << "\n\n";
  print_settings(answer, out);
  text_table prices{{"category", "price"}};
  for (auto& category : list_of(answer, "categories"))
    prices.add({text_of(category, "name"), price_of(category)});
  prices.print(out);
  out << '\n';
  text_table sections{{"section", "name", "kind", "capacity", "free", "held", "sold", "blocked"}};
  for (auto& section : list_of(answer, "sections")) {
    std::vector<std::string> cells{text_of(section, "id"), text_of(section, "name"), text_of(section, "kind"),
                                   count(section, "capacity")};
    for (auto& cell : places_of(section))
      cells.push_back(cell);
    sections.add(std::move(cells));
  }
  sections.print(out);
}

void print_warnings(const json::value& answer, std::ostream& out) {
  for (auto& warning : list_of(answer, "warnings"))
    if (auto text = warning.if_string())
      out << "Warning: " << std::string_view{*text} << '\n';
}

void print_report(const json::value& answer, std::ostream& out) {
  out << text_of(answer, "event") << ": " << text_of(answer, "name") << ", " << text_of(answer, "state") << "\n\n";
  print_places(list_of(answer, "sections"), "section", "id", out);
  out << '\n';
  print_places(list_of(answer, "categories"), "category", "name", out);
  auto& totals = member_of(answer, "totals");
  auto& queue = member_of(answer, "queue");
  auto& orders = member_of(answer, "orders");
  out << "\nSeats: " << count(totals, "free") << " free, " << count(totals, "held") << " held, "
      << count(totals, "sold") << " sold, " << count(totals, "blocked") << " blocked. Revenue "
      << money_of(totals, "revenue") << ", refunds " << money_of(totals, "refunds")
      << ".\nQueue: " << count(queue, "joined") << " joined, " << count(queue, "waiting") << " waiting, "
      << count(queue, "shopping") << " shopping.\nOrders: " << count(orders, "confirmed") << " confirmed, "
      << count(orders, "under_way") << " under way";
  if (auto stuck = count(orders, "stuck"); stuck != "0")
    out << ", " << stuck << " of them stuck: `usher event orders " << text_of(answer, "event") << " --state stuck`";
  out << ".\n";
}

void print_orders(const json::value& answer, std::ostream& out) {
  text_table table{{"order", "state", "since", "total", "seats", "buyer"}};
  for (auto& order : list_of(answer, "orders"))
    table.add({text_of(order, "order"), state_of(order), text_of(order, "since"), money_of(order, "total"),
               seats_of(order), text_of(order, "buyer")});
  table.print(out);
  if (auto next = text_of(answer, "next"); !next.empty())
    out << "There are more: add --after " << next << '\n';
}

void print_order(const json::value& answer, std::ostream& out) {
  out << text_of(answer, "order") << ": " << state_of(answer) << " since " << text_of(answer, "since") << ", "
      << money_of(answer, "total") << ", of buyer " << text_of(answer, "buyer") << '\n';
  if (auto reason = text_of(answer, "reason"); !reason.empty())
    out << reason << '\n';
  out << '\n';
  text_table seats{{"seat", "section", "row", "number", "category", "price"}};
  for (auto& seat : list_of(answer, "seats"))
    seats.add({text_of(seat, "guid"), text_of(seat, "section"), text_of(seat, "row"), text_of(seat, "number"),
               text_of(seat, "category"), money_of(seat, "price")});
  seats.print(out);
}

} // namespace usher::node
