#include "node/cluster_printing.hpp"

#include "node/answer_members.hpp"
#include "node/text_table.hpp"

#include <boost/json/array.hpp>
#include <fmt/format.h>

#include <ostream>
#include <string>

namespace usher::node {
namespace {

namespace json = boost::json;

std::string count(const json::value& from, const char* member) {
  return member_of(from, member).is_null() ? std::string{"-"} : grouped(number_of(from, member));
}

/// A node that serves its store alone has no name.
std::string named(const std::string& node) {
  return node.empty() ? "(alone)" : node;
}

std::string age(std::int64_t seconds) {
  if (seconds < 60)
    return fmt::format("{} s", seconds);
  if (seconds < 3600)
    return fmt::format("{} min", seconds / 60);
  if (seconds < 86'400)
    return fmt::format("{} h {} min", seconds / 3600, seconds / 60 % 60);
  return fmt::format("{} d {} h", seconds / 86'400, seconds / 3600 % 24);
}

std::string links_of(const json::value& node) {
  std::string text;
  for (const auto& link : list_of(node, "links"))
    if (const auto* name = link.if_string())
      text += (text.empty() ? "" : " ") + std::string{std::string_view{*name}};
  return text;
}

std::string lag_of(const json::value& node) {
  if (member_of(node, "lag_us").is_null())
    return "-";
  return fmt::format("{:.1f} ms", static_cast<double>(number_of(node, "lag_us")) / 1'000);
}

void print_summary(const json::value& answer, std::ostream& out) {
  auto nodes = list_of(answer, "nodes").size();
  auto answered_ms = static_cast<double>(number_of(answer, "store_us")) / 1'000;
  if (auto id = text_of(answer, "cluster"); !id.empty())
    out << "cluster " << id.substr(0, 8) << ", level " << number_of(answer, "level") << ": ";
  out << nodes << (nodes == 1 ? " node" : " nodes") << "; the store answers in "
      << fmt::format("{:.1f} ms", answered_ms) << '\n';
}

void print_nodes(const json::array& nodes, std::ostream& out) {
  text_table table{
      {"node", "status", "since", "beat", "release", "shards", "giving", "taking", "links", "buyers", "lag"}};
  for (const auto& one : nodes) {
    auto status = text_of(one, "status");
    if (member_of(one, "stopping") == json::value(true))
      status += ", stops";
    table.add({named(text_of(one, "name")), status, age(number_of(one, "for_s")),
               fmt::format("{:.1f} s", static_cast<double>(number_of(one, "beat_age_ms")) / 1'000),
               text_of(one, "release"), count(one, "served") + "/" + count(one, "wanted"), count(one, "giving"),
               count(one, "taking"), links_of(one), count(one, "buyers"), lag_of(one)});
  }
  table.print(out);
}

std::string homes_of(const json::value& event) {
  auto& homes = member_of(event, "homes");
  auto or_none = [](const std::string& node) { return node.empty() ? "-" : node; };
  auto text = or_none(text_of(homes, "event")) + ' ' + or_none(text_of(homes, "room"));
  for (const auto& part : list_of(homes, "sections"))
    text += ' ' + text_of(part, "node") + ':' + grouped(number_of(part, "shards"));
  return text;
}

void print_events(const json::value& answer, std::ostream& out) {
  auto& events = list_of(answer, "events");
  if (events.empty())
    return;
  out << '\n';
  text_table table{{"event", "shards", "served", "moving", "stopped", "homes (event room sections)"}};
  for (const auto& one : events)
    table.add({text_of(one, "event"), count(one, "shards"), count(one, "served"), count(one, "moving"),
               count(one, "stopped"), homes_of(one)});
  table.print(out);
  if (auto more = number_of(answer, "events_left_off"); more > 0)
    out << "and " << grouped(more) << " more events\n";
}

} // namespace

void print_cluster(const json::value& answer, std::ostream& out) {
  print_summary(answer, out);
  print_nodes(list_of(answer, "nodes"), out);
  for (const auto& cut : list_of(answer, "cuts"))
    out << text_of(cut, "seen_by") << " does not reach " << text_of(cut, "other") << ": "
        << (text_of(cut, "kind") == "refused" ? "nobody listens there" : "it is silent") << ", since "
        << text_of(cut, "since") << '\n';
  print_events(answer, out);
}

} // namespace usher::node
