#pragma once

#include "cluster/link/link.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace usher::tests {

/// A network between nodes of one process: at once, in order, and cut where the test says so. The nodes' names are
/// their addresses.
class fake_network {
public:
  /// A node's end of all its links.
  [[nodiscard]] std::shared_ptr<cluster::link> attach(const std::string& name, cluster::link_news news) {
    auto one = std::make_shared<end_of_links>(*this, std::move(news));
    ends_[name] = one;
    return one;
  }

  /// The two cannot reach each other any more: what was under way is lost.
  void cut(const std::string& one, const std::string& other) {
    cuts_.insert(std::minmax(one, other));
    end_session(one, other, false);
  }
  void heal(const std::string& one, const std::string& other) {
    cuts_.erase(std::minmax(one, other));
    connect();
  }
  /// The connection breaks, and is made anew.
  void reset(const std::string& one, const std::string& other) {
    cut(one, other);
    heal(one, other);
  }
  /// What is sent from now on is lost, until the next `reset`: so the test says what was under way.
  void lose_what_is_sent(bool lost) { loses_ = lost; }
  /// The same for what is sent to one node.
  void lose_what_is_sent_to(const std::string& name, bool lost) {
    lost ? deaf_.insert(name).second : deaf_.erase(name) > 0;
  }
  /// A node is gone: nobody listens there any more.
  void kill(const std::string& name) {
    auto gone = ends_.extract(name);
    for (const auto& [other, end] : ends_)
      end_session(name, other, true, gone.mapped().get());
  }
  [[nodiscard]] std::size_t frames() const { return frames_; }

private:
  struct end_of_links final : cluster::link {
    end_of_links(fake_network& in, cluster::link_news told) : network(in), news(std::move(told)) {}

    void seek(cluster::incarnation now, std::vector<cluster::link_peer> all) override {
      me = now;
      others = std::move(all);
      network.connect();
    }
    void send(cluster::incarnation to, std::uint64_t session, std::string frame) override {
      network.send(*this, to, session, std::move(frame));
    }
    void end(cluster::incarnation with, std::uint64_t session) override { network.end(*this, with, session); }

    [[nodiscard]] bool seeks(const end_of_links& other) const {
      return other.me.value() != 0
             && std::ranges::any_of(others, [&](const auto& one) { return one.node == other.me; });
    }

    fake_network& network;
    cluster::link_news news;
    cluster::incarnation me{};
    std::vector<cluster::link_peer> others{};
    std::map<cluster::incarnation, std::uint64_t> sessions{};
  };

  void connect() {
    for (auto& [name, one] : ends_) {
      drop_unwanted(*one);
      for (auto& [other_name, other] : ends_)
        if (name < other_name && one->seeks(*other) && other->seeks(*one) && !cuts_.contains({name, other_name})
            && !one->sessions.contains(other->me))
          begin(*one, *other);
    }
  }

  void drop_unwanted(end_of_links& one) {
    for (auto& [name, other] : ends_)
      if (other.get() != &one && one.sessions.contains(other->me) && (!one.seeks(*other) || !other->seeks(one)))
        end(one, other->me, one.sessions.at(other->me));
  }

  void begin(end_of_links& one, end_of_links& other) {
    auto session = ++sessions_;
    one.sessions[other.me] = session;
    other.sessions[one.me] = session;
    one.news.up(other.me, session);
    other.news.up(one.me, session);
  }

  [[nodiscard]] end_of_links* find(cluster::incarnation node) {
    for (auto& [name, one] : ends_)
      if (one->me == node)
        return one.get();
    return nullptr;
  }

  void send(end_of_links& from, cluster::incarnation to, std::uint64_t session, std::string frame) {
    auto known = from.sessions.find(to);
    auto* there = find(to);
    if (known == from.sessions.end() || known->second != session || !there || loses_ || is_deaf(*there))
      return;
    ++frames_;
    there->news.frame(from.me, session, std::move(frame));
  }

  [[nodiscard]] bool is_deaf(const end_of_links& node) const {
    return std::ranges::any_of(deaf_, [&](const auto& name) { return ends_.at(name).get() == &node; });
  }

  void end(end_of_links& one, cluster::incarnation with, std::uint64_t session) {
    auto known = one.sessions.find(with);
    if (known == one.sessions.end() || known->second != session)
      return;
    one.sessions.erase(known);
    one.news.down(with, session, false);
    if (auto* there = find(with)) {
      there->sessions.erase(one.me);
      there->news.down(one.me, session, false);
    }
  }

  void end_session(const std::string& name, const std::string& other, bool refused, end_of_links* gone = nullptr) {
    auto* one = gone ? gone : ends_.at(name).get();
    auto* there = ends_.at(other).get();
    auto known = there->sessions.find(one->me);
    if (known == there->sessions.end())
      return;
    auto session = known->second;
    there->sessions.erase(known);
    one->sessions.erase(there->me);
    there->news.down(one->me, session, refused);
    if (!gone)
      one->news.down(there->me, session, refused);
  }

  std::map<std::string, std::shared_ptr<end_of_links>> ends_; ///< by name
  std::set<std::pair<std::string, std::string>> cuts_;
  std::set<std::string> deaf_;
  std::uint64_t sessions_ = 0;
  std::size_t frames_ = 0;
  bool loses_ = false;
};

} // namespace usher::tests
