#pragma once

#include "cluster/member.hpp"

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
};

} // namespace usher::cluster
