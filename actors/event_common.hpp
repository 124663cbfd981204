#pragma once

#include "actors/event_once_durable.hpp"
#include "actors/hold_protocol.hpp"
#include "actors/section_answers.hpp"
#include "actors/shard_journal.hpp"
#include "actors/shared_epoch.hpp"
#include "actors/store_clock.hpp"
#include "actors/subscribers.hpp"
#include "domain/event.hpp"
#include "domain/seating_plan.hpp"
#include "messages/type_ids.hpp"

#include <caf/actor_cast.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <cstddef>
#include <functional>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

namespace usher::actors {

/// What the parts of an event's actor share: the event itself, its journal, and its peers.
struct event_common {
  /// For so long an event counts as starting, and a section that nobody serves as one that is being handed over: by
  /// then those that are served have said what they hold.
  static constexpr domain::microseconds longest_start{2'000'000};

  messages::event_actor::pointer self;
  domain::event_id id;
  domain::shared_plan plan;
  store_clock clock;
  domain::event event;
  shard_journal<event_once_durable> journal;
  shared_epoch as_of;                              ///< what all that is asked of sections and the room carries
  domain::instant starting_until{};                ///< until then an event that is not ready counts as starting
  std::vector<messages::section_actor> sections{}; ///< by section number; empty until `event_peers`
  messages::waiting_room_actor room{};             ///< none until `event_peers`
  subscribers gateways{};
  /// These rule the sale, and are what others hear of: what is only decided may be lost.
  domain::event_state durable_state = event.state();
  domain::event_settings durable_settings = event.settings();
  std::size_t changes_asked = 0;        ///< how many requests wait for what sections were asked to change
  std::function<void()> request_over{}; ///< called when a request that an event at rest must not have has ended
  std::function<void()> totals_known{}; ///< called when a section's totals have come with its claims

  [[nodiscard]] domain::instant now() const { return clock.now(self); }

  /// The actor's own handle.
  [[nodiscard]] messages::event_actor handle() const { return caf::actor_cast<messages::event_actor>(self); }

  /// Applies a fact and writes it down; `next` follows when it is durable. Requires that the journal has no obstacle.
  template <class Fact>
  void write(const Fact& fact, event_once_durable next) {
    event.apply(fact);
    if (journal.write(domain::fact{fact}, now(), std::move(next)))
      self->send(handle(), messages::flush{});
  }

  /// The sections with these numbers; nothing if one is unknown or named twice, or if there are none.
  [[nodiscard]] std::optional<std::vector<section_address>>
  find_sections(const std::vector<domain::section_no>& numbers) const {
    std::vector<section_address> result;
    std::vector<bool> seen(sections.size());
    for (auto number : numbers) {
      if (number.value() >= sections.size() || seen[number.value()])
        return std::nullopt;
      seen[number.value()] = true;
      result.push_back({number, sections[number.value()]});
    }
    if (result.empty())
      return std::nullopt;
    return result;
  }

  /// All of them.
  [[nodiscard]] std::vector<section_address> all_sections() const {
    std::vector<section_address> result;
    for (std::size_t i = 0; i < sections.size(); ++i)
      result.push_back({domain::section_no{static_cast<std::uint16_t>(i)}, sections[i]});
    return result;
  }

  /// Asks sections to change something, and calls `then(answers)`. The event does not come to rest before that.
  template <class WishFor, class Then>
  void ask_for_change(const std::vector<section_address>& wanted, WishFor&& wish_for, Then then) {
    ++changes_asked;
    ask_sections<done>(self, wanted, std::forward<WishFor>(wish_for),
                       [this, then](section_answers<done>& answers) mutable {
                         --changes_asked;
                         then(answers);
                         request_over();
                       });
  }

  using whole_hold = std::variant<messages::hold_granted, domain::refusal>;

  /// Reads one hold from all its sections, and calls `then(whole_hold)`.
  template <class Then>
  void read_hold(const std::vector<section_address>& from, const messages::find_hold& question, Then then) {
    ask_sections<messages::hold_granted>(
        self, from, [&question](const section_address&) { return question; },
        [then](section_answers<messages::hold_granted>& answers) mutable {
          if (const auto& why = answers.problem())
            return then(whole_hold{*why});
          auto& parts = answers.given();
          auto whole = std::move(parts.front());
          for (auto part = parts.begin() + 1; part != parts.end(); ++part)
            add_part(whole, *part);
          then(whole_hold{std::move(whole)});
        });
  }
};

} // namespace usher::actors
