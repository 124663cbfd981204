#define CAF_SUITE actors.spread_hold

#include "actors/best_search.hpp"
#include "actors/search_hints.hpp"
#include "actors/spread_hold.hpp"

#include "messages/type_ids.hpp"

#include <caf/test/bdd_dsl.hpp>

using namespace usher;
using namespace usher::actors;
using domain::rejection;
using domain::section_no;
using std::chrono::seconds;

namespace {

messages::hold_granted part(std::uint16_t section, seconds until) {
  return {{}, {}, {}, {{section_no{section}, {}}}, domain::instant{until}, domain::instant{}};
}

} // namespace

SCENARIO("a hold that all sections granted lasts as long as its shortest part") {
  spread_hold hold{{section_no{3}, section_no{1}}};
  hold.granted(section_no{3}, part(3, seconds{300}));
  CHECK(!hold.complete());
  hold.granted(section_no{1}, part(1, seconds{200}));
  REQUIRE(hold.complete());
  CHECK(!hold.refusal());
  CHECK(hold.answer().until == domain::instant{seconds{200}});
  CHECK(hold.answer().sections.front().section == section_no{1});
}

SCENARIO("a hold that one section refused is released where it was granted or may have been") {
  spread_hold hold{{section_no{0}, section_no{1}, section_no{2}}};
  hold.granted(section_no{0}, part(0, seconds{300}));
  hold.refused(section_no{1}, {.reason = rejection::seat_taken, .seats = {domain::seat_no{7}}});
  hold.refused(section_no{2}, {.reason = rejection::store_unavailable});
  REQUIRE(hold.complete());
  CHECK((hold.to_release() == std::vector{section_no{0}, section_no{2}}));
  CHECK(hold.refusal()->reason == rejection::seat_taken);
  CHECK(hold.refusal()->section == section_no{1});
}

SCENARIO("the best places are looked for side by side everywhere before anyhow") {
  best_search search{{.all = {section_no{0}, section_no{1}}}, {.quantity = 2, .category = {}}};
  std::vector<std::pair<std::uint16_t, bool>> tried;
  while (auto next = search.next([](const auto&) { return true; }))
    tried.emplace_back(next->section.value(), next->fit == domain::togetherness::together);
  CHECK((tried == std::vector<std::pair<std::uint16_t, bool>>{{0, true}, {1, true}, {0, false}, {1, false}}));
}

SCENARIO("plain seats are looked for everywhere before any for wheelchairs") {
  using domain::seat_grade;
  best_search search{{{section_no{0}, section_no{1}}, {section_no{1}}, {section_no{0}}},
                     {.quantity = 1, .category = {}}};
  std::vector<std::pair<std::uint16_t, seat_grade>> tried;
  while (auto next = search.next([](const auto&) { return true; }))
    tried.emplace_back(next->section.value(), next->worst);
  CHECK(
      (tried
       == std::vector<std::pair<std::uint16_t, seat_grade>>{
           {0, seat_grade::plain}, {1, seat_grade::plain}, {1, seat_grade::restricted}, {0, seat_grade::wheelchair}}));
}

SCENARIO("a section whose places of a category are gone is not asked for them") {
  search_hints places;
  places.expect_sections(2);
  places.note_totals(section_no{0}, {.free = 50}, {0, 50});
  places.note_totals(section_no{1}, {.free = 50}, {1, 49});
  auto may_have = [&](std::uint16_t section, std::uint16_t category, std::uint32_t quantity) {
    return places.may_have({section_no{section}}, {.quantity = quantity, .category = domain::category_no{category}});
  };
  CHECK(!may_have(0, 0, 1));
  CHECK(may_have(0, 1, 1));
  CHECK(may_have(1, 0, 1));
  CHECK(!may_have(1, 0, 2));
  CHECK(!may_have(1, 2, 1));
}
