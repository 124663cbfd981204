#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace usher::bench {

/// A figure of `usher bench cluster`: its name ends in its unit.
struct cluster_figure {
  std::string_view name;
  double limit = 0; ///< the most that is allowed
};

/// All of them, in the order in which they are shown. A join is that of the last of three nodes.
[[nodiscard]] const std::vector<cluster_figure>& cluster_figures();

/// The limit of a figure of that list.
[[nodiscard]] double limit_of(std::string_view figure);

struct cluster_options {
  std::string store;             ///< a PostgreSQL without events; empty: one of the bench's own
  std::vector<std::string> only; ///< figures to measure; empty: all
  std::size_t shards = 100;      ///< of each of the three nodes, 4 to 300
  std::size_t repeat = 3;        ///< how often each figure is measured, 1 to 20; the worst counts
  bool json = false;
  /// The program whose `node` is measured.
  std::filesystem::path program;

  [[nodiscard]] bool wants(std::string_view figure) const;
};

/// What is wrong with the options, as a sentence; nullopt if nothing is.
[[nodiscard]] std::optional<std::string> fault_of(const cluster_options& options);

/// A store's url that leads to `port` of the loopback interface instead, and where it leads now. Nullopt unless the url
/// names one numeric host, or `localhost`, and no file.
struct diverted_url {
  std::string url;
  std::string host;
  unsigned short port = 0;
};
[[nodiscard]] std::optional<diverted_url> divert(const std::string& url, unsigned short port);

} // namespace usher::bench
