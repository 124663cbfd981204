#define CAF_SUITE actors.best_search

#include "actors/best_search.hpp"
#include "actors/search_hints.hpp"

#include "messages/type_ids.hpp"

#include <caf/test/bdd_dsl.hpp>

using namespace usher;
using namespace usher::actors;
using domain::section_no;

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
