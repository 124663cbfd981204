#include "bench/cluster_options.hpp"

#include "domain/ensure.hpp"
#include "persistence/store_url.hpp"

#include <algorithm>
#include <charconv>

namespace usher::bench {

namespace {

constexpr unsigned short postgres_port = 5432;

const cluster_figure* find(std::string_view name) {
  const auto& all = cluster_figures();
  auto found = std::ranges::find(all, name, &cluster_figure::name);
  return found == all.end() ? nullptr : &*found;
}

std::string names_of_all() {
  std::string text;
  for (const auto& one : cluster_figures())
    text += (text.empty() ? "" : ", ") + std::string(one.name);
  return text;
}

bool is_numeric(std::string_view host) {
  return !host.empty() && host.find_first_not_of("0123456789.") == std::string_view::npos;
}

} // namespace

const std::vector<cluster_figure>& cluster_figures() {
  static const std::vector<cluster_figure> all{
      {"kill_to_first_hold_ms", 3'000},
      {"kill_event_home_ms", 3'000},
      {"pause_to_first_hold_ms", 5'000},
      {"cut_pair_to_first_hold_ms", 5'000},
      {"cut_store_to_first_hold_ms", 5'000},
      {"drain_ms", 10'000},
      {"failed_requests", 0},
      {"hand_over_pause_p99_ms", 300},
      {"join_moved_share", 1.3 / 3},
      {"false_ends", 0},
      {"peer_stuck_bytes", 18'000'000},
      {"ratio_cpu_one_node", 1.3},
  };
  return all;
}

double limit_of(std::string_view figure) {
  const auto* found = find(figure);
  domain::ensure(found != nullptr, "a figure is one of the list");
  return found->limit;
}

bool cluster_options::wants(std::string_view figure) const {
  return only.empty() || std::ranges::find(only, figure) != only.end();
}

std::optional<std::string> fault_of(const cluster_options& options) {
  for (const auto& one : options.only)
    if (find(one) == nullptr)
      return "--only: there is no figure " + one + "; there are " + names_of_all();
  if (options.store.empty())
    return std::nullopt;
  if (!persistence::is_store_url(options.store) || persistence::sqlite_file_of(options.store))
    return "--store: a cluster needs PostgreSQL, postgres://…";
  if (options.wants("cut_store_to_first_hold_ms") && !divert(options.store, 1))
    return "--store: for cut_store_to_first_hold_ms it must name one numeric host, "
           "postgres://USER@127.0.0.1:PORT/NAME, "
           "since the way there is cut; or leave that figure out with --only";
  return std::nullopt;
}

std::optional<diverted_url> divert(const std::string& url, unsigned short port) {
  auto scheme = url.find("://");
  if (scheme == std::string::npos)
    return std::nullopt;
  auto begin = scheme + 3;
  auto end = std::min(url.find_first_of("/?", begin), url.size());
  auto user_end = url.find_last_of('@', end);
  if (user_end != std::string::npos && user_end >= begin && user_end < end)
    begin = user_end + 1;
  // Both may be said there, too, and would win.
  for (const auto* word : {"host=", "hostaddr=", "port="})
    if (auto at = url.find(word, end); at != std::string::npos && (url[at - 1] == '?' || url[at - 1] == '&'))
      return std::nullopt;
  auto place = url.substr(begin, end - begin);
  auto colon = place.find(':');
  diverted_url result{{}, place.substr(0, colon), postgres_port};
  if (colon != std::string::npos) {
    const auto* last = place.data() + place.size();
    if (auto [stop, error] = std::from_chars(place.data() + colon + 1, last, result.port);
        error != std::errc{} || stop != last)
      return std::nullopt;
  }
  if (result.host == "localhost")
    result.host = "127.0.0.1";
  if (!is_numeric(result.host))
    return std::nullopt;
  result.url = url.substr(0, begin) + "127.0.0.1:" + std::to_string(port) + url.substr(end);
  return result;
}

} // namespace usher::bench
