#pragma once

#include "cluster/link/link.hpp"
#include "cluster/link/link_pulse.hpp"
#include "cluster/link/link_words.hpp"
#include "cluster/link/probe.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace usher::cluster {

/// A connection to another node, which carries words in order until it breaks. Must not call whoever uses it.
class link_channel {
public:
  virtual ~link_channel() = default;

  virtual void write(std::string word) = 0;
  /// Breaks the connection, soon.
  virtual void close() = 0;
};

/// Who this node is to others; its incarnation changes with every life.
struct link_identity {
  std::string cluster; ///< the store's `cluster_card::id`
  std::string name;
};

struct link_limits {
  link_pulse_limits pulse{};
  /// How long it takes at most until a broken connection is told of: by then it may be known whether anybody listens.
  std::chrono::milliseconds evidence{250};
  /// Without progress of whoever uses the link, until all sessions end.
  std::chrono::milliseconds stillness{3000};
};

/// A node that is to be tried now.
struct link_attempt {
  link_peer whom;
  bool dials = false; ///< else it is only seen whether anybody listens there
};

/// The sessions of one link: whom it looks for, what it says to them first, when a session is up or down, and what is
/// told of it.
///
/// The younger of two nodes dials and says hello; the other one says hello back if it expects just this node, and
/// else breaks the connection without a word. Then both send heartbeats, and the session is up when these come back.
/// A session lives and dies with its channel: whatever ends it breaks the connection, too.
///
/// | between two nodes | leaves when |
/// |---|---|
/// | sought | the younger one's attempt has made a channel, or a fitting hello has come |
/// | greeted | the pulse is up; back when it is down first, the channel is lost, or something does not fit |
/// | up | back when the pulse is down, the channel is lost, what comes makes no sense, or one end wishes it |
///
/// While there is no session both ends try again and again whether anybody listens at the other's address; its owner
/// makes the attempts and says what came of them. Does no I/O and reads no clock. Tells its news, and uses channels,
/// from within its own calls.
class link_sessions {
public:
  using channel = std::shared_ptr<link_channel>;
  /// Says in a sentence who was turned away and why.
  using complaint = std::function<void(const std::string&)>;

  link_sessions(link_identity own, link_news news, complaint complain, link_limits limits = {});

  /// See `link::seek`.
  void seek(incarnation me, std::vector<link_peer> others, tick now);
  /// Where the frames of a session that is up go; else there is no channel.
  struct way {
    channel over;
    std::uint64_t session = 0; ///< as the other end numbers it
  };
  [[nodiscard]] way find(incarnation with, std::uint64_t number) const;
  void end(incarnation with, std::uint64_t number, tick now);
  /// See `link::note_progress`.
  void note_progress(tick now) { progress_ = now; }

  /// An attempt is over. There is a channel if it was dialled.
  void tried(incarnation whom, reach how, const channel& made, tick now);
  void take(const channel& from, std::string word, tick now);
  /// The connection has broken.
  void lost(const channel& gone, tick now);

  /// Sends and ends what is due, and says whom to try. To be called several times between two heartbeats.
  [[nodiscard]] std::vector<link_attempt> advance(tick now);

  /// How the links to all who are looked for stand.
  [[nodiscard]] std::vector<link_figures> figures() const;

  /// Those that a session has, up or not.
  [[nodiscard]] std::vector<channel> channels() const;

private:
  struct session {
    std::uint64_t number = 0;
    channel over;
    link_pulse pulse;
    std::uint64_t theirs = 0; ///< the other end's number of it; 0 until it has said hello
    tick since;
  };
  /// A session whose end is still to be told.
  struct farewell {
    std::uint64_t session = 0;
    tick latest;
  };
  struct sought {
    link_peer who;
    tick since; ///< no session is up
    tick next_try;
    std::optional<session> current{};
    std::optional<farewell> untold{};
    std::optional<bool> refuses{}; ///< as it was last told; nothing while it is up, or nothing is known
    std::size_t failures = 0;      ///< attempts and short sessions, one after the other
    bool is_tried = false;
    bool probes_first = false; ///< whether anybody listens there is worth knowing before it is time to dial
  };

  [[nodiscard]] bool stands_still(tick now) const { return progress_ && now - *progress_ >= limits_.stillness; }
  void forget_all(tick now);
  session& begin(sought& with, const channel& over, tick now);
  void write(const session& to, link_word word) const;
  void greet(const sought& whom, const session& in) const;
  void beat(session& in, tick now) const;
  /// Tells what is known of a node without a session, if that is news.
  void tell(sought& of, bool refuses);
  /// Ends the session, and tells so if it was up.
  void stop(sought& with, tick now);
  /// Ends the session; the connection may tell more about the other end's fate, so the news may wait.
  void stop_broken(sought& with, tick now);
  session close(sought& with, tick now);
  void fail(sought& whom, tick now);

  void answer(const channel& from, const link_word& word, const link_hello& hello, tick now);
  void take_in_session(sought& from, link_word& word, tick now);
  void hear(sought& from, const link_hello& hello, tick now);
  void hear(sought& from, const link_beat& beat, tick now);
  void hear(sought& from, link_payload& payload, tick now);
  [[nodiscard]] std::string misfit(const link_hello& hello) const;
  void note(sought& of, reach how, tick now);
  void advance(sought& one, tick now);

  [[nodiscard]] sought* find(incarnation node);
  [[nodiscard]] sought* find(const channel& over);

  const link_identity own_;
  const link_news news_;
  const complaint complain_;
  const link_limits limits_;
  incarnation me_{};
  std::uint64_t last_session_ = 0;
  std::map<incarnation, sought> sought_;
  std::optional<tick> progress_; ///< when the link's user last said that it moves; none: it never did
};

} // namespace usher::cluster
