#pragma once

#include "codec/encode.hpp"
#include "codec/problem.hpp"
#include "messages/event.hpp"

#include <atomic>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace usher::gateway {

/// What a gateway knows of an event without asking: enough to translate names into numbers and back. Immutable; a
/// changed plan makes a new one.
struct known_event {
  domain::event_id id;
  domain::shared_plan plan;
  std::shared_ptr<const std::string> plan_text;
  std::string plan_tag; ///< strong ETag of the text, quotes included
  std::string gzip_tag; ///< the same of its compressed form
  std::string currency;
  bool waiting_room = true;
  bool hidden = false; ///< from everybody but operators; see `domain::event_settings`
  messages::room_opening room;

  [[nodiscard]] codec::event_names names() const { return {id, *plan, currency}; }
};

using known_event_ptr = std::shared_ptr<const known_event>;

/// The events that were announced to one thread.
class directory {
public:
  /// `starting` is true as long as some events may not have been announced yet.
  explicit directory(const std::atomic<bool>& starting) : starting_(starting) {}

  void announced(messages::event_announced&& news);
  /// Calls `then` once all of these events are known: at once, or when the last of them is announced.
  void when_known(std::vector<domain::event_id> events, std::function<void()> then);
  /// Null when there is no such event.
  [[nodiscard]] known_event_ptr find(const domain::event_id& event) const;
  /// The same for buyers: null for a hidden one, too.
  [[nodiscard]] known_event_ptr find_shown(const domain::event_id& event) const;
  /// All events that are known, also hidden ones, by id: those after `after`, if one is given, and at most `most`.
  [[nodiscard]] std::vector<known_event_ptr> list(const std::optional<domain::event_id>& after, std::size_t most) const;
  /// The newest version of an event: an answer may be about a newer plan than its question was. A plan is announced
  /// before anything answers under it.
  [[nodiscard]] known_event_ptr present(const known_event_ptr& event) const { return find(event->id); }

  /// The problem to answer with while some events may not be known here yet; nothing later.
  [[nodiscard]] std::optional<codec::problem> still_starting() const;
  /// The answer to whoever names an event that is not known here.
  [[nodiscard]] codec::problem no_such_event() const;

private:
  void tell_known();

  const std::atomic<bool>& starting_;
  std::map<domain::event_id, known_event_ptr> events_;
  std::vector<domain::event_id> awaited_;
  std::function<void()> when_known_;
};

} // namespace usher::gateway
