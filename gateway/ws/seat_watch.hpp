#pragma once

#include "codec/encode.hpp"
#include "codec/problem.hpp"
#include "gateway/thread/answer.hpp"
#include "gateway/thread/directory.hpp"
#include "gateway/thread/outbox.hpp"
#include "gateway/thread/outgoing_queue.hpp"

#include <map>
#include <memory>
#include <utility>
#include <vector>

namespace usher::gateway {

class buyer_session;

/// Which sessions of one thread watch which sections.
///
/// Subscribes to each section once and keeps a copy of its state, so further watchers get a snapshot without asking. A
/// change is encoded once and shared by all who watch.
class seat_watch {
public:
  /// Draws the trace id of a request of its own.
  using draw_trace = std::function<messages::trace_id()>;

  seat_watch(outbox& requests, draw_trace trace);

  /// Sends `session` a snapshot, in answer to `re` if any, and every change from then on. Watching again gives another
  /// snapshot.
  void watch(const known_event_ptr& event, domain::section_no section, std::shared_ptr<buyer_session> session,
             codec::reply_id re);
  /// Sessions unwatch before they end. Repeating it does nothing.
  void unwatch(const domain::event_id& event, domain::section_no section, buyer_session& session);

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
    std::shared_ptr<buyer_session> session;
    codec::reply_id re;
  };
  struct watched {
    known_event_ptr event;
    messages::section_view view; ///< its state, when `live`
    shared_frame snapshot;       ///< of that state, once somebody was told it
    bool live = false;
    bool asking = false;
    bool unconfirmed = false; ///< announced anew, and its state not confirmed since
    bool tell_all = false;    ///< everybody needs the next snapshot: changes were missed
    bool ask_again = false;   ///< the answer under way may come from a section that is gone
    std::vector<buyer_session*> watchers;
    std::vector<joining> joiners;
  };

  void ask(const key& where, watched& section);
  void answered(const key& where, answer&& what);
  void stands(const key& where, watched& section, messages::section_view&& view);
  static const shared_frame& snapshot_of(watched& section);
  bool has_room(const key& where, watched& section, buyer_session& session, const codec::reply_id& re);
  void refuse(const key& where, const codec::problem& why);

  outbox& requests_;
  draw_trace trace_;
  std::map<key, watched> sections_;
};

} // namespace usher::gateway
