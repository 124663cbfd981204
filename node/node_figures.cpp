#include "node/node_figures.hpp"

#include "codec/json_writer.hpp"
#include "node/answer_members.hpp"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>

#include <algorithm>

namespace usher::node {
namespace {

namespace json = boost::json;

// Ids and names have at most 64 bytes.
constexpr std::size_t named_links_max = 32;
constexpr std::size_t named_events_max = 32;

/// What is negative was written by somebody else.
std::uint64_t count_of(const json::value& from, std::string_view name) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(number_of(from, name), 0));
}

} // namespace

std::string encode(const node_figures& figures) {
  std::string text;
  codec::json_writer to{text};
  const auto& shards = figures.shards;
  to.begin_object()
      .member("wanted", shards.wanted)
      .member("served", shards.served)
      .member("giving", shards.giving)
      .member("taking", shards.taking)
      .member("stopped", shards.stopped)
      .member("buyers", figures.buyers)
      .member("lag_us", figures.lag_us)
      .member("stopping", figures.is_stopping);
  to.key("links").begin_array();
  for (std::size_t i = 0; i < std::min(figures.links.size(), named_links_max); ++i)
    to.value(figures.links[i]);
  to.end_array();
  to.key("events").begin_array();
  for (std::size_t i = 0; i < std::min(shards.events.size(), named_events_max); ++i) {
    const auto& one = shards.events[i];
    to.begin_object().member("event", one.event.value()).member("moving", one.moving).member("stopped", one.stopped);
    to.end_object();
  }
  to.end_array().end_object();
  return text;
}

std::optional<node_figures> read_figures(const std::string& text) {
  json::error_code error;
  auto from = json::parse(text, error);
  if (error || !from.is_object())
    return std::nullopt;
  node_figures figures;
  auto& shards = figures.shards;
  shards.wanted = count_of(from, "wanted");
  shards.served = count_of(from, "served");
  shards.giving = count_of(from, "giving");
  shards.taking = count_of(from, "taking");
  shards.stopped = count_of(from, "stopped");
  figures.buyers = count_of(from, "buyers");
  figures.lag_us = count_of(from, "lag_us");
  figures.is_stopping = member_of(from, "stopping") == json::value(true);
  for (const auto& link : list_of(from, "links"))
    if (const auto* name = link.if_string())
      figures.links.emplace_back(std::string_view{*name});
  for (const auto& event : list_of(from, "events"))
    if (auto id = text_of(event, "event"); domain::is_event_id(id))
      shards.events.push_back({domain::event_id{id}, count_of(event, "moving"), count_of(event, "stopped")});
  return figures;
}

} // namespace usher::node
