#pragma once

#include "cluster/link/caf_link.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/io/middleman.hpp>
#include <caf/openssl/manager.hpp>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace usher::tests {

/// What a link has told, by one node's clock.
struct told_news {
  enum kind { up, down, refused };

  kind what = up;
  std::uint64_t node = 0;
  std::uint64_t session = 0;
  std::chrono::steady_clock::time_point when{};
};

/// Keeps what a link tells, for a test that waits for it.
class news_book {
public:
  struct pages {
    std::vector<told_news> news{};
    std::vector<std::string> frames{};

    [[nodiscard]] std::ptrdiff_t count(told_news::kind what, std::uint64_t node) const {
      return std::ranges::count_if(news, [=](const auto& one) { return one.what == what && one.node == node; });
    }
    /// The last thing told of a node.
    [[nodiscard]] std::optional<told_news> last(std::uint64_t node) const {
      std::optional<told_news> result;
      for (const auto& one : news)
        if (one.node == node)
          result = one;
      return result;
    }
    [[nodiscard]] bool is_up(std::uint64_t node) const {
      auto it = last(node);
      return it && it->what == told_news::up;
    }
  };

  [[nodiscard]] cluster::link_news writer() {
    return {
        [this](auto node, auto session) {
          note({told_news::up, node.value(), session});
        },
        [this](auto node, auto session, bool is_refused) {
          note({is_refused ? told_news::refused : told_news::down, node.value(), session});
        },
        [this](auto, auto, std::string frame) {
          std::lock_guard lock{mutex_};
          pages_.frames.push_back(std::move(frame));
          changed_.notify_all();
        },
    };
  }

  /// Whether it comes to that in time.
  [[nodiscard]] bool await(const std::function<bool(const pages&)>& wanted,
                           std::chrono::milliseconds patience = std::chrono::seconds{20}) {
    std::unique_lock lock{mutex_};
    return changed_.wait_for(lock, patience, [&] { return wanted(pages_); });
  }
  [[nodiscard]] pages read() {
    std::lock_guard lock{mutex_};
    return pages_;
  }
  [[nodiscard]] std::optional<told_news> last(std::uint64_t node) {
    std::lock_guard lock{mutex_};
    return pages_.last(node);
  }

private:
  void note(told_news one) {
    std::lock_guard lock{mutex_};
    one.when = std::chrono::steady_clock::now();
    pages_.news.push_back(one);
    changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  pages pages_;
};

/// What makes a node one that others should not accept.
struct disguise {
  std::string cluster = "the cluster";
  std::optional<cluster::tls_settings> unchecked_tls{}; ///< no files at all: whatever CAF does without
};

/// A node that has an actor system and a link and nothing else.
class linked_node {
public:
  linked_node(std::uint64_t number, std::string name, cluster::tls_settings tls = {}, disguise worn = {})
      : number_(number), name_(std::move(name)), settings_{"127.0.0.1:0", std::move(tls), false} {
    register_types();
    files_ = cluster::prepare(config_, settings_);
    if (worn.unchecked_tls)
      wear(*worn.unchecked_tls);
    config_.set("caf.scheduler.max-threads", 1);
    system_.emplace(config_);
    link_ = std::make_unique<cluster::caf_link>(*system_, settings_, cluster::link_identity{worn.cluster, name_},
                                                book_.writer());
  }

  [[nodiscard]] cluster::link_peer card() const {
    return {cluster::incarnation{number_}, name_, "127.0.0.1:" + std::to_string(port())};
  }
  /// The same, reached elsewhere.
  [[nodiscard]] cluster::link_peer card_at(std::uint16_t port) const {
    return {cluster::incarnation{number_}, name_, "127.0.0.1:" + std::to_string(port)};
  }
  void seek(std::vector<cluster::link_peer> others) { link_->seek(cluster::incarnation{number_}, std::move(others)); }
  [[nodiscard]] std::uint64_t number() const noexcept { return number_; }
  [[nodiscard]] std::uint16_t port() const { return link_->port(); }
  [[nodiscard]] cluster::caf_link& link() { return *link_; }
  [[nodiscard]] news_book& book() { return book_; }
  /// Sends in the session that is up, if one is.
  void send(const linked_node& to, std::string frame) {
    if (auto now = book_.last(to.number()))
      link_->send(cluster::incarnation{to.number()}, now->session, std::move(frame));
  }

private:
  static void register_types() {
    static std::once_flag done;
    std::call_once(done, [] { caf::io::middleman::init_global_meta_objects(); });
  }

  void wear(const cluster::tls_settings& files) {
    config_.load<caf::openssl::manager>();
    settings_.tls.certificate = "worn";
    config_.openssl_certificate = files.certificate;
    config_.openssl_key = files.key;
    config_.openssl_cafile = files.authorities;
  }

  const std::uint64_t number_;
  const std::string name_;
  cluster::link_settings settings_;
  caf::actor_system_config config_;
  std::unique_ptr<cluster::tls_files> files_;
  news_book book_;
  std::optional<caf::actor_system> system_;
  std::unique_ptr<cluster::caf_link> link_;
};

/// Each of them seeks all others.
template <class... Nodes>
void introduce(Nodes&... nodes) {
  const std::vector<cluster::link_peer> all{nodes.card()...};
  auto seek = [&all](auto& one) {
    auto others = all;
    std::erase_if(others, [&one](const auto& other) { return other.node.value() == one.number(); });
    one.seek(others);
  };
  (seek(nodes), ...);
}

[[nodiscard]] inline bool await_up(linked_node& one, const linked_node& other) {
  return one.book().await([&](const auto& pages) { return pages.is_up(other.number()); });
}

} // namespace usher::tests
