#pragma once

#include "domain/decision.hpp"
#include "domain/ensure.hpp"
#include "messages/refusal.hpp"
#include "messages/type_ids.hpp"

#include <caf/error.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

namespace usher::actors {

/// A section, and where to ask it.
struct section_address {
  domain::section_no section;
  messages::section_actor actor;
};

/// Stands for an answer without content.
struct done {};

/// The answers of several sections to one question, in the order in which they come: what each says, or why it refuses.
template <class Reply>
class section_answers {
public:
  explicit section_answers(std::size_t expected) : missing_(expected) {
    domain::ensure(expected > 0, "at least one section is asked");
  }

  void yes(domain::section_no from, Reply what) {
    count();
    given_.push_back(std::move(what));
    perhaps_.push_back(from);
  }

  void no(domain::section_no from, domain::refusal why) {
    count();
    auto is_passing = domain::is_passing(why.reason);
    if (is_passing) // perhaps it did what it was asked for
      perhaps_.push_back(from);
    auto& slot = is_passing ? delayed_ : refused_;
    if (slot)
      return;
    slot = std::move(why);
    if (!slot->seats.empty() || !slot->suggestion.empty())
      slot->section = from;
  }

  [[nodiscard]] bool complete() const noexcept { return missing_ == 0; }
  /// The first refusal that repeating will not change, if any.
  [[nodiscard]] const std::optional<domain::refusal>& refused() const noexcept { return refused_; }
  /// The first refusal that may pass a little later, if any.
  [[nodiscard]] const std::optional<domain::refusal>& delayed() const noexcept { return delayed_; }
  /// The worse of the two, if any.
  [[nodiscard]] const std::optional<domain::refusal>& problem() const noexcept {
    return refused_ ? refused_ : delayed_;
  }
  /// The same for a request that all of them are to carry out: if only some have, and the others may, repeating it is
  /// not the same as doing it for the first time.
  [[nodiscard]] std::optional<domain::refusal> problem_of_all() const {
    if (!refused_ && delayed_ && !given_.empty())
      return domain::refusal{.reason = domain::rejection::outcome_unknown};
    return problem();
  }
  /// What those say that do not refuse.
  [[nodiscard]] std::vector<Reply>& given() noexcept { return given_; }
  /// The sections that did what they were asked for, or may have.
  [[nodiscard]] const std::vector<domain::section_no>& perhaps_done() const noexcept { return perhaps_; }

private:
  void count() {
    domain::ensure(missing_ > 0, "each section answers once");
    --missing_;
  }

  std::size_t missing_;
  std::vector<Reply> given_;
  std::vector<domain::section_no> perhaps_;
  std::optional<domain::refusal> refused_;
  std::optional<domain::refusal> delayed_;
};

/// Asks each of `sections` for what `wish_for(address)` returns, and calls `then(answers)` once all have answered.
/// `Reply` is the type of their answers, or `done`.
template <class Reply, class Self, class WishFor, class Then>
void ask_sections(Self self, const std::vector<section_address>& sections, WishFor&& wish_for, Then then) {
  struct asked_all {
    section_answers<Reply> answers;
    Then then;

    void go_on() {
      if (answers.complete())
        then(answers);
    }
  };
  auto all = std::make_shared<asked_all>(asked_all{section_answers<Reply>{sections.size()}, std::move(then)});
  for (const auto& address : sections) {
    auto from = address.section;
    auto asked = self->request(address.actor, caf::infinite, wish_for(address));
    auto refused = [all, from](const caf::error& why) {
      all->answers.no(from, messages::to_refusal(why));
      all->go_on();
    };
    if constexpr (std::is_same_v<Reply, done>)
      std::move(asked).then(
          [all, from] {
            all->answers.yes(from, {});
            all->go_on();
          },
          refused);
    else
      std::move(asked).then(
          [all, from](Reply& reply) {
            all->answers.yes(from, std::move(reply));
            all->go_on();
          },
          refused);
  }
}

} // namespace usher::actors
