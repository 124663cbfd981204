#define CAF_SUITE actors.hold_protocol

#include "actors/hold_protocol.hpp"
#include "tests/actors/hold_protocol_fixture.hpp"

#include <caf/test/bdd_dsl.hpp>

#include <chrono>
#include <utility>
#include <vector>

using namespace usher;
using namespace usher::actors;
using namespace usher::tests;
using namespace std::chrono_literals;
using domain::rejection;
using domain::section_no;

namespace {

/// Sections that say nothing but what the test says for them.
struct silent_sections final : hold_port {
  void ask_to_hold(section_no, messages::hold_in_section) override { ++wishes; }
  void ask_to_release(section_no, const messages::release_hold&, std::chrono::milliseconds) override { ++releases; }
  void ask_for_claims(section_no, std::uint64_t question) override { newest_question = question; }
  void wait_for_claims(section_no, std::uint64_t) override { ++waits; }
  void answer(domain::hold_id, held_or_not what) override { answers.push_back(std::move(what)); }
  void search_on(domain::hold_id, const domain::refusal&) override {}
  void request_over() override { ++requests_over; }

  int wishes = 0, releases = 0, waits = 0, requests_over = 0;
  std::uint64_t newest_question = 0;
  std::vector<held_or_not> answers;
};

/// An event's side that knows two sections, in which nothing is held but what the test says.
struct two_sections {
  explicit two_sections(const std::vector<domain::section::claim>& in_the_first = {}) {
    side.meet_sections(2);
    side.claims(1, {section_no{0}, domain::epoch{1}, in_the_first});
    side.claims(1, {section_no{1}, domain::epoch{1}, {}});
  }

  /// Ann wishes for one seat in each.
  void spread() {
    const domain::wish seat = domain::seats_wish{{domain::seat_no{0}}};
    const std::vector<messages::section_wish> both{{section_no{0}, seat}, {section_no{1}, seat}};
    CAF_REQUIRE(!side.spread({{}, {}, hold, ann, both, 1}, domain::instant{300s}));
  }

  void grant(std::uint16_t section) {
    side.granted(hold, section_no{section},
                 {{}, hold, ann, {{section_no{section}, {{}}}}, domain::instant{300s}, domain::instant{}});
  }

  void refuse(std::uint16_t section, rejection why) { side.refused(hold, section_no{section}, {.reason = why}); }

  /// Why the last request was refused.
  [[nodiscard]] rejection refused_as() const { return std::get<domain::refusal>(sections.answers.back()).reason; }

  const domain::buyer_id ann{"ann"};
  const domain::hold_id hold{7, 1};
  silent_sections sections;
  domain::event event = limited_event();
  event_side side{sections, event, event.settings(), shared_epoch{domain::epoch{1}}};
};

messages::hold_granted part(std::uint16_t section, std::chrono::seconds until) {
  return {{}, {}, {}, {{section_no{section}, {}}}, domain::instant{until}, domain::instant{}};
}

} // namespace

SCENARIO("a section that nobody serves is asked until somebody does") {
  two_sections all;
  CHECK(!all.side.is_closed(section_no{1}));
  auto before = all.sections.newest_question;
  all.side.closed(section_no{1});
  CHECK(all.side.is_closed(section_no{1}));
  CHECK(!all.side.is_closed(section_no{0}));
  CHECK(all.side.ready()); // the other one is sold on
  auto question = all.sections.newest_question;
  CHECK_GT(question, before);
  all.side.no_claims(section_no{1}, question);
  CHECK_EQ(all.sections.waits, 1);
  CHECK(all.side.is_closed(section_no{1}));
  all.side.ask_again(section_no{1}, question);
  question = all.sections.newest_question;
  all.side.no_claims(section_no{1}, question);
  CHECK(all.side.opened({section_no{1}, domain::epoch{2}})); // and does not wait for its turn
  CHECK_GT(all.sections.newest_question, question);
  REQUIRE(all.side.claims(all.sections.newest_question, {section_no{1}, domain::epoch{2}, {}}));
  CHECK(!all.side.is_closed(section_no{1}));
}

SCENARIO("what a section's actor claims after another one was started is not taken for what is held") {
  silent_sections sections;
  auto event = limited_event();
  event_side side{sections, event, event.settings(), shared_epoch{domain::epoch{1}}};
  const domain::buyer_id ann{"ann"};
  side.meet_sections(1);
  CHECK(!side.opened({section_no{0}, domain::epoch{5}})); // whoever serves it now is being asked
  CHECK(!side.claims(1, {section_no{0}, domain::epoch{4}, {{{7, 1}, ann, 2}}}));
  CHECK(!side.ready());
  CHECK_EQ(sections.waits, 1);
  side.ask_again(section_no{0}, 1);
  REQUIRE_EQ(sections.newest_question, 2u);
  CHECK(side.claims(2, {section_no{0}, domain::epoch{5}, {}}));
  CHECK(side.ready());
  CHECK_EQ(side.taken_by(ann), 0u);
  CHECK(side.opened({section_no{0}, domain::epoch{6}}));
  CHECK(!side.opened({section_no{0}, domain::epoch{6}}));
}

SCENARIO("a part that cannot be undone counts until its section no longer claims it") {
  two_sections all;
  all.spread();
  all.grant(0);
  all.refuse(1, rejection::seat_taken);
  REQUIRE_EQ(all.sections.releases, 1);
  CHECK_EQ(all.side.taken_by(all.ann), 1u);
  all.side.not_released(all.hold, section_no{0}, {.reason = rejection::in_progress}, domain::instant{10s});
  CHECK_EQ(all.sections.requests_over, 1);
  CHECK_EQ(all.side.open(), 0u);
  CHECK_EQ(all.side.taken_by(all.ann), 1u);
  REQUIRE_EQ(all.sections.newest_question, 2u);
  all.side.claims(2, {section_no{0}, domain::epoch{1}, {{all.hold, all.ann, 1}}});
  CHECK_EQ(all.side.taken_by(all.ann), 1u);
  all.side.lost_touch(section_no{0});
  all.side.claims(3, {section_no{0}, domain::epoch{1}, {}});
  CHECK_EQ(all.side.taken_by(all.ann), 0u);
}

SCENARIO("a hold of which a part has run out before the last section answered is not promised") {
  two_sections all;
  all.spread();
  all.grant(0);
  all.side.give_back({section_no{0}, all.hold});
  all.grant(1);
  CHECK(all.refused_as() == rejection::hold_expired);
  CHECK_EQ(all.sections.releases, 2);
}

SCENARIO("what was held only in part is undone when its repeat is refused, since nobody was promised it") {
  two_sections all{{{{7, 1}, domain::buyer_id{"ann"}, 1}}};
  CHECK_EQ(all.side.taken_by(all.ann), 1u);
  all.spread();
  CHECK_EQ(all.side.taken_by(all.ann), 2u);
  all.grant(0);
  all.refuse(1, rejection::seat_taken);
  CHECK(all.refused_as() == rejection::seat_taken);
  CHECK_EQ(all.sections.releases, 1);
}

SCENARIO("what is held by a key counts although another wish by that key is refused") {
  two_sections all{{{{7, 1}, domain::buyer_id{"ann"}, 1}}};
  all.spread();
  all.refuse(0, rejection::idempotency_mismatch);
  all.refuse(1, rejection::seat_taken);
  CHECK_EQ(all.side.taken_by(all.ann), 1u);
}

SCENARIO("a hold that was searched for is remembered when it has ended") {
  two_sections all;
  messages::hold_seats best{{}, {}, all.hold, all.ann, domain::best_wish{.quantity = 1}, 1};
  REQUIRE(!all.side.search(best, 1));
  all.side.search_in(section_no{0}, {{}, all.hold, all.ann, domain::best_wish{.quantity = 1}, 1, {}, {}},
                     domain::instant{300s});
  all.grant(0);
  CHECK_EQ(all.side.taken_by(all.ann), 1u);
  CHECK(!all.side.has_ended(all.hold));
  all.side.give_back({section_no{0}, all.hold});
  CHECK(all.side.has_ended(all.hold));
  CHECK_EQ(all.side.taken_by(all.ann), 0u);
}

SCENARIO("a hold that all sections granted lasts as long as its shortest part") {
  auto whole = part(3, 300s);
  add_part(whole, part(1, 200s));
  CHECK(whole.until == domain::instant{200s});
  CHECK(whole.sections.front().section == section_no{1});
}

SCENARIO("the answers of sections say what is wrong, and where something may have been done") {
  section_answers<messages::hold_granted> answers{3};
  answers.yes(section_no{0}, part(0, 300s));
  answers.no(section_no{2}, {.reason = rejection::outcome_unknown});
  CHECK(answers.problem()->reason == rejection::outcome_unknown);
  CHECK(!answers.complete());
  answers.no(section_no{1}, {.reason = rejection::seat_taken, .seats = {domain::seat_no{7}}});
  REQUIRE(answers.complete());
  CHECK((answers.perhaps_done() == std::vector{section_no{0}, section_no{2}}));
  CHECK(answers.problem()->reason == rejection::seat_taken);
  CHECK(answers.problem()->section == section_no{1});
  CHECK(answers.delayed()->reason == rejection::outcome_unknown);
}

SCENARIO("what only some sections have done, and others may have, is of unknown outcome") {
  auto problem = [](std::vector<std::optional<rejection>> said) {
    section_answers<done> answers{said.size()};
    for (std::uint16_t i = 0; i < said.size(); ++i)
      if (said[i])
        answers.no(section_no{i}, {.reason = *said[i]});
      else
        answers.yes(section_no{i}, {});
    auto why = answers.problem_of_all();
    return why ? std::optional{why->reason} : std::nullopt;
  };
  CHECK(problem({std::nullopt, std::nullopt}) == std::nullopt);
  CHECK(problem({std::nullopt, rejection::overloaded}) == rejection::outcome_unknown);
  CHECK(problem({rejection::store_unavailable, std::nullopt}) == rejection::outcome_unknown);
  CHECK(problem({rejection::overloaded, rejection::overloaded}) == rejection::overloaded);
  CHECK(problem({std::nullopt, rejection::overloaded, rejection::not_found}) == rejection::not_found);
}
