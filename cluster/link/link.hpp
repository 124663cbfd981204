#pragma once

#include "cluster/member.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace usher::cluster {

/// Another node, as a link looks for it.
struct link_peer {
  incarnation node;
  std::string name;
  std::string address; ///< "host:port"

  friend bool operator==(const link_peer&, const link_peer&) = default;
};

/// What a link tells, on whatever thread it runs: it must not block, nor use the link. Between `up` and `down` of a
/// session its frames come, each once and in order; nothing comes of a session after its `down`.
struct link_news {
  std::function<void(incarnation node, std::uint64_t session)> up;
  /// `refused`: its machine answers, and nobody listens there. Also told, with session 0, of a node that could not be
  /// reached so far, again whenever that is known to be otherwise than it was.
  std::function<void(incarnation node, std::uint64_t session, bool refused)> down;
  std::function<void(incarnation node, std::uint64_t session, std::string frame)> frame;
};

/// How the link to another node stands.
struct link_figures {
  incarnation node;
  std::string name;
  bool is_up = false;
  std::chrono::microseconds round_trip{0}; ///< of the newest heartbeat that has come back; 0 unless it is up
};

/// The link of one node to the others: sessions of opaque frames, in order, without loss as long as they last. A
/// session is up for both ends or for none, within two seconds: each end tells the other what it has heard.
///
/// It carries what it is given and buffers without a bound: whoever sends keeps to what the other end says that it has
/// consumed. May be used on any thread.
class link {
public:
  /// The longest frame.
  static constexpr std::size_t frame_max = 4u << 20;

  virtual ~link() = default;

  /// This node is `me` from now on, and these are all the others that live. Sessions with anybody else end; whoever is
  /// new is looked for until there is a session, by the younger of both. Nobody, when `me` has ended.
  virtual void seek(incarnation me, std::vector<link_peer> others) = 0;
  /// Dropped unless that session is up.
  virtual void send(incarnation to, std::uint64_t session, std::string frame) = 0;
  /// Ends a session on purpose: both ends start over with another one.
  virtual void end(incarnation with, std::uint64_t session) = 0;
  /// Whoever uses the link moves. Once this has been called it is to be called more often than every three seconds: a
  /// node whose actors stand still must not look alive, so its sessions end, and there are none until the next call.
  virtual void note_progress() {}
  /// Of all who are sought.
  [[nodiscard]] virtual std::vector<link_figures> figures() const { return {}; }
};

} // namespace usher::cluster
