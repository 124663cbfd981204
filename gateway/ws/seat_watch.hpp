#pragma once

#include "codec/encode.hpp"
#include "codec/problem.hpp"
#include "gateway/thread/answer.hpp"
#include "gateway/thread/directory.hpp"
#include "gateway/thread/outbox.hpp"
#include "gateway/thread/outgoing_queue.hpp"

#include <boost/unordered/unordered_flat_set.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <utility>
#include <vector>

namespace usher::gateway {

/// Somebody who watches sections, as `seat_watch` sees a session. None of this may watch or unwatch from within a call.
class seat_watcher {
public:
  virtual void send(outgoing_frame frame) = 0;
  /// Whether the client has read so much that another snapshot may be sent.
  [[nodiscard]] virtual bool has_room() const = 0;
  /// Watches a section as soon as there is room for its snapshot, which answers `re` if there is one.
  virtual void watch_later(const domain::event_id& event, domain::section_no section, codec::reply_id re) = 0;
  /// The section cannot be watched after all.
  virtual void watch_refused(const domain::event_id& event, domain::section_no section, const codec::reply_id& re,
                             const codec::problem& why) = 0;
  /// A call of `watch` has been dealt with.
  virtual void finished() = 0;

protected:
  ~seat_watcher() = default;
};

/// Which sessions of one thread watch which sections.
///
/// Subscribes to each section once and keeps a copy of its state, so further watchers get a snapshot without asking. A
/// change is encoded once and shared by all who watch, and so is a snapshot by all who are told the same state.
class seat_watch {
public:
  /// Draws the trace id of a request of its own.
  using draw_trace = std::function<messages::trace_id()>;

  seat_watch(outbox& requests, draw_trace trace);

  /// Sends `session` a snapshot, in answer to `re` if any, and every change from then on. Watching again gives another
  /// snapshot.
  void watch(const known_event_ptr& event, domain::section_no section, std::shared_ptr<seat_watcher> session,
             codec::reply_id re);
  /// Sessions unwatch before they end. Repeating it does nothing. O(1) in the number of watchers.
  void unwatch(const domain::event_id& event, domain::section_no section, seat_watcher& session);

  void changed(messages::seats_changed&& change);
  /// The event was announced again: its sections may have been restarted and know no watchers, or its plan may have
  /// changed. Every watcher gets a fresh snapshot before any further change.
  void announced(const known_event_ptr& event);
  /// Asks again for what could not be had. Call every second.
  void sweep();

private:
  using key = std::pair<domain::event_id, domain::section_no>;

  /// Somebody who waits for a snapshot.
  struct joining {
    std::shared_ptr<seat_watcher> session;
    codec::reply_id re;
  };
  /// How good the copy of a section's state is.
  enum class standing : std::uint8_t {
    unknown,     ///< none so far
    current,     ///< as the section told, with all changes since
    unconfirmed, ///< likewise; but the event was announced anew, and the section has not said so since
    stale,       ///< changes were missed: everybody needs the next snapshot
  };
  /// What the section is being asked.
  enum class question : std::uint8_t {
    none,
    asked,    ///< how it stands
    outdated, ///< likewise; but the answer may come from a section that is gone, so it is asked again
  };
  struct watched {
    known_event_ptr event;
    messages::section_view view; ///< its state, unless that is `unknown` or `stale`
    shared_frame snapshot;       ///< of that state, once somebody was told it
    standing copy = standing::unknown;
    question asking = question::none;
    boost::unordered_flat_set<seat_watcher*> watchers;
    std::vector<joining> joiners; ///< watchers, too, unless they have left

    /// Whether changes can be passed on.
    [[nodiscard]] bool is_live() const { return copy == standing::current || copy == standing::unconfirmed; }
  };

  void ask(const key& where, watched& section);
  void answered(const key& where, answer&& what);
  void stands(const key& where, watched& section, messages::section_view&& view);
  /// Sends a session the present state. One that has not read enough of what it was sent watches again when it has.
  static void tell_or_postpone(const key& where, watched& section, seat_watcher& session, const codec::reply_id& re);
  static void tell(watched& section, seat_watcher& session, const codec::reply_id& re);
  void refuse(const key& where, const codec::problem& why);

  outbox& requests_;
  draw_trace trace_;
  std::map<key, watched> sections_;
};

} // namespace usher::gateway
